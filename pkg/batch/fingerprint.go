package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/receive"
)

// fingerprintVersion changes whenever the same mail would get another
// fingerprint, so that old and new ones are never taken for each other.
const fingerprintVersion = "v1:"

// A Fingerprint answers "is this the same error?" for two mails.
type Fingerprint struct {
	// ID is equal for mails with the same error, "v1:" and 16 hex digits.
	ID string
	// Reason says what they have in common, on one line.
	Reason string
}

// FingerprintOf computes the fingerprint of m's content. A mail with a stack
// trace is known by the types of its exceptions and their frames; any other by
// its subject and text after masking.
//
// It never fails: should the content be such that reading it panics, the mail is
// known by its bytes.
func FingerprintOf(m *receive.Message) (f Fingerprint) {
	defer func() {
		if r := recover(); r != nil {
			f = Fingerprint{ID: hash("raw", string(m.Raw)), Reason: content.Line(fmt.Sprintf("cannot read the content: %v", r))}
		}
	}()
	text := m.Body()
	if t := findTrace(text); t != nil {
		return Fingerprint{
			ID:     hash("trace", strings.Join(t.types, "\n"), strings.Join(t.frames, "\n")),
			Reason: content.Line(t.reason()),
		}
	}
	subject, body := Mask(m.Subject()), Mask(text)
	return Fingerprint{
		ID:     hashAlike("text", subject, body),
		Reason: content.Line(tellingLine(body, subject)),
	}
}

// failureWords mark the line of a text that says what went wrong.
var failureWords = []string{"error", "fail", "critical", "fatal", "exception", "panic", "denied", "refused",
	"timeout", "timed out", "unable", "cannot", "warning"}

// maxTellingLines bounds the search on the way to a client's 250.
const maxTellingLines = 30

// tellingLine returns the first line of body that speaks of a failure, else the
// first with at least three words; greetings and rules of stars have fewer.
// Where neither exists the subject says most.
func tellingLine(body, subject string) string {
	wordy, lines := "", 0
	for line := range strings.Lines(body) {
		if lines++; lines > maxTellingLines {
			break
		}
		line = strings.TrimSpace(line)
		lower := strings.ToLower(line[:min(len(line), 200)])
		for _, word := range failureWords {
			if strings.Contains(lower, word) {
				return line
			}
		}
		if wordy == "" && countWords(line) >= 3 {
			wordy = line
		}
	}
	beginning := strings.TrimSpace(body)
	beginning = strings.ToValidUTF8(beginning[:min(len(beginning), 200)], "")
	for _, line := range []string{wordy, subject, beginning} {
		if line != "" {
			return line
		}
	}
	return "(empty message)"
}

func countWords(line string) (words int) {
	for field := range strings.FieldsSeq(line) {
		if strings.IndexFunc(field, unicode.IsLetter) >= 0 {
			words++
		}
	}
	return words
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

func hashAlike(kind string, parts ...string) string {
	out := make([]byte, 0, 8<<10)
	out = append(out, kind...)
	for _, part := range parts {
		out = append(out, 0)
		out = appendAlike(out, part)
	}
	sum := sha256.Sum256(out)
	return fingerprintVersion + hex.EncodeToString(sum[:8])
}

func hash(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		io.WriteString(h, part) // never fails
		h.Write([]byte{0})
	}
	return fingerprintVersion + hex.EncodeToString(h.Sum(nil)[:8])
}
