package content

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlToText returns what a person would read of a page. It keeps what carries
// meaning in a text: the lines and the indentation of <pre>, a line for each row
// of a table, the marks of lists and quotes, the targets of links.
func htmlToText(page string) string {
	p := convert(page, pageOptions{})
	switch {
	case p.unclosed:
		// What hides the end of a page is rather a mistake than meant.
		p = convert(page, pageOptions{showHidden: true})
	case !p.structured && strings.Contains(strings.TrimSpace(page), "\n"):
		// Not really HTML: a text of many lines that was only called so.
		return dedent(convert(page, pageOptions{keepLines: true}).box.text())
	}
	if text := p.box.text(); text != "" {
		return text
	}
	if text := convert(page, pageOptions{showHidden: true}).box.text(); text != "" {
		return text
	}
	return strings.TrimSpace(p.title)
}

// dedent removes the blanks that all lines begin with, and empty lines at the
// start.
func dedent(text string) string {
	margin := -1
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimLeft(line, " \t"); strings.TrimSpace(trimmed) != "" {
			if blanks := len(line) - len(trimmed); margin < 0 || blanks < margin {
				margin = blanks
			}
		}
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			out.WriteString(line[margin:])
		} else if out.Len() > 0 {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

type pageOptions struct {
	showHidden bool // read what the style hides
	keepLines  bool // as in <pre>
}

// A page is the state of a conversion. It follows the tokens without building a
// tree, which would let a hostile page cost much more than its length.
type page struct {
	pageOptions
	*box                 // where text goes
	open       []element // not yet closed, outermost first
	tables     []*table
	hidden     int // how many open elements hide what is in them
	pre        int // how many keep line breaks and blanks
	link       *link
	title      string
	structured bool // has elements that break lines
	unclosed   bool // hidden to the end
}

// Bounds on what is followed of a page's nesting.
const (
	maxOpen   = 1000
	maxSearch = 100 // elements looked at for the one that an end tag closes
	maxTables = 12
)

type element struct {
	name                     atom.Atom
	block, item, hidden, pre bool
	cell, row, table, link   bool
}

type link struct {
	href string
	text strings.Builder
}

func convert(source string, options pageOptions) *page {
	p := &page{pageOptions: options, box: &box{}}
	if options.keepLines {
		p.pre = 1
	}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			p.unclosed = p.hidden > 0
			p.closeTo(0)
			return p
		case html.TextToken:
			p.write(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			name, hasAttr := z.TagName()
			tag := atom.Lookup(name)
			if tag == atom.Noscript {
				z.NextIsNotRawText() // scripts do not run in a mail
			}
			p.start(tag, readAttributes(z, hasAttr))
		case html.EndTagToken:
			name, _ := z.TagName()
			p.end(atom.Lookup(name))
		}
	}
}

// attributes are those that matter.
type attributes struct {
	href, alt, style, value, kind, start string
	hidden                               bool
}

func readAttributes(z *html.Tokenizer, more bool) (a attributes) {
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "href":
			a.href = string(value)
		case "alt":
			a.alt = string(value)
		case "style":
			a.style = strings.Join(strings.Fields(strings.ToLower(string(value))), "")
		case "value":
			a.value = string(value)
		case "type":
			a.kind = strings.ToLower(string(value))
		case "start":
			a.start = string(value)
		case "hidden":
			a.hidden = true
		}
	}
	return a
}

func (p *page) write(text string) {
	if p.hidden > 0 {
		if n := len(p.open); n > 0 && p.open[n-1].name == atom.Title && p.title == "" {
			p.title = text
		}
		return
	}
	if p.link != nil && p.link.text.Len() < len(p.link.href)+maxLineLink {
		p.link.text.WriteString(text)
	}
	if p.pre > 0 {
		p.writePre(text)
	} else {
		p.writeFlow(text)
	}
}

func (p *page) start(tag atom.Atom, a attributes) {
	if tag == 0 {
		return // no element of HTML
	}
	p.closeImplied(tag)
	e := element{name: tag}
	e.hidden = isHidden(tag) || !p.showHidden && (a.hidden || hides(a.style))
	e.pre = tag == atom.Pre || tag == atom.Textarea || tag == atom.Listing || tag == atom.Xmp || tag == atom.Plaintext ||
		strings.Contains(a.style, "white-space:pre") && !strings.Contains(a.style, "white-space:pre-line")
	switch {
	case p.hidden > 0:
	case !e.hidden:
		p.begin(&e, a)
	case blockSpace(tag) > 0:
		p.writeFlow(" ") // what stands around it must not run together
	}
	if isVoid(tag) {
		return
	}
	if e.hidden {
		p.hidden++
	}
	if e.pre {
		p.pre++
	}
	p.open = append(p.open, e)
	if len(p.open) > maxOpen {
		// Deeper than any page: taken for empty.
		p.closeTo(maxOpen - 1)
	}
}

// begin does what an element that is seen does to the text.
func (p *page) begin(e *element, a attributes) {
	switch e.name {
	case atom.Br:
		p.structured = true
		p.lineBreak(p.pre > 0)
		return
	case atom.Hr:
		p.structured = true
		if len(p.out) > 0 {
			p.paragraph(1)
			p.writeWord("---")
			p.paragraph(1)
		}
		return
	case atom.Img:
		if alt := strings.TrimSpace(a.alt); alt != "" {
			p.write("[" + strings.Join(strings.Fields(alt), " ") + "]")
		}
		return
	case atom.Input:
		if a.kind != "hidden" && a.kind != "password" && a.value != "" {
			p.writeFlow(" " + a.value + " ")
		}
		return
	case atom.A:
		if isWorthTelling(a.href) {
			e.link = true
			p.link = &link{href: strings.TrimSpace(a.href)}
		}
		return
	case atom.Button, atom.Option, atom.Select, atom.Textarea:
		p.writeFlow(" ")
	case atom.Table:
		p.startTable(e)
	case atom.Tr:
		p.startRow(e)
	case atom.Td, atom.Th:
		p.startCell(e)
	case atom.Li:
		p.startItem(e, p.marker())
	case atom.Dd:
		p.startItem(e, "  ")
	case atom.Blockquote:
		p.paragraph(2)
		p.indent("> ", "> ")
		e.item = true
	case atom.Ul, atom.Ol, atom.Menu, atom.Dir:
		p.startList(e.name == atom.Ol, a.start)
	}
	if space := blockSpace(e.name); space > 0 || strings.Contains(a.style, "display:block") {
		e.block = true
		p.structured = p.structured || breaksLines(e.name)
		if !e.item {
			p.paragraph(max(1, space))
		}
		if e.name == atom.Pre {
			p.skipBreak = true
		}
	}
}

// closeTo closes the open elements from the innermost down to number n.
func (p *page) closeTo(n int) {
	for len(p.open) > n {
		e := p.open[len(p.open)-1]
		p.open = p.open[:len(p.open)-1]
		if e.pre {
			p.pre--
			p.breaks = min(p.breaks, 2)
		}
		if e.hidden {
			p.hidden--
		}
		if e.link {
			p.endLink()
		}
		switch {
		case e.cell:
			p.endCell()
		case e.row:
			p.endRow()
		case e.table:
			p.endTable()
		case e.item:
			p.outdent()
		}
		if e.name == atom.Ul || e.name == atom.Ol || e.name == atom.Menu || e.name == atom.Dir {
			p.endList()
		}
		if e.block {
			p.paragraph(max(1, blockSpace(e.name)))
		}
	}
}
