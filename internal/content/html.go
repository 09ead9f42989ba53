package content

import (
	"regexp"
	"strings"

	"github.com/k3a/html2text"
)

// The converter runs the cells of a table together; error pages are tables.
var (
	cellEnd = regexp.MustCompile(`(?i)</t[dh]\s*>\s*<t[dh]\b`)
	rowEnd  = regexp.MustCompile(`(?i)</tr\s*>`)
)

// htmlToText returns what a person would read of a page, without trailing
// blanks and with at most one empty line in a row.
func htmlToText(html string) string {
	html = escapeStray(html)
	html = cellEnd.ReplaceAllString(html, ` | $0`)
	html = rowEnd.ReplaceAllString(html, `</tr><br>`)
	text := html2text.HTML2TextWithOptions(html, html2text.WithUnixLineBreaks(), html2text.WithLinksInnerText())
	var out strings.Builder
	empty := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			empty++
			continue
		}
		if out.Len() > 0 {
			out.WriteString("\n")
			if empty > 0 {
				out.WriteString("\n")
			}
		}
		empty = 0
		out.WriteString(line)
	}
	return out.String()
}

// escapeStray escapes the angle brackets that belong to no tag, such as those of
// "a -> b". The converter drops them, and takes time in the square of their
// number.
func escapeStray(html string) string {
	var out strings.Builder
	out.Grow(len(html))
	inTag := false
	for i := range len(html) {
		switch c := html[i]; {
		case c == '<' && !inTag && i+1 < len(html) && (isTagStart(html[i+1])):
			inTag = true
			out.WriteByte(c)
		case c == '<' && !inTag:
			out.WriteString("&lt;")
		case c == '>' && !inTag:
			out.WriteString("&gt;")
		default:
			if c == '>' {
				inTag = false
			}
			out.WriteByte(c)
		}
	}
	return out.String()
}

func isTagStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '/' || c == '!' || c == '?'
}
