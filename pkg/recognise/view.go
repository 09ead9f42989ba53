package recognise

import (
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/telling"
)

// A view is what of a mail counts: its subject and the first lines of its text; of a longer one
// the last lines, too, where they contradict a subject that says success.
type view struct {
	subject string
	lines   []string // without blanks around them, none empty, quoted or of a signature
	last    []string // likewise, behind these
	from    origin
}

// Bounds of what counts.
const (
	maxLines   = 20
	maxBytes   = 4 << 10
	maxLast    = 5
	lastBytes  = 1 << 10
	maxSubject = 400
	maxLine    = 1000
	// A document has a field for each of many things, of which one may have failed.
	maxDocumentLines = 1000
	maxDocumentBytes = 64 << 10
)

func newView(subject, text string, from origin) view {
	v, most := view{subject: strings.ToValidUTF8(strings.TrimSpace(subject[:min(len(subject), maxSubject)]), ""), from: from}, maxLines
	if from.isDocument {
		text, most = text[:min(len(text), maxDocumentBytes)], maxDocumentLines
	} else if end := ending(text); end != "" {
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
		if len(v.lines) < most {
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

// plain returns v as its words are read: with its tags apart, without the dates and times that lines
// begin with, and with the words of the keys of a document apart, failedJobs.
func (v view) plain() view {
	v.subject = strings.ReplaceAll(v.subject, "][", "] [")
	plainOf := telling.WithoutTime
	if v.from.isDocument {
		plainOf = plainField
	}
	for i, line := range v.lines {
		if plain := plainOf(line); plain != line {
			lines := slices.Clone(v.lines)
			for ; i < len(lines); i++ {
				lines[i] = plainOf(lines[i])
			}
			v.lines = lines
			break
		}
	}
	return v
}

func plainField(line string) string {
	at := strings.Index(line, ": ")
	if at <= 0 || at > maxTag {
		return line
	}
	from := strings.LastIndex(line[:at], content.Inside)
	if from >= 0 {
		from += len(content.Inside)
	}
	from = max(from, 0)
	key := line[from:at]
	if !isIdentifier(key) {
		return line
	}
	key = keyOf(key)
	if noun, isCount := strings.CutSuffix(key, " count"); isCount {
		key = strings.TrimSuffix(noun, "s") + "s" // errorCount: 3
	}
	return line[:from] + key + line[at:]
}

// isIdentifier reports whether key is one word made of several: failedJobs, failed_jobs.
func isIdentifier(key string) bool {
	if strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" || key == strings.ToUpper(key) {
		return false
	}
	return strings.IndexByte(key, '_') > 0 || keyOf(key) != strings.ToLower(key)
}
