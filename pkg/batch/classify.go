package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/store"
)

// maxKeyBytes bounds keys and titles. Longer ones are cut and told apart by a
// hash, so that a subject of a megabyte does not become an index entry.
const maxKeyBytes = 500

// A Classifier turns a mail into the entry that the store counts. It is safe
// for concurrent use if its Groupers are.
type Classifier struct {
	Batch  Grouper
	Group  Grouper
	Window store.Window
	Logger *slog.Logger
}

// Classify never fails: a mail that a Grouper cannot place goes into a group
// named after the error, one that cannot be parsed into a group named after
// the problem.
func (c *Classifier) Classify(m *receive.Message) store.Entry {
	fingerprint := FingerprintOf(m)
	e := store.Entry{
		Fingerprint: fingerprint.ID,
		Reason:      clip(fingerprint.Reason),
		Host:        clip(m.Host()),
		Recipients:  m.To,
		Received:    m.Received,
		Window:      c.Window,
		Sample:      m.Raw,
	}
	batchKey, batchErr := safely(c.Batch, m)
	if batchErr == nil {
		e.Batch = clip(content.Line(batchKey))
	}
	groupKey, groupErr := safely(c.Group, m)
	switch {
	case batchErr != nil:
		c.misplaced(&e, m, "batch", batchErr)
	case groupErr != nil:
		c.misplaced(&e, m, "group", groupErr)
	case m.Problem != "" && content.Line(groupKey) == "":
		e.Group = clip("unparsable: " + content.Line(m.Problem))
		e.Title = e.Group
	default:
		e.Group = clip(content.Line(groupKey))
		e.Title = e.Group
	}
	if e.Title == "" {
		e.Title = "(no subject)"
	}
	return e
}

func (c *Classifier) misplaced(e *store.Entry, m *receive.Message, which string, err error) {
	e.Group = clip("cannot " + which + ": " + content.Line(Mask(err.Error())))
	e.Title = e.Group
	if c.Logger != nil {
		c.Logger.Warn("cannot place a mail, it gets a group named after the error",
			"id", m.ID, "expression", which, "error", err)
	}
}

func clip(text string) string {
	if len(text) <= maxKeyBytes {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	end := maxKeyBytes - 20
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "… #" + hex.EncodeToString(sum[:6])
}
