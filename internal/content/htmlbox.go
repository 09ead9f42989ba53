package content

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A box is text being laid out: the page or a cell of a table.
type box struct {
	out       []byte
	floor     int  // out up to here is kept as it is
	breaks    int  // line breaks wanted before the next text
	space     bool // a blank wanted before the next text
	skipBreak bool // the next line break is that after <pre>
	margins   []margin
	lists     []list
}

// A margin stands before each line of an item or a quote.
type margin struct {
	first string // before the first line; empty once written
	next  string
}

type list struct {
	ordered bool
	number  int
}

// maxMargins bounds how deep lists and quotes are indented.
const maxMargins = 8

// text returns what was laid out.
func (b *box) text() string {
	return strings.Trim(string(bytes.TrimRight(b.out, " \t\n")), "\n")
}

// paragraph makes the next text begin on a new line, after an empty one if
// breaks is two.
func (b *box) paragraph(breaks int) {
	b.breaks = max(min(b.breaks, 2), breaks)
	b.space = false
	b.skipBreak = false
}

func (b *box) lineBreak(pre bool) {
	if b.breaks++; !pre {
		b.breaks = min(b.breaks, 2)
	}
	b.space = false
}

// flush writes the line breaks or the blank that text needs before it.
func (b *box) flush() {
	switch {
	case len(b.out) == 0:
		b.writeMargin()
	case b.breaks > 0:
		end := len(b.out)
		for end > b.floor && (b.out[end-1] == ' ' || b.out[end-1] == '\t') {
			end--
		}
		b.out = b.out[:end]
		present := 0 // a line with nothing but no-break spaces is an empty one
		for present < end-b.floor && b.out[end-1-present] == '\n' {
			present++
		}
		for range b.breaks - present {
			b.out = append(b.out, '\n')
		}
		b.writeMargin()
	case b.space && b.out[len(b.out)-1] != ' ':
		b.out = append(b.out, ' ')
	}
	b.breaks, b.space, b.skipBreak = 0, false, false
}

func (b *box) writeMargin() {
	for i := range b.margins[:min(len(b.margins), maxMargins)] { // deeper ones are empty
		m := &b.margins[i]
		if m.first != "" {
			b.out = append(b.out, m.first...)
			m.first = ""
		} else {
			b.out = append(b.out, m.next...)
		}
	}
}

// writeFlow writes text whose white space only separates words. No-break spaces
// are blanks that stay: they indent what is no <pre>.
func (b *box) writeFlow(text string) {
	for text != "" {
		n := 0
		for n < len(text) && isHTMLSpace(text[n]) {
			n++
		}
		if n > 0 {
			if b.breaks == 0 && len(b.out) > 0 {
				b.space = true
			}
			text = text[n:]
			continue
		}
		for n < len(text) && !isHTMLSpace(text[n]) {
			n++
		}
		b.writeWord(text[:n])
		text = text[n:]
	}
}

func isHTMLSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}

func (b *box) writeWord(word string) {
	if word = visible(word); word != "" {
		b.flush()
		b.out = append(b.out, word...)
	}
}

// append writes text right behind what is there.
func (b *box) append(text string) {
	b.out = append(b.out, text...)
}

// writePre writes text whose white space counts.
func (b *box) writePre(text string) {
	for text != "" {
		line, rest, broken := strings.Cut(text, "\n")
		if line = visible(strings.ReplaceAll(line, "\r", "")); line != "" {
			b.flush()
			b.out = append(b.out, line...)
			b.floor = len(b.out)
		}
		if broken {
			if !b.skipBreak {
				b.breaks++
			}
			b.skipBreak = false
		}
		text = rest
	}
}

// writeLines writes text that is laid out already, with the margins before each
// line.
func (b *box) writeLines(text string) {
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.breaks++
		}
		if line != "" {
			b.flush()
			b.out = append(b.out, line...)
			b.floor = len(b.out)
		}
	}
}

// visible replaces the blanks that are not white space to HTML and drops the
// characters of no width that newsletters fill their previews with.
func visible(word string) string {
	for i := range len(word) {
		if word[i] >= utf8.RuneSelf {
			return strings.Map(visibleRune, word)
		}
	}
	return word
}

func visibleRune(r rune) rune {
	switch {
	case r == '\u00a0' || r >= '\u2000' && r <= '\u200a' || r == '\u202f' || r == '\u205f':
		return ' '
	case r == '\u200b' || r == '\ufeff' || r == '\u00ad' || r == '\u034f':
		return -1
	}
	return r
}

func (b *box) indent(first, next string) {
	if len(b.margins) >= maxMargins {
		first, next = "", ""
	}
	b.margins = append(b.margins, margin{first, next})
}

func (b *box) outdent() {
	if len(b.margins) > 0 {
		b.margins = b.margins[:len(b.margins)-1]
	}
}

// startItem begins a block with a mark before its first line.
func (b *box) startItem(e *element, mark string) {
	b.paragraph(1)
	b.indent(mark, strings.Repeat(" ", len(mark)))
	e.item = true
}

func (b *box) startList(ordered bool, start string) {
	number, err := strconv.Atoi(strings.TrimSpace(start))
	if err != nil {
		number = 1
	}
	if len(b.lists) == 0 {
		b.paragraph(2)
	}
	b.lists = append(b.lists, list{ordered, number})
}

func (b *box) endList() {
	if len(b.lists) > 0 {
		b.lists = b.lists[:len(b.lists)-1]
	}
	if len(b.lists) == 0 {
		b.paragraph(2)
	}
}

// marker returns the mark of the next item of the innermost list.
func (b *box) marker() string {
	if len(b.lists) == 0 || !b.lists[len(b.lists)-1].ordered {
		return "- "
	}
	l := &b.lists[len(b.lists)-1]
	l.number++
	return strconv.Itoa(l.number-1) + ". "
}
