// Package terminal lays out text for the width of a terminal.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

const (
	usualWidth = 80
	leastWidth = 40
	mostWidth  = 100 // longer lines are hard to read
	mostColumn = 32  // where the text of a row begins
)

// Width returns how many characters to print on a line of w: what COLUMNS says, or that of the
// terminal that w is, or 80, but from 40 to 100.
func Width(w io.Writer) int {
	width, _ := strconv.Atoi(os.Getenv("COLUMNS"))
	if f, isFile := w.(*os.File); isFile && width <= 0 {
		width, _, _ = term.GetSize(int(f.Fd()))
	}
	if width <= 0 {
		width = usualWidth
	}
	return min(max(width, leastWidth), mostWidth)
}

// A Page is text in lines of at most Width characters, unless a single word is longer.
type Page struct {
	strings.Builder
	Width int
}

// A Section is a title and what there is under it.
type Section struct {
	Title string
	Rows  []Row
}

// A Row explains its tag.
type Row struct{ Tag, Text string }

// Paragraph writes text, broken into lines between its words.
func (p *Page) Paragraph(text string) {
	for _, line := range wrapped(text, p.Width) {
		fmt.Fprintln(p, line)
	}
}

// Sections writes those that have rows, with the texts of all in one column.
func (p *Page) Sections(all []Section) {
	column := 0
	for _, s := range all {
		column = max(column, p.column(s.Rows))
	}
	for _, s := range all {
		if s.Rows == nil {
			continue
		}
		p.WriteString("\n")
		p.Paragraph(s.Title + ":")
		p.rows(s.Rows, column)
	}
}

// column returns where the texts of rows begin: behind the tags, unless some are so
// long that they need a line of their own.
func (p *Page) column(rows []Row) int {
	widest := 0
	for _, r := range rows {
		widest = max(widest, utf8.RuneCountInString(r.Tag))
	}
	return min(widest+4, p.Width*2/5, mostColumn)
}

// Rows writes them with their texts in one column.
func (p *Page) Rows(rows []Row) { p.rows(rows, p.column(rows)) }

func (p *Page) rows(rows []Row, column int) {
	for _, r := range rows {
		line := "  " + r.Tag
		if utf8.RuneCountInString(line)+2 > column {
			fmt.Fprintln(p, line)
			line = ""
		}
		for _, text := range wrapped(r.Text, p.Width-column) {
			fmt.Fprintf(p, "%-*s%s\n", column, line, text)
			line = ""
		}
	}
}

// Glue is a space at which no line ends.
const Glue = "\u00a0"

// wrapped breaks text between words. A word that is longer than width has a line of
// its own.
func wrapped(text string, width int) (lines []string) {
	room := 0
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == '\n' }) {
		word = strings.ReplaceAll(word, Glue, " ")
		length := utf8.RuneCountInString(word)
		if lines != nil && length < room {
			lines[len(lines)-1] += " " + word
			room -= length + 1
			continue
		}
		lines = append(lines, word)
		room = width - length
	}
	return lines
}
