package batch

import (
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/recognise"
	"github.com/hut8labs/failmail/pkg/store"
)

// Said is what a mail says, or one part of a digest, and by what it is known.
type Said struct {
	// The ID is that of the text, unless the mail says that nothing is wrong: a text that
	// differs only in its numbers may say either.
	Fingerprint
	recognise.Recognised
	// Text are the lines of the part of a digest; empty if the mail is none.
	Text string
	// Ends says that what is well was in a bad state when it was heard of last.
	Ends bool
}

// Said returns what m says, each part of a digest in turn, and notes that in m. It never
// fails, and returns one at least.
func (c *Classifier) Said(m *message.Message) []Said {
	if c.Meanings == nil {
		return []Said{{Fingerprint: c.prints.fingerprint(m)}}
	}
	rec := c.Meanings.Of(m)
	ends := false
	if (!rec.Known || rec.Sender != "") && len(rec.Parts) == 0 {
		var ended meaning.Meaning
		if ended, ends = c.Open.Note(rec.Meaning, m.Received); ended != rec.Meaning {
			rec.Why += fmt.Sprintf("; it calls %q what it ends", rec.Object)
			rec.Meaning = ended
		}
	}
	m.Meaning, m.Further = rec.Meaning, nil
	if len(rec.Parts) == 0 {
		said := newSaid(c.prints.fingerprint(m), rec)
		said.Ends = ends
		return []Said{said}
	}
	all := make([]Said, len(rec.Parts))
	for i, part := range rec.Parts {
		// What it is about takes the place of a subject, which changes with the digest.
		print := c.prints.of(part.Object, part.Text, func() Fingerprint { return fingerprintOf(part.Object, part.Text) })
		if i > 0 {
			m.Further = append(m.Further, part.Meaning)
			rec.Meaning, rec.Headline = part.Meaning, part.Headline
		}
		all[i] = newSaid(print, rec)
		all[i].Text = part.Text
		_, all[i].Ends = c.Open.Note(part.Meaning, m.Received)
	}
	return all
}

func newSaid(print Fingerprint, rec recognise.Recognised) Said {
	s := Said{Fingerprint: print, Recognised: rec}
	if headline := rec.HeadlineOver(s.Reason, print.Lines == nil); headline != "" {
		s.Reason = cut(content.Line(strings.ToValidUTF8(headline, "")))
		s.Values = append([]store.Value{{Label: HeadlineLabel, Text: s.Reason}}, s.Values...)
	}
	if s.ID = ofText(s.ID, s.Meaning); !s.Status.IsBad() && s.Lines != nil {
		s.Lines = append([]string{says(s.Meaning)}, s.Lines...) // no family with what is bad
	}
	if s.Object != "" {
		s.Values = append([]store.Value{{Label: store.ObjectLabel, Text: s.Object}}, s.Values...)
	}
	return s
}

// HeadlineLabel is the label of the Value that is the line which says what happened, as the
// source of a mail has it.
const HeadlineLabel = "headline"

// ofThing is the fingerprint under which the store counts the mails of an error about one
// thing: when each of several was bad and good must not be mixed up.
func ofThing(fingerprint string, m meaning.Meaning) string {
	thing := m.Thing()
	return fingerprint + "+" + strings.TrimPrefix(hash("thing", thing.Source, thing.Sender, thing.Object), fingerprintVersion)
}

// WithoutThing returns the fingerprint of an error of which the store has one for each thing
// that its mails are about; any other text as it is.
func WithoutThing(fingerprint string) string {
	const length = len(fingerprintVersion) + 16
	if len(fingerprint) > length && fingerprint[length] == '+' && isFingerprint(fingerprint[:length]) {
		return fingerprint[:length]
	}
	return fingerprint
}

// ofText is the fingerprint of mails whose text has the ID, and that say the same.
func ofText(id string, m meaning.Meaning) string {
	if m.Status.IsBad() {
		return id
	}
	return hash("text that says", says(m), id)
}

// saidAt returns when m says what it says: when it was written (RFC 5322 section 3.6.1), of
// mails of one second in the order in which they came. What is a day old or lies ahead is a
// clock that is wrong; then it is when m came.
func saidAt(m *message.Message) time.Time {
	const day = 24 * time.Hour
	date := m.Header.Get("Date")
	if date == "" {
		return m.Received
	}
	written, err := mail.ParseDate(date)
	delay := m.Received.Sub(written)
	if err != nil || delay < 0 || delay > day {
		return m.Received
	}
	// Within the second, most of it for those that come at once.
	return written.Add(min(delay, time.Second)*9/10 + time.Duration(float64(delay)/float64(day)*float64(time.Second/10)))
}

// says tells apart what is bad, what is good, and what is neither.
func says(m meaning.Meaning) string {
	switch {
	case m.Status.IsBad():
		return "bad"
	case m.Status.IsGood():
		return "good"
	}
	return "info"
}
