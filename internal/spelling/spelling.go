// Package spelling guesses what a misspelt name was meant to be.
package spelling

import "strings"

// Nearest returns the name that was probably meant; empty if none is near: more than two
// changes, or half of the letters, make another word, unless they only end it.
func Nearest(name string, names []string) (best string) {
	least := 3
	name = strings.ToLower(name)
	for _, candidate := range names {
		lower := strings.ToLower(candidate)
		changes := distance(name, lower)
		if changes < least && changes < len(candidate)-1 && (2*changes < len(name) || strings.HasPrefix(lower, name)) {
			best, least = candidate, changes
		}
	}
	return best
}

// distance counts the letters to change, add, drop or swap with the next one to
// make b of a (Damerau 1964).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
