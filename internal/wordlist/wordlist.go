// Package wordlist makes tables of the lists of words that the code holds as text. What
// stands twice is a mistake, which ends the program at its start.
package wordlist

import "strings"

// Set returns the words of list, which stand between blanks.
func Set(list string) map[string]bool { return Table(map[bool]string{true: list}) }

// Table returns what each word is, by the lists of words that are it.
func Table[V comparable](lists map[V]string) map[string]V { return table(lists, strings.Fields) }

// Phrases returns what each phrase is, by the lists of those that are it, which stand between bars.
func Phrases[V comparable](lists map[V]string) map[string]V {
	return table(lists, func(list string) []string {
		all := strings.Split(list, "|")
		for i, phrase := range all {
			all[i] = strings.Join(strings.Fields(phrase), " ")
		}
		return all
	})
}

func table[V comparable](lists map[V]string, split func(list string) []string) map[string]V {
	all := make(map[string]V)
	for what, list := range lists {
		for _, words := range split(list) {
			if _, twice := all[words]; twice {
				panic(`"` + words + `" stands twice in a list of words`)
			}
			all[words] = what
		}
	}
	return all
}
