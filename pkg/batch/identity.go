package batch

import (
	"fmt"
	"slices"

	"github.com/hut8labs/failmail/internal/former"
	"github.com/hut8labs/failmail/pkg/message"
)

// An Identity is what two occurrences of an error have in common, which is what their
// fingerprint is the hash of. It has lines, or types and frames.
type Identity struct {
	Types, Frames []string // of a stack trace
	Lines         []string // masked: the subject, and what says what happened
}

// IdentityOf returns what m, which says s, is known by, or the part of m that does; nothing
// if its content cannot be read.
func IdentityOf(m *message.Message, s Said) (id Identity) {
	defer func() {
		if recover() != nil { // as FingerprintOf
			id = Identity{}
		}
	}()
	title, text := m.Subject(), m.Body()
	if s.Text != "" {
		title, text = s.Object, s.Text
	}
	if t := findTrace(text); t != nil {
		return Identity{Types: t.types, Frames: t.frames}
	}
	for _, line := range tell(title, text).lines {
		id.Lines = append(id.Lines, string(appendAlike(nil, line)))
	}
	return id
}

// CheckFingerprints returns what is wrong with texts that are to be the IDs of different
// [Fingerprint]s, as a person has typed them; nil if nothing is.
func CheckFingerprints(texts ...string) error {
	for i, text := range texts {
		switch {
		case former.Is(text):
			return fmt.Errorf("%q is a fingerprint of an older version, which no error has any more; failmail explain and the summaries show the one that begins with %q", text, fingerprintVersion)
		case !isFingerprint(text):
			return fmt.Errorf("%q is not a fingerprint: that is %q and 16 hexadecimal digits, as failmail explain and the summaries show it", text, fingerprintVersion)
		case slices.Contains(texts[:i], text):
			return fmt.Errorf("%q is named twice; name the fingerprint of another error", text)
		}
	}
	return nil
}

// An OpenError is an error, and what of it is in the open batches.
type OpenError struct {
	Fingerprint string // of its family, if it has one
	Texts       int    // that are known of its family; 1 if it has none
	Title       string // empty if no mail of it is known
	Mails       int    // in the open batches
}

// Former returns the fingerprint that Failmail 1.0 gave m, by which older stores and mutes know it;
// empty if its content cannot be read.
func Former(m *message.Message) string { return former.Fingerprint(m.Subject(), safeText(m.Written)) }
