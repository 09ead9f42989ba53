package content

import (
	"net/url"
	"strings"

	"golang.org/x/net/html/atom"
)

// blockSpace returns how many line breaks at least stand around an element that
// is a block; 0 for one inside a line.
func blockSpace(tag atom.Atom) int {
	switch tag {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Blockquote, atom.Table, atom.Dl,
		atom.Listing, atom.Xmp, atom.Plaintext, atom.Fieldset, atom.Hr:
		return 2
	case atom.Div, atom.Li, atom.Dt, atom.Dd, atom.Tr, atom.Address, atom.Article, atom.Aside, atom.Section, atom.Header,
		atom.Footer, atom.Main, atom.Nav, atom.Figure, atom.Figcaption, atom.Form, atom.Center, atom.Details, atom.Summary,
		atom.Legend, atom.Caption, atom.Option, atom.Ul, atom.Ol, atom.Menu, atom.Dir, atom.Body, atom.Html, atom.Hgroup,
		atom.Textarea, atom.Thead, atom.Tbody, atom.Tfoot, atom.Title:
		return 1
	}
	return 0
}

// breaksLines tells the blocks that structure a text from the frame of a page.
func breaksLines(tag atom.Atom) bool { return tag != atom.Html && tag != atom.Body }

// isHidden reports whether what is in an element is never shown.
func isHidden(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Iframe, atom.Noembed, atom.Noframes, atom.Datalist:
		return true
	}
	return false
}

// hides reports whether a style, without white space, hides its element.
func hides(style string) bool {
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") ||
		strings.Contains(style, "mso-hide:all")
}

// isVoid reports whether an element has no content and no end tag.
func isVoid(tag atom.Atom) bool {
	switch tag {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Param,
		atom.Source, atom.Track, atom.Wbr, atom.Keygen, atom.Frame, atom.Basefont, atom.Bgsound:
		return true
	}
	return false
}

// end closes the element that an end tag names, and those left open in it. One
// that closes nothing is ignored.
func (p *page) end(tag atom.Atom) {
	switch {
	case tag == atom.Br:
		p.start(tag, attributes{})
		return
	case tag == atom.P && !p.isOpen(tag):
		if p.hidden == 0 {
			p.paragraph(2)
		}
		return
	}
	ofTable := isTablePart(tag)
	for i := len(p.open) - 1; i >= max(0, len(p.open)-maxSearch); i-- {
		e := p.open[i]
		if e.name == tag {
			p.closeTo(i)
			return
		}
		// What is wrong inside a cell must not take the table apart.
		if !ofTable && (e.cell || e.table) && tag != atom.Body && tag != atom.Html {
			return
		}
		if ofTable && e.table {
			return
		}
	}
}

func (p *page) isOpen(tag atom.Atom) bool {
	for i := len(p.open) - 1; i >= max(0, len(p.open)-maxSearch) && !p.open[i].cell; i-- {
		if p.open[i].name == tag {
			return true
		}
	}
	return false
}

func isTablePart(tag atom.Atom) bool {
	switch tag {
	case atom.Table, atom.Tr, atom.Td, atom.Th, atom.Thead, atom.Tbody, atom.Tfoot, atom.Caption:
		return true
	}
	return false
}

// closeImplied closes what ends where an element begins, such as an item of a
// list at the next one.
func (p *page) closeImplied(tag atom.Atom) {
	switch tag {
	case atom.Li:
		p.closeOpen(func(name atom.Atom) bool { return name == atom.Li },
			func(name atom.Atom) bool { return name == atom.Ul || name == atom.Ol || name == atom.Menu })
	case atom.Dt, atom.Dd:
		p.closeOpen(func(name atom.Atom) bool { return name == atom.Dt || name == atom.Dd },
			func(name atom.Atom) bool { return name == atom.Dl })
	case atom.Option:
		p.closeOpen(func(name atom.Atom) bool { return name == atom.Option },
			func(name atom.Atom) bool { return name == atom.Select })
	case atom.A:
		p.closeOpen(func(name atom.Atom) bool { return name == atom.A },
			func(name atom.Atom) bool { return blockSpace(name) > 0 })
	case atom.Td, atom.Th:
		p.closeOpen(func(name atom.Atom) bool { return name == atom.Td || name == atom.Th },
			func(name atom.Atom) bool { return name == atom.Tr || name == atom.Table })
	case atom.Tr, atom.Thead, atom.Tbody, atom.Tfoot:
		p.closeOpen(func(name atom.Atom) bool { return name == atom.Tr }, func(name atom.Atom) bool { return name == atom.Table })
	default:
		if blockSpace(tag) > 0 {
			p.closeOpen(func(name atom.Atom) bool { return name == atom.P }, func(name atom.Atom) bool { return blockSpace(name) > 0 })
		}
	}
}

// closeOpen closes the innermost open element that is one of those wanted,
// unless one that stops the search is inside it.
func (p *page) closeOpen(wanted, stop func(atom.Atom) bool) {
	for i := len(p.open) - 1; i >= max(0, len(p.open)-maxSearch); i-- {
		switch name := p.open[i].name; {
		case wanted(name):
			p.closeTo(i)
			return
		case stop(name):
			return
		}
	}
}

// Bounds on the links told: longer ones carry data, and no reader types them.
const (
	maxLink     = 2000
	maxLineLink = 500
)

// isWorthTelling reports whether a person could follow href from a text.
func isWorthTelling(href string) bool {
	href = strings.TrimSpace(href)
	scheme, rest, found := strings.Cut(href, ":")
	if !found || rest == "" || len(href) > maxLink {
		return false
	}
	scheme = strings.ToLower(scheme)
	return scheme == "http" || scheme == "https" || scheme == "mailto"
}

// endLink writes where a link goes unless its text says so.
func (p *page) endLink() {
	l := p.link
	p.link = nil
	if l == nil || p.hidden > 0 {
		return
	}
	href := strings.Join(strings.Fields(l.href), "%20")
	text := strings.Join(strings.Fields(l.text.String()), " ")
	switch {
	case text == "":
		p.writeFlow(" " + href + " ")
	case bareLink(text) != bareLink(href):
		p.append(" (" + href + ")")
	}
}

// bareLink returns the part of a link that people type.
func bareLink(href string) string {
	if plain, err := url.PathUnescape(href); err == nil {
		href = plain
	}
	href = strings.ToLower(href)
	for _, prefix := range []string{"http://", "https://", "mailto:", "www."} {
		href = strings.TrimPrefix(href, prefix)
	}
	return strings.TrimRight(href, "/")
}
