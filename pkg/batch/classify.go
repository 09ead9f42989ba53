package batch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/former"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/recognise"
	"github.com/hut8labs/failmail/pkg/store"
)

// maxKeyBytes bounds keys and titles. Longer ones are cut and told apart by a
// hash, so that a subject of a megabyte does not become an index entry.
const maxKeyBytes = 500

// Header fields by which a mail says itself where it belongs.
const (
	GroupField = "X-Failmail-Group" // its headline, whatever the Grouper says
	SplitField = "X-Failmail-Split" // its summary, whatever the Grouper says
)

// A Classifier turns a mail into the entries that the store counts. It is safe
// for concurrent use if its Groupers are.
type Classifier struct {
	Batch  Grouper
	Group  Grouper
	Window store.Window
	// Quiet, if it is set, sends the first mail of a group at once that was not
	// seen for so long; at most ten within five minutes.
	Quiet time.Duration
	// HoldOK leaves what only says that all is well to the next summary, for up to a day.
	HoldOK bool
	// EachRecipient makes one entry for each recipient, in a batch of its own.
	EachRecipient bool
	// Meanings knows what mails say; nil for those that say nothing.
	Meanings *recognise.Recogniser
	// Open knows what senders have said to be wrong, by which the mails find it that say that it
	// is over; nil for those that call it the same.
	Open *recognise.Open
	// Families know which texts are one error; nil for those that are equal.
	Families *family.Families
	// Mutes decides which mails nobody wants to see; nil for none.
	Mutes  *Mutes
	Logger *slog.Logger

	firsts firsts
	prints recalled
}

// maxHold is how long Classifier.HoldOK leaves mails to the next summary.
const maxHold = 24 * time.Hour

// Classify never fails: a mail that a Grouper cannot place goes into a group
// named after the error, one that cannot be parsed into a group named after
// the problem. A digest has an entry for each of its parts, the first of which counts
// the mail.
func (c *Classifier) Classify(m *message.Message) []store.Entry {
	all := c.entries(m)
	if !c.EachRecipient || len(m.To) == 0 {
		return all
	}
	entries := make([]store.Entry, 0, len(m.To)*len(all))
	for i, to := range m.To {
		for _, own := range all {
			own.Batch, own.Recipients, own.Copy = ownBatch(own.Batch, to), []string{to}, i > 0
			entries = append(entries, own)
		}
	}
	return entries
}

// ownBatch is the key of the batch that only one recipient gets.
func ownBatch(key, recipient string) string {
	return clip(strings.TrimSpace(key + " for " + content.Line(recipient)))
}

// A placement is the batch that a Grouper names, or why it cannot.
type placement struct {
	key string
	err error
}

