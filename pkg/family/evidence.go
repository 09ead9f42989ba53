package family

import "slices"

// Evidence is what was seen in a place, and what follows from it.
type evidence struct {
	seen  []filling
	level uint8 // values that need no more are one error
}

// A filling is a value in a place.
type filling struct {
	value  string
	need   uint8 // see kindOf
	masked bool  // nothing but placeholders
}

// see notes what was seen in the place. A value that was seen as two kinds is of the surer one.
func (e *evidence) see(seen filling) {
	at := slices.IndexFunc(e.seen, func(x filling) bool { return x.value == seen.value })
	switch {
	case at >= 0:
		e.seen[at].need = min(e.seen[at].need, seen.need)
	case len(e.seen) < maxMembers:
		e.seen = append(e.seen, seen)
	}
}

// raise sets the level to that for which enough was seen, and reports whether it was less.
func (e *evidence) raise() bool {
	hasName := slices.ContainsFunc(e.seen, func(x filling) bool { return standsForName(x.value) })
	hasMasked := slices.ContainsFunc(e.seen, func(x filling) bool { return x.masked })
	made := 0 // words that machines make, as eth<num>: where two are, a third one may be a plain word
	for _, x := range e.seen {
		if x.need <= needData && !x.masked {
			made++
		}
	}
	for _, level := range [...]uint8{needCode, needName, needData, needMasked} {
		if level <= e.level {
			break
		}
		enough := level
		// Where a placeholder was seen, there are values: a second one suffices.
		if hasMasked && level <= needData || hasName && level == needName {
			enough = needMasked
		} else if made >= 2 && level == needName {
			enough = needData
		}
		n := uint8(0)
		for _, x := range e.seen {
			if x.need <= level {
				n++
			}
			if n == enough {
				e.level = level
				return true
			}
		}
	}
	return false
}

// neededOf returns how many values are needed in a place where these two are.
func neededOf(a, b filling) int {
	for need := 2; ; need++ {
		e := evidence{seen: []filling{a, b}}
		for len(e.seen) < need {
			e.seen = append(e.seen, filling{need: max(a.need, b.need)})
		}
		if e.raise(); e.level >= max(a.need, b.need) {
			return need
		}
	}
}
