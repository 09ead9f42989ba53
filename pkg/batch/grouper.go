// Package batch decides which mails belong together and when their summary is due.
//
// Two questions are asked of every mail: in which batch (which summary mail) and
// in which group (which headline of it). A [Grouper] answers each. Within a group,
// the fingerprint of the content tells one error from another.
//
//	byHost, err := batch.Compile("host")                    // as --group takes it
//	mine := batch.GrouperFunc(func(m *message.Message) (string, error) {
//		return m.Header.Get("X-Service"), nil
//	})
//	p, err := failmail.New(failmail.Config{Batch: mine, Group: byHost})
//
// To embed a Proxy, a Grouper is all that is needed from here. [FingerprintOf] and [Mask]
// show what counts as the same; [Classifier] and [Present] are what a Proxy does with
// each mail, and with each batch before it is rendered.
//
// A Grouper is called concurrently, before the mail is acknowledged: it must be quick, and
// what it answers should depend on the mail alone, so that all nodes agree.
// A Classifier, [Mutes] and compiled expressions are safe for concurrent use. Nothing here
// is kept on disk.
package batch

import (
	"fmt"

	"github.com/hut8labs/failmail/internal/foreign"
	"github.com/hut8labs/failmail/pkg/message"
)

// A Grouper names the batch or the group that a mail belongs to: mails for
// which it returns the same key share a summary or a headline.
//
// Group is called concurrently, once for each mail, before the client gets its
// 250, so it should be quick and must not change m. When it returns an error,
// panics, or takes longer than a few seconds, the mail is not lost: it is put into
// a group named after the error.
type Grouper interface {
	Group(m *message.Message) (string, error)
}

// GrouperFunc adapts a function to a Grouper.
type GrouperFunc func(m *message.Message) (string, error)

var _ Grouper = GrouperFunc(nil)

// Group calls f.
func (f GrouperFunc) Group(m *message.Message) (string, error) { return f(m) }

// safely asks g and turns a panic into an error.
func safely(g Grouper, m *message.Message) (key string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicked{value: r, at: foreign.Site()}
		}
	}()
	return g.Group(m)
}

// panicked is the panic of a Grouper. Where it was is for the log, and no part of
// the error, by which a group is named.
type panicked struct {
	value any
	at    string
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }
