package render

import (
	"cmp"
	"slices"
)

// rank orders states by how alarming they are.
func (s State) rank() int { return slices.Index([]State{Over, Ongoing, Back, New}, s) }

// compareNews is negative if so many mails of a state stand in front of others: what is news,
// then what is frequent.
func compareNews(a State, countA int, b State, countB int) int {
	return cmp.Or(cmp.Compare(b.rank(), a.rank()), cmp.Compare(countB, countA))
}

// Foremost returns the most alarming error of summaries, and what it is called: what is new
// or back, then what has more mails. This is the order in which a
// summary shows its groups and their variants. Nothing is returned of summaries without groups.
func Foremost(summaries ...*Summary) (title string, v Variant) {
	var first *Group
	for _, s := range summaries {
		for i := range s.Groups {
			if g := &s.Groups[i]; first == nil || compareNews(g.News.State, g.Count, first.News.State, first.Count) < 0 {
				first = g
			}
		}
	}
	switch {
	case first == nil:
		return "", v
	case len(first.Variants) == 0:
		return first.Title, Variant{News: first.News, Count: first.Count}
	}
	return first.top(), first.Variants[0]
}
