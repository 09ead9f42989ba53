package batch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/telling"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// fingerprintVersion changes whenever the same mail would get another
// fingerprint, so that old and new ones are never taken for each other.
const fingerprintVersion = "v2:"

// A Fingerprint answers "is this the same error?" for two mails.
type Fingerprint struct {
	// ID is equal for mails with the same error, "v2:" and 16 hex digits.
	ID string
	// Reason says what they have in common, on one line.
	Reason string
	// Values are what Reason has placeholders for, and the subject where it
	// counts, but for times.
	Values []store.Value
	// Lines are what a mail without a stack trace is known by, masked: its subject and
	// the lines that say what happened. None if there is a trace.
	Lines []string
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
	return fingerprintOf(m.Subject(), m.Body())
}

func fingerprintOf(title, text string) (f Fingerprint) {
	if t := findTrace(text); t != nil {
		reason, values := t.reason()
		f := Fingerprint{
			ID:     hash("trace", strings.Join(t.types, "\n"), strings.Join(t.frames, "\n")),
			Reason: content.Line(reason),
		}
		if title != "" {
			// Of a text it counts.
			f.Values = append(f.Values, store.Value{Label: SubjectLabel, Text: content.Line(clipValue(title, maxMessageBytes))})
		}
		// The message may be another one each time, and say more than the type.
		message := string(appendAlike(nil, f.Reason))
		f.Values = append(f.Values, store.Value{Label: MessageLabel, Text: clipValue(message, maxMessageBytes)})
		f.Values = appendValues(f.Values, reason, values)
		return f
	}
	t := tell(title, text)
	f = Fingerprint{
		ID:     hashAlike("text", t.lines...),
		Reason: content.Line(t.masked),
		Values: appendValues(nil, t.title, t.subject),
		Lines:  t.lines,
	}
	if !t.isSubject {
		f.Values = appendValues(f.Values, t.masked, t.values)
	}
	return f
}

// A told text is what a mail without a stack trace is known by.
type told struct {
	lines   []string // masked: the subject, and those that say what happened
	title   string   // the subject, masked
	subject []value  // of the subject

	masked    string // the headline
	values    []value
	isSubject bool // the headline is the subject
}

func tell(subject, text string) (t told) {
	headline, isSubject, lines := telling.Of(subject, text)
	masked, values := maskValues(strings.TrimSpace(subject))
	t = told{lines: []string{beginning(masked)}, title: masked, subject: values, isSubject: isSubject}
	if isSubject {
		t.masked, t.values = masked, values
	}
	var alike []byte
	for _, line := range lines {
		masked := ""
		if !isSubject && line == headline {
			t.masked, t.values = maskValues(line.Text)
			masked = t.masked
		} else {
			masked = Mask(line.Text)
		}
		// Those that differ only in their values count once.
		alike = appendAlike(alike[:0], masked)
		if line := beginning(withoutReferrer(string(alike))); !slices.Contains(t.lines[1:], line) {
			t.lines = append(t.lines, line)
		}
	}
	if t.masked == "" {
		t.masked = cmp.Or(masked, beginning(Mask(strings.TrimSpace(text[:min(len(text), 4*maxCompared)]))), "(empty message)")
		t.lines = append(t.lines, t.masked)
	}
	return t
}

// withoutReferrer is line without the referrer that web servers write at its end if the request has
// one (RFC 9110 section 10.1.3).
func withoutReferrer(line string) string {
	for _, key := range [...]string{", referrer: ", ", referer: "} {
		if at := strings.LastIndex(line, key); at > 0 && !strings.ContainsAny(line[at+len(key):], " ,;") {
			return line[:at]
		}
	}
	return line
}

// maxCompared bounds the bytes of a masked line that are compared. It is cut when it is
// masked: where a line ends that was cut before depends on how long its values are.
const maxCompared = 400

// beginning returns the words of masked up to maxCompared.
func beginning(masked string) string {
	if len(masked) <= maxCompared {
		return masked
	}
	masked = masked[:maxCompared]
	if at := strings.LastIndexByte(masked, ' '); at > maxCompared/2 {
		masked = masked[:at]
	}
	return strings.ToValidUTF8(masked, "")
}

// SubjectLabel is the label of the Value that is the subject of a mail with a stack
// trace, which does not count there.
const SubjectLabel = "subject"

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
		if isTime(v) {
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
	if name := strings.LastIndexAny(masked[start:v.at], "_./\\@"); name >= 0 {
		// Not with what may be a name, which is another one in another text of the family.
		if i := strings.IndexByte(masked[start+name:v.at], ' '); i >= 0 {
			start += name + i
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
