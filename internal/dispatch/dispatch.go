// Package dispatch hands finished mails over to the relay: it takes each from the
// outbox when its time has come, tries it, and decides what becomes of it. A mail
// leaves the outbox only when it is somewhere else: with the relay, in the fail-dir,
// or counted in its batch again.
package dispatch

import (
	"context"
	"log/slog"
	"time"

	"github.com/hut8labs/failmail/internal/schedule"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
)

// Config is what a Dispatcher works with.
type Config struct {
	Outbox   store.Outbox
	Notebook store.Notebook // keeps since when the relay is down; nil if nothing does
	FailDir  *deliver.Maildir
	Policy   func() Policy // the one in force
	Observer Observer
	Logger   *slog.Logger
}

// A Policy says where mails go, and how.
type Policy struct {
	Sender   deliver.Sender
	Relay    string // its name for people; empty for a Sender of somebody else's
	Mark     string // tells this Failmail from others on the same store
	Parallel int    // deliveries at a time
	RetryFor time.Duration
}

// A Result is what an attempt came to.
type Result string

// The results of an attempt.
const (
	Sent      Result = "sent"      // some or all recipients were served
	Postponed Result = "postponed" // it will be tried again
	Failed    Result = "failed"    // given up: it is in the fail-dir
)

// An Observer is told what happens, from several goroutines. Its methods return at
// once.
type Observer interface {
	// Became says what an attempt to deliver o came to, and why not everyone was
	// served. After Sent another result may follow for the other recipients.
	Became(o *store.Outgoing, result Result, err error)
	// Reopened says that o is gone, and counted in its open batch again.
	Reopened(o *store.Outgoing)
	// Unkept says that the fail-dir did not take a mail, which stays in the outbox.
	Unkept()
	// SummarizeAt says from when on batches may become summaries again.
	SummarizeAt(t time.Time)
}

// A Dispatcher delivers what is in an outbox. Its methods are safe for concurrent use.
type Dispatcher struct {
	config    Config
	log       *slog.Logger
	began     time.Time
	loop      *schedule.Loop
	breaker   breaker
	noted     noted
	slots     *slots
	sizes     sizeBounds
	unwritten unwritten
	resends   resends
}

// New returns a Dispatcher that delivers nothing until Run.
func New(config Config) *Dispatcher {
	d := &Dispatcher{config: config, log: config.Logger, began: time.Now(), slots: newSlots()}
	d.resends.life, d.resends.end = context.WithCancel(context.Background())
	d.loop = &schedule.Loop{Name: "send summaries", Next: d.next, Step: d.send, Logger: d.log}
	return d
}

// Run delivers what is due until ctx ends; then it waits for the attempts under way.
func (d *Dispatcher) Run(ctx context.Context) {
	d.loop.Run(ctx)
	d.slots.wait()
}

// Enqueue puts mails that come from no batch into the outbox. They are durable when
// it returns nil.
func (d *Dispatcher) Enqueue(ctx context.Context, mails ...store.Outgoing) error {
	if err := d.config.Outbox.Enqueue(ctx, mails); err != nil {
		return err
	}
	for _, m := range mails {
		d.DueAt(m.NextAt)
	}
	return nil
}

// DueAt says that there will be something to deliver at t.
func (d *Dispatcher) DueAt(t time.Time) { d.loop.DueAt(t) }

// Retry makes the mail with the ID due now, or all of them for 0, and has the relay
// asked at once. It returns how many that are.
func (d *Dispatcher) Retry(ctx context.Context, id int64) (int, error) {
	now := time.Now()
	d.AskNow()
	n, err := d.config.Outbox.Retry(ctx, id, now)
	d.DueAt(now)
	d.config.Observer.SummarizeAt(now)
	return n, err
}

// next is when the loop has to look, also while the relay is down: what is due then is
// reopened, or put off.
func (d *Dispatcher) next(ctx context.Context) (time.Time, error) {
	if d.unwritten.any() {
		return time.Now(), nil
	}
	return d.config.Outbox.NextSend(ctx)
}

// send begins to deliver every mail whose time has come, as many at a time as the
// relay may be used for.
func (d *Dispatcher) send(ctx context.Context) error {
	if err := d.writeAgain(); err != nil {
		return err
	}
	for d.breaker.mayGoOn(time.Now()) {
		if d.slots.await(d.parallel()); ctx.Err() != nil {
			return ctx.Err()
		}
		if !d.breaker.mayGoOn(time.Now()) { // by what was waited for
			break
		}
		o, err := d.config.Outbox.ClaimOutgoing(ctx, time.Now(), sendLease)
		if err != nil || o == nil {
			return err
		}
		d.slots.run(d.parallel(), len(o.Mail), func() { d.attempt(ctx, o) })
	}
	return d.reopenRest(ctx)
}

// parallel returns how many mails may be on their way at a time. While the relay is
// down that is the one that asks it.
func (d *Dispatcher) parallel() int {
	if since, _ := d.breaker.down(); since.IsZero() {
		return max(d.config.Policy().Parallel, 1)
	}
	return 1
}

// RetryUntil returns when a mail is given up: Policy.RetryFor after it was due. The
// time in which this process did not run does not count, or a restart that overtakes
// the relay's would give up everything at the first attempt.
func (d *Dispatcher) RetryUntil(due time.Time) time.Time {
	if d.began.After(due) {
		due = d.began
	}
	return due.Add(max(d.config.Policy().RetryFor, 0))
}
