package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// An item is a mail, and what it is an occurrence of according to its label.
type item struct {
	name  string // for people
	truth string
	told
}

func entryOf(i item) string { return i.Entry }
func truthOf(i item) string { return i.truth }

// partition returns the indices of the items of each group, in order.
func partition(items []item, key func(item) string) map[string][]int {
	groups := make(map[string][]int)
	for i, it := range items {
		groups[key(it)] = append(groups[key(it)], i)
	}
	return groups
}

// agreement compares the entries with the true groups. A group is right when it equals
// a true one; the accuracy is the share of items that are in such, F1 the harmonic mean
// of the shares of right groups among the entries and among the true groups.
func agreement(items []item) (accuracy, f1 float64) {
	entries, truths := partition(items, entryOf), partition(items, truthOf)
	groups, members := 0, 0
	for _, truth := range truths {
		if slices.Equal(entries[items[truth[0]].Entry], truth) {
			groups++
			members += len(truth)
		}
	}
	return float64(members) / float64(len(items)), 2 * float64(groups) / float64(len(entries)+len(truths))
}

// together returns, for each true group of several items, the share of their pairs that
// are under one entry.
func together(items []item) (shares []float64) {
	pairs := func(n int) float64 { return float64(n) * float64(n-1) / 2 }
	groups := partition(items, truthOf)
	for _, truth := range slices.Sorted(maps.Keys(groups)) { // so that sums are the same each time
		members := groups[truth]
		if len(members) < 2 {
			continue
		}
		perEntry := make(map[string]int)
		for _, i := range members {
			perEntry[items[i].Entry]++
		}
		kept := 0.0
		for _, n := range perEntry {
			kept += pairs(n)
		}
		shares = append(shares, kept/pairs(len(members)))
	}
	return shares
}

// splits returns a mistake for each true group that is under several entries, the
// largest first.
func splits(items []item) (mistakes []mistake) {
	for _, members := range largestFirst(partition(items, truthOf)) {
		one := items[members[0]]
		other := slices.IndexFunc(members, func(i int) bool { return items[i].Entry != one.Entry })
		if other < 0 {
			continue
		}
		two := items[members[other]]
		lines := append([]string{one.name, two.name}, difference(one.Masked, two.Masked)...)
		mistakes = append(mistakes, mistake{"split", lines})
	}
	return mistakes
}

// wrongMerges returns a mistake for each pair of true groups that share an entry, those
// of the largest entries first.
func wrongMerges(items []item) (mistakes []mistake) {
	seen := make(map[[2]string]bool)
	for _, members := range largestFirst(partition(items, entryOf)) {
		var firsts []item // of each true group
		for _, i := range members {
			if !slices.ContainsFunc(firsts, func(f item) bool { return f.truth == items[i].truth }) {
				firsts = append(firsts, items[i])
			}
		}
		for k, one := range firsts {
			for _, two := range firsts[k+1:] {
				pair := [2]string{min(one.truth, two.truth), max(one.truth, two.truth)}
				if !seen[pair] {
					seen[pair] = true
					mistakes = append(mistakes, mistake{"wrong merge", []string{one.name, two.name}})
				}
			}
		}
	}
	return mistakes
}

func largestFirst(groups map[string][]int) [][]int {
	return slices.SortedFunc(maps.Values(groups), func(a, b []int) int {
		return cmp.Or(len(b)-len(a), a[0]-b[0])
	})
}

// difference shows the first line in which two masked texts differ.
func difference(one, two string) []string {
	if one == two {
		return []string{"the same after masking; the subject or the frames of a trace differ"}
	}
	const end = "(the end)"
	a, b := append(strings.Split(one, "\n"), end), append(strings.Split(two, "\n"), end)
	i := 0
	for i < min(len(a), len(b))-1 && a[i] == b[i] {
		i++
	}
	// What a long line begins with would leave no room for the difference.
	const context = 60
	x, y := []rune(a[i]), []rune(b[i])
	same := 0
	for same < min(len(x), len(y)) && x[same] == y[same] {
		same++
	}
	from, mark := 0, ""
	if same > context {
		from, mark = same-context, "…"
	}
	return []string{"- " + mark + shown(string(x[from:])), "+ " + mark + shown(string(y[from:]))}
}
