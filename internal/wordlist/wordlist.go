// Package wordlist makes tables of the lists of words that the code holds as text.
package wordlist

import "strings"

// Set returns the words of list, which stand between blanks.
func Set(list string) map[string]bool {
	all := make(map[string]bool)
	for word := range strings.FieldsSeq(list) {
		all[word] = true
	}
	return all
}
