package login

// maxRecent is how many entries are remembered at least, and half of the most.
const maxRecent = 5000

// recent is a map that forgets what was not asked for lately, and so stays small
// whatever is put into it. The zero value is empty.
type recent[K comparable, V any] struct {
	young, old map[K]V
}

func (r *recent[K, V]) get(key K) (V, bool) {
	if value, found := r.young[key]; found {
		return value, true
	}
	value, found := r.old[key]
	if found {
		r.put(key, value)
	}
	return value, found
}

func (r *recent[K, V]) put(key K, value V) {
	if _, found := r.young[key]; r.young == nil || !found && len(r.young) >= maxRecent {
		r.old, r.young = r.young, make(map[K]V)
	}
	r.young[key] = value
}

func (r *recent[K, V]) remove(key K) {
	delete(r.young, key)
	delete(r.old, key)
}
