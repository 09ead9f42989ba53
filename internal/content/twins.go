package content

import "strings"

// withoutTwins returns the blocks of all parts but leaves out an HTML part that
// says the same as the plain part next to it. Many scripts put the two forms of
// a text into multipart/mixed, where they do not belong.
func withoutTwins(children [][]*block) []*block {
	var blocks []*block
	for _, child := range children {
		for _, b := range child {
			if len(blocks) > 0 {
				last := blocks[len(blocks)-1]
				if b.isHTML && !last.isHTML && areTwins(last, b) {
					continue
				}
				if !b.isHTML && last.isHTML && areTwins(b, last) {
					blocks[len(blocks)-1] = b
					continue
				}
			}
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// areTwins reports whether most words of each are in the other.
func areTwins(plain, html *block) bool {
	if plain.blank() || html.blank() {
		return false
	}
	a, b := words(plain.text), words(html.text)
	if len(a) == 0 || len(b) == 0 || len(a) > 2*len(b) || len(b) > 2*len(a) {
		return false
	}
	common := 0
	for w := range a {
		if b[w] {
			common++
		}
	}
	return common*10 >= len(a)*8 && common*10 >= len(b)*8
}

// words returns the words of text. Links are not compared: the HTML part has
// them where the plain one may not.
func words(text string) map[string]bool {
	words := make(map[string]bool)
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		if word = strings.Trim(word, "()<>[]*_|.,:;-=#\""); word != "" && !strings.Contains(word, "://") {
			words[word] = true
		}
	}
	return words
}
