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
