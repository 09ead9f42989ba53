package recognise

import (
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/telling"
)

// A view is what of a mail counts: its subject and the first lines of its text; of a longer one
// the last lines, too, where they contradict a subject that says success.
type view struct {
	subject string
	lines   []string // without blanks around them, none empty, quoted or of a signature
	last    []string // likewise, behind these
	machine string   // that the mail is of, if the subject names it
}

// Bounds of what counts.
const (
	maxLines   = 20
	maxBytes   = 4 << 10
	maxLast    = 5
	lastBytes  = 1 << 10
	maxSubject = 400
	maxLine    = 1000
)

func newView(subject, text string) view {
	v := view{subject: strings.ToValidUTF8(strings.TrimSpace(subject[:min(len(subject), maxSubject)]), "")}
	if end := ending(text); end != "" {
		text = text[:maxBytes] + "\n" + end
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "--" {
			break // RFC 3676 section 4.3: a signature follows
		}
		line = strings.TrimLeft(line, " \t")
		if line == "" || line[0] == '>' {
			continue
		}
		line = line[:min(len(line), maxLine)]
		if len(v.lines) < maxLines {
			v.lines = append(v.lines, line)
			continue
		}
		if len(v.last) == maxLast {
			v.last = append(v.last[:0], v.last[1:]...)
		}
		v.last = append(v.last, line)
	}
	return v
}

// ending returns the last lines of a text that is longer than what is read of any.
func ending(text string) string {
	if len(text) <= maxBytes {
		return ""
	}
	end := text[max(maxBytes, len(text)-lastBytes):]
	return end[strings.IndexByte(end, '\n')+1:]
}

// whole returns v as patterns see it.
func (v view) whole() string { return v.subject + "\n" + strings.Join(v.lines, "\n") }

// untimed returns v without the dates and times that its lines begin with.
func (v view) untimed() view {
	for i, line := range v.lines {
		if plain := telling.WithoutTime(line); plain != line {
			lines := slices.Clone(v.lines)
			for ; i < len(lines); i++ {
				lines[i] = telling.WithoutTime(lines[i])
			}
			v.lines = lines
			break
		}
	}
	return v
}
