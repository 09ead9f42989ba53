// Package former knows errors by the fingerprints of Failmail 1.0, so that what its stores remember
// of them, and what was muted, is not lost with the rules: they are those of 1.0, and never change.
// It can go when no store of 1.0 is taken over any more.
package former

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

const version = "v1:"

var form = regexp.MustCompile(`^` + version + `[0-9a-f]{16}$`)

// Is reports whether text is a fingerprint of 1.0.
func Is(text string) bool { return form.MatchString(text) }

// maxCost bounds what the words of a text may cost, in bytes that are looked at: the rules of 1.0 look
// at some bytes of a word again for each one that follows.
const maxCost = 1 << 23

// Fingerprint returns that of a mail with a subject and a text, as 1.0 computed it; empty if
// the rules cannot read it, or its words are so long that it would take long. It is safe for concurrent use.
func Fingerprint(subject, text string) (fingerprint string) {
	defer func() {
		if recover() != nil { // 1.0 knew such a mail by its bytes, of which two are never equal
			fingerprint = ""
		}
	}()
	if cost(subject)+cost(text) > maxCost {
		return ""
	}
	if t := findTrace(text); t != nil {
		return hash([]byte("trace\x00" + strings.Join(t.types, "\n") + "\x00" + strings.Join(t.frames, "\n") + "\x00"))
	}
	out := append(make([]byte, 0, 8<<10), "text\x00"...)
	out = appendAlike(out, mask(subject))
	out = append(out, 0)
	return hash(appendAlike(out, mask(text)))
}

// cost returns what the words of text may cost that are longer than those of prose.
func cost(text string) (bytes int) {
	const prose = 64
	since := 0
	for i := range len(text) + 1 {
		if i == len(text) || text[i] <= ' ' {
			if n := i - since; n > prose {
				bytes += n * n
			}
			since = i + 1
		}
	}
	return bytes
}

func hash(of []byte) string {
	sum := sha256.Sum256(of)
	return version + hex.EncodeToString(sum[:8])
}

// appendAlike appends masked in the form in which two occurrences are equal. The
// same value can look like one placeholder or another: a hexadecimal number may
// have no letter, a machine may be known by its address or by its name. How
// many blanks stand in a row depends on the width of a value.
func appendAlike(out []byte, masked string) []byte {
	blank := true
	for i := 0; i < len(masked); {
		switch c := masked[i]; c {
		case ' ', '\t', '\r':
			if !blank {
				out, blank = append(out, ' '), true
			}
			i++
			continue
		case '\n':
			if blank && len(out) > 0 && out[len(out)-1] == ' ' {
				out = out[:len(out)-1]
			}
			out, blank = append(out, '\n'), true
			i++
			continue
		case '<':
			rest := masked[i:]
			switch {
			case strings.HasPrefix(rest, "<hex>"), strings.HasPrefix(rest, "<num>"):
				out, i = append(out, "<num>"...), i+5
			case strings.HasPrefix(rest, "<id>"):
				out, i = append(out, "<num>"...), i+4
			case strings.HasPrefix(rest, "<host>"):
				out, i = append(out, "<ip>"...), i+6
			default:
				out, i = append(out, '<'), i+1
			}
			blank = false
			continue
		}
		end := i + 1
		for end < len(masked) && masked[end] > ' ' && masked[end] != '<' {
			end++
		}
		out, i, blank = append(out, masked[i:end]...), end, false
	}
	return out
}
