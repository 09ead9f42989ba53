package batch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
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
	// Values are what Reason has placeholders for, and the subject where it
	// counts, but for times.
	Values []store.Value
}

// FingerprintOf computes the fingerprint of m's content. A mail with a stack
// trace is known by the types of its exceptions and their frames; any other by
// its subject and text after masking.
//
// It never fails: should the content be such that reading it panics, the mail is
// known by its bytes.
func FingerprintOf(m *message.Message) (f Fingerprint) {
	defer func() {
		if r := recover(); r != nil {
			f = Fingerprint{ID: hash("raw", string(m.Raw)), Reason: content.Line(fmt.Sprintf("cannot read the content: %v", r))}
		}
	}()
	text := m.Body()
	if t := findTrace(text); t != nil {
		reason, values := t.reason()
		f := Fingerprint{
			ID:     hash("trace", strings.Join(t.types, "\n"), strings.Join(t.frames, "\n")),
			Reason: content.Line(reason),
		}
		// The message may be another one each time, and say more than the type.
		message := string(appendAlike(nil, f.Reason))
		f.Values = append(f.Values, store.Value{Label: MessageLabel, Text: clipValue(message, maxMessageBytes)})
		f.Values = appendValues(f.Values, reason, values)
		return f
	}
	subject, subjectValues := maskValues(m.Subject())
	body := Mask(text)
	telling, number := tellingLine(body, subject)
	f = Fingerprint{
		ID:     hashAlike("text", subject, body),
		Reason: content.Line(telling),
		Values: appendValues(nil, subject, subjectValues),
	}
	if number >= 0 {
		// Masking keeps the lines, so the one with the values has its number.
		line, values := maskValues(lineOf(text, number))
		f.Values = appendValues(f.Values, line, values)
	}
	return f
}

// MessageLabel is the label of the Value that is the message of an exception, masked.
const MessageLabel = "message"

// Bounds of the values that are kept.
const (
	maxValueBytes   = 80
	maxMessageBytes = 160
)

func clipValue(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

// appendValues adds what varies in a masked line. Times do so always and tell
// nothing.
func appendValues(to []store.Value, masked string, values []value) []store.Value {
	for _, v := range values {
		if v.placeholder == "<time>" || v.placeholder == "<date>" || v.placeholder == "<duration>" {
			continue
		}
		to = append(to, store.Value{Label: label(masked, v), Text: content.Line(clipValue(v.text, maxValueBytes))})
	}
	return to
}

// maxLabelBytes bounds the words in front of a placeholder.
const maxLabelBytes = 24

// label returns v's placeholder with the words in front of it.
func label(masked string, v value) string {
	end := v.at + len(v.placeholder)
	start := v.at
	for start > 0 && v.at-start < maxLabelBytes && masked[start-1] != '>' && masked[start-1] != '\n' {
		start--
	}
	if start > 0 && masked[start-1] != '>' && masked[start-1] != '\n' {
		// Not from the middle of a word.
		if i := strings.IndexByte(masked[start:v.at], ' '); i >= 0 {
			start += i
		} else {
			start = v.at
		}
	}
	return content.Line(strings.Trim(forLabel.Replace(masked[start:end]), " ,;.()[]{}"))
}

// isFingerprint reports whether text is an ID of a Fingerprint.
func isFingerprint(text string) bool {
	digits, found := strings.CutPrefix(text, fingerprintVersion)
	return found && len(digits) == 16 && allHex(digits)
}

// forLabel makes labels of the same place equal, whatever its values look like.
var forLabel = strings.NewReplacer(`"`, "", "'", "", "`", "", "<hex>", "<num>", "<id>", "<num>")

func lineOf(text string, number int) string {
	for line := range strings.Lines(text) {
		if number == 0 {
			return strings.TrimSpace(line)
		}
		number--
	}
	return ""
}

// failureWords mark the line of a text that says what went wrong.
var failureWords = []string{"error", "fail", "critical", "fatal", "exception", "panic", "denied", "refused",
	"timeout", "timed out", "unable", "cannot", "warn"}

// failureStarts has a bit for each letter that a failure word begins with.
var failureStarts = func() (letters uint32) {
	for _, word := range failureWords {
		letters |= 1 << (word[0] - 'a')
	}
	return letters
}()

// speaksOfFailure reports whether line holds a failure word, whatever its case.
func speaksOfFailure(line string) bool {
	for i := range len(line) {
		c := line[i] | 0x20
		if c < 'a' || c > 'z' || failureStarts&(1<<(c-'a')) == 0 {
			continue
		}
		for _, word := range failureWords {
			if c == word[0] && len(line)-i >= len(word) && strings.EqualFold(line[i:i+len(word)], word) {
				return true
			}
		}
	}
	return false
}

// maxTellingLines bounds the search on the way to a client's 250.
const maxTellingLines = 30

// tellingLine returns the first line of body that speaks of a failure, else the
// first with at least three words; greetings and rules of stars have fewer. Where
// neither exists the subject says most, and the number is negative.
func tellingLine(body, subject string) (line string, number int) {
	wordy, wordyNumber, lines := "", -1, 0
	for line := range strings.Lines(body) {
		if lines++; lines > maxTellingLines {
			break
		}
		line = strings.TrimSpace(line)
		if speaksOfFailure(line[:min(len(line), 200)]) {
			return line, lines - 1
		}
		if wordy == "" && countWords(line) >= 3 {
			wordy, wordyNumber = line, lines-1
		}
	}
	if wordy != "" {
		return wordy, wordyNumber
	}
	beginning := strings.TrimSpace(body)
	beginning = strings.ToValidUTF8(beginning[:min(len(beginning), 200)], "")
	return cmp.Or(subject, beginning, "(empty message)"), -1
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
