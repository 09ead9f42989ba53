package deliver

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Failover sends through the first of several Senders that takes the mail. The
// next is asked only if it cannot make a copy and may help: after a failure to
// reach one, or a temporary refusal of the mail for all its recipients. It is
// safe for concurrent use if its Senders are.
type Failover struct {
	// Senders in the order of preference. At least one.
	Senders []Sender
	// SkipFor is how long one that failed is not asked, so that not every mail
	// waits for its timeout. If all have failed, all are asked. Defaults to
	// DefaultSkipFor.
	SkipFor time.Duration
	// Names are what the log calls the Senders. One without a name is called by its
	// place, from 1.
	Names []string
	// Logger is told when one fails and the next is asked, and when another one than
	// before takes a mail. Nil discards it.
	Logger *slog.Logger

	mu      sync.Mutex
	skipped map[int]time.Time // until when, by the place in Senders
	taker   int               // place of the one that took the last mail
}

// DefaultSkipFor is as long as a Dial may take: at worst half of the time is
// spent waiting for a relay that is gone.
const DefaultSkipFor = 30 * time.Second

var (
	_ Sender      = (*Failover)(nil)
	_ SizeLimiter = (*Failover)(nil)
)

// MaxSize implements SizeLimiter: what every one of the Senders takes.
func (f *Failover) MaxSize() (least int) {
	for _, s := range f.Senders {
		if limiter, ok := s.(SizeLimiter); ok {
			if size := limiter.MaxSize(); size > 0 && (least == 0 || size < least) {
				least = size
			}
		}
	}
	return least
}

// Send implements Sender. If all fail, the error tells why each did, and is
// Unreachable only if all are.
func (f *Failover) Send(ctx context.Context, m *Mail) error {
	if len(f.Senders) == 0 {
		return Unreachable(errors.New("there is no relay to ask"))
	}
	var failures []error
	candidates := f.candidates(time.Now())
	for n, i := range candidates {
		err := f.Senders[i].Send(ctx, m)
		if err == nil {
			f.took(i)
			return nil
		}
		failures = append(failures, err)
		if ctx.Err() != nil {
			break
		}
		if f.atFault(err) {
			f.skip(i, time.Now().Add(cmp.Or(f.SkipFor, DefaultSkipFor)))
		}
		if !mayTryNext(err, len(m.To)) {
			break
		}
		if f.Logger != nil && n+1 < len(candidates) {
			f.Logger.Warn("a relay fails, asking the next", "relay", f.name(i), "next", f.name(candidates[n+1]), "error", err)
		}
	}
	return verdict(failures)
}

// candidates returns whom to ask at now, by place.
func (f *Failover) candidates(now time.Time) (places []int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.Senders {
		if !now.Before(f.skipped[i]) {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		for i := range f.Senders {
			places = append(places, i)
		}
	}
	return places
}

// took notes that a mail was taken by the Sender at place i, which is asked again
// from now on.
func (f *Failover) took(i int) {
	f.mu.Lock()
	before := f.taker
	f.taker = i
	delete(f.skipped, i)
	f.mu.Unlock()
	if f.Logger != nil && i != before {
		f.Logger.Info("another relay takes the mails now", "relay", f.name(i), "before", f.name(before))
	}
}

func (f *Failover) name(i int) string {
	if i < len(f.Names) && f.Names[i] != "" {
		return f.Names[i]
	}
	return strconv.Itoa(i + 1)
}

func (f *Failover) skip(i int, until time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.skipped == nil {
		f.skipped = make(map[int]time.Time)
	}
	f.skipped[i] = until
}

// atFault reports whether err is the Sender's rather than the mail's: a refusal
// for good and one of single recipients say nothing about the next mail.
func (f *Failover) atFault(err error) bool {
	_, refused := errors.AsType[*RefusedError](err)
	return IsUnreachable(err) || !refused && !IsPermanent(err)
}

// mayTryNext reports whether another Sender may have the mail after err.
func mayTryNext(err error, recipients int) bool {
	switch {
	case IsUncertain(err):
		return false // or there are two
	case IsUnreachable(err):
		return true // even after 5xx: the mail was not judged
	case IsPermanent(err):
		return false
	}
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok {
		return true
	}
	if len(refused.Refused) < recipients {
		return false // the others have it
	}
	for _, reason := range refused.Refused {
		if IsPermanent(reason) {
			return false
		}
	}
	return true
}

// verdict is the failure that says most about the mail, with the text of all.
func verdict(failures []error) error {
	said := failures[0]
	var texts []string
	for _, err := range failures {
		texts = append(texts, err.Error())
		if worth(err) >= worth(said) {
			said = err
		}
	}
	if len(failures) == 1 {
		return said
	}
	return &failoverError{strings.Join(texts, "; then "), said}
}

// worth is greater the more err says about the mail. Of two relays that could not
// be reached, the one that may come back decides.
func worth(err error) int {
	switch {
	case !IsUnreachable(err):
		return 2
	case !IsPermanent(err):
		return 1
	}
	return 0
}

type failoverError struct {
	text string
	said error
}

func (e *failoverError) Error() string { return e.text }
func (e *failoverError) Unwrap() error { return e.said }

// Close closes those Senders that can be closed.
func (f *Failover) Close() error {
	var failures []error
	for _, s := range f.Senders {
		if closer, ok := s.(io.Closer); ok {
			failures = append(failures, closer.Close())
		}
	}
	return errors.Join(failures...)
}