// entry returns that of m, or of the part of m that print is of.
func (c *Classifier) entry(m *message.Message, print *Said, batch placement) store.Entry {
	place := c.place(print, m.Received)
	e := store.Entry{
		Meaning:     print.Meaning,
		Fingerprint: place.Fingerprint,
		Reason:      cut(print.Reason),
		Host:        clip(m.Host()),
		Recipients:  m.To,
		Received:    m.Received,
		Window:      c.Window,
		Sample:      m.Raw,
	}
	if e.Meaning.Object != "" {
		e.Said = saidAt(m)
	}
	e.Values = withGaps(print.Values, gapValues(place))
	if batch.err == nil {
		e.Batch = clip(content.Line(batch.key))
	}
	groupKey, groupErr := placed(c.Group, m, GroupField)
	switch {
	case batch.err != nil:
		c.misplaced(&e, m, "batch", batch.err)
	case groupErr != nil:
		c.misplaced(&e, m, "group", groupErr)
	case m.Problem != "" && content.Line(groupKey) == "":
		e.Group = clip("unparsable: " + content.Line(m.Problem))
		e.Title = e.Group
	default:
		title := content.Line(groupKey)
		e.Group, e.Title = clip(title), cut(title)
		if _, isDefault := c.Group.(bySubject); isFingerprint(title) || isDefault && m.Header.Get(GroupField) == "" {
			e.Group = e.Fingerprint
		}
	}
	switch {
	case e.Title == "":
		e.Title = "(no subject)"
	case isFingerprint(e.Title):
		e.Title = e.Reason // a hash is no headline
	}
	own, group := e.Fingerprint, e.Group
	if print.Known {
		if own = ofThing(e.Fingerprint, e.Meaning); group == e.Fingerprint {
			group = own
		}
	}
	e.Occurrence = occurrence(group, own)
	e.Occurrence.Recovers = print.Recovers
	known := "" // by the rules of 1.0, which are asked once
	c.Mutes.apply(&e, m.Subject(), place, func(fingerprint string) bool {
		if !former.Is(fingerprint) {
			return c.Families.Of(fingerprint) == e.Fingerprint
		}
		if known == "" {
			known = cmp.Or(Former(m), "unreadable")
		}
		return fingerprint == known
	})
	if s := e.Meaning.Status; c.HoldOK && !print.Ends && (s == meaning.OK || s == meaning.Info) {
		e.HeldUntil = e.Received.Add(maxHold)
	}
	if c.Quiet > 0 && e.MutedUntil.IsZero() && e.Meaning.Status.IsBad() && c.firsts.isFirst(e.Batch+"\n"+kindOf(e.Group), e.Received, c.Quiet) {
		e.Quiet = c.Quiet
	}
	if e.MutedUntil.IsZero() {
		e.Group = group
	}
	e.Fingerprint = own
	return e
}

// withGaps puts what varies in a family in front of values, as only so many are kept, but for what
// they are about.
func withGaps(values, gaps []store.Value) []store.Value {
	if len(gaps) == 0 {
		return values
	}
	from := 0
	if len(values) > 0 && values[0].Label == store.ObjectLabel {
		from = 1
	}
	return slices.Insert(slices.Clone(values), from, gaps[:min(len(gaps), maxGapValues)]...)
}

// maxGapValues is how many places of a family are told of a mail.
const maxGapValues = 4

// kindOf returns what the keys of groups have in common that differ in values.
func kindOf(group string) string {
	if isFingerprint(group) {
		return group // which has none
	}
	return Mask(group)
}

// place returns where an error stands among its family: alone, if its text defeats their reader.
func (c *Classifier) place(s *Said, received time.Time) (place family.Place) {
	place.Fingerprint = s.ID
	if c.Families == nil {
		return place
	}
	defer func() {
		if r := recover(); r != nil && c.Logger != nil {
			c.Logger.Error("a text cannot be compared with others; it stands alone", "fingerprint", s.ID, "error", r)
		}
	}()
	return c.Families.Note(family.Text{Fingerprint: s.ID, Lines: s.Lines, Seen: received})
}

// placed asks the mail, and then the Grouper.
func placed(g Grouper, m *message.Message, field string) (string, error) {
	if own := m.Header.Get(field); own != "" {
		return own, nil
	}
	return safely(g, m)
}

func (c *Classifier) misplaced(e *store.Entry, m *message.Message, which string, err error) {
	// The key is masked, or an error that names the mail would make a group of each.
	e.Group = clip("cannot " + which + ": " + content.Line(Mask(err.Error())))
	e.Title = cut("cannot " + which + ": " + content.Line(err.Error()))
	if c.Logger == nil {
		return
	}
	log := c.Logger.With("id", m.ID, "expression", which, "error", err)
	var p *panicked
	if errors.As(err, &p) {
		log = log.With("at", p.at)
	}
	log.Warn("cannot place a mail, it gets a group named after the error")
}

// clip makes a key of a text of any length.
func clip(text string) string {
	if len(text) <= maxKeyBytes {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return cut(text) + " #" + hex.EncodeToString(sum[:6])
}

// cut makes a text for people of one of any length.
func cut(text string) string {
	if len(text) <= maxKeyBytes {
		return text
	}
	end := maxKeyBytes - 20
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
