package simulate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/textproto"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/steady"
)

func isReply(err error) bool { _, is := errors.AsType[*textproto.Error](err); return is }

const (
	ops = "ops@example.com"
	dba = "dba@example.com"

	wait, maxWait, retryFor = 30 * time.Second, 5 * time.Minute, 15 * time.Minute
	// lease is how long what a dead process had claimed is left to it, at most.
	lease = 15 * time.Minute
	// resting is a time after which nothing waits any more, when nothing goes wrong.
	// relayAsked is how late the end of an outage is noticed.
	relayAsked = 6 * time.Minute
	resting    = lease + 2*retryFor + maxWait
	// mostKept is more than a store keeps when nothing waits: its log is 4 MiB at most.
	mostKept = 5 << 20
)

// A world is one Proxy after the other on one store, with the applications, the relay and
// the people around it. It has one thing happen at a time, and all that follows from it
// at that instant, before the next.
type world struct {
	t       *testing.T
	engine  engine
	zone    *time.Location
	failed  string // the fail-dir
	ledger  *ledger
	reached *reached

	mu             sync.Mutex
	ahead          time.Duration // of the wall clock
	mood, hookMood mood          // of the relay and of the hook
	config         failmail.Config

	proxy *failmail.Proxy
	plug  *plug
	net   *network
	died  chan time.Duration // how long the process stays dead
}

// A setting is where a script is played.
type setting struct {
	engine string
	begins time.Time // by the wall clock
}

func (s setting) String() string {
	return fmt.Sprintf("on %s from %s", s.engine, s.begins.Format(time.DateOnly))
}

// starts are when worlds begin, in turn: in winter, and before daylight saving begins and
// ends.
var starts = []time.Time{
	time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
	time.Date(2000, time.March, 25, 0, 0, 0, 0, time.UTC),
	time.Date(2000, time.October, 28, 0, 0, 0, 0, time.UTC),
}

func newSetting(seed uint64) setting {
	return setting{engines[seed%uint64(len(engines))].name, starts[seed%uint64(len(starts))]}
}

// run plays s and returns what was told.
func (s script) run(t *testing.T, in setting, seen *reached) (l *ledger) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, zone: zone, failed: filepath.Join(t.TempDir(), "failed"), reached: seen, ahead: time.Until(in.begins)}
		for _, e := range engines {
			if e.name == in.engine {
				w.engine = e.new()
			}
		}
		w.ledger = newLedger(w.ahead)
		w.net = newNetwork()
		w.start()
		for i, e := range s {
			w.pass(e.after)
			w.happen(e)
			synctest.Wait()
			w.mend()
			if i%20 == 19 {
				w.rest()
			}
		}
		w.rest()
		w.stop(w.proxy.Shutdown, time.Hour)
		l = w.ledger
	})
	return l
}

// start starts a process on what the one before it has left. One whose disk does not let
// it is started again.
func (w *world) start() {
	for {
		err := w.boot()
		if err == nil {
			return
		}
		if !isDisks(err) {
			w.t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
	}
}

func (w *world) boot() error {
	w.net, w.died = w.net.next(), make(chan time.Duration, 1)
	p := &plug{full: w.engine.full}
	network, died := w.net, w.died
	p.reach = func(fault, stage string) {
		w.reached.fault(fault, stage)
		w.ledger.disturb(fault, time.Minute) // in which it is tried again
	}
	p.died = func(down time.Duration) {
		network.Close()
		w.engine.killed(p)
		died <- down
	}
	w.plug = p
	var err error
	if p.kept, err = w.engine.open(p); err != nil {
		return err
	}
	if w.config.Wait == 0 {
		w.config.Wait = wait
	}
	w.config.Listeners = []net.Listener{network}
	w.config.FailDir, w.config.Hostname, w.config.Logger = w.failed, "mx.example.com", slog.New(slog.DiscardHandler)
	w.config.MaxWait, w.config.RetryFor = maxWait, retryFor
	w.config.Store = steady.New(p, steady.Options{Wall: w.wall})
	w.config.Sender = failmail.SenderFunc(func(ctx context.Context, m *failmail.Mail) error { return w.relay(ctx, p, m) })
	w.config.OnSummary = func(_ context.Context, e failmail.Event) error { return w.hook(p, e) }
	w.config.Renderer = renderer{}
	if w.proxy, err = failmail.New(w.config); err != nil {
		return err
	}
	if err := w.proxy.Start(w.t.Context()); err != nil {
		return errors.Join(err, w.engine.leave(p))
	}
	return nil
}

func (w *world) wall(now time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return now.Add(w.ahead).In(w.zone)
}

// pass lets time pass. A process that dies meanwhile is started again.
func (w *world) pass(d time.Duration) {
	for end := time.Now().Add(d); ; {
		select {
		case down := <-w.died:
			w.revive(down)
		case <-time.After(time.Until(end)):
			return
		}
	}
}

// mend starts the process again if it has died.
func (w *world) mend() {
	select {
	case down := <-w.died:
		w.revive(down)
	default:
	}
}

func (w *world) revive(down time.Duration) {
	w.ledger.disturb("a kill", down+lease+time.Minute)
	w.stop(w.proxy.Shutdown, 0)
	time.Sleep(down)
	w.start()
}

// stop ends the process; at once if patience is 0, as what is dead does nothing more.
func (w *world) stop(end func(context.Context) error, patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := end(ctx); err != nil && patience > 0 {
		w.ledger.violate("the end of a process: %v", err)
	}
	synctest.Wait()
	if err := w.engine.leave(w.plug); err != nil && !isDisks(err) {
		w.ledger.violate("the end of a store: %v", err)
	}
}

// happen has e happen.
func (w *world) happen(e event) {
	ctx, now := w.t.Context(), time.Now()
	w.ledger.tell("%s", e)
	switch e.what {
	case "mail":
		for range e.n {
			w.send(w.newMail(e.name, false), 0)
			w.pass(e.last / time.Duration(e.n))
			w.mend()
		}
	case "pass":
		w.send(w.newMail(e.name, true), 0)
	case "cut":
		w.send(w.newMail(e.name, false), e.n)
	case "relay":
		w.ledger.disturb(e.name, e.last+relayAsked)
		if e.name == "down" && e.last < retryFor/2 {
			w.ledger.down(now.Add(e.last))
		}
		w.setMood(&w.mood, e)
	case "hook":
		w.setMood(&w.hookMood, e)
	case "kill before", "kill after", "fail":
		w.plug.arm(e.what, e.n, e.last)
	case powerCut, diskFails:
		w.engine.arm(e.what, e.n, e.last)
	case "full":
		w.fill(e.last)
	case "step":
		w.mu.Lock()
		w.ahead += time.Duration(e.n) * time.Second
		w.mu.Unlock()
		w.ledger.step(time.Duration(e.n) * time.Second)
	case "restart":
		w.ledger.disturb("a restart", maxWait)
		w.stop(w.proxy.Shutdown, time.Minute)
		if !w.plug.isDead() { // by a fault meanwhile
			w.start()
		}
	case "upgrade":
		w.upgrade(e.name)
	case "flush":
		w.ledger.disturb("a flush", maxWait)
		w.try(func() error { _, err := w.proxy.Flush(ctx, 0); return err })
	case "retry":
		w.try(func() error { _, err := w.proxy.Retry(ctx, 0); return err })
	case "resend":
		w.ledger.resends(true)
		w.try(func() error { _, err := w.proxy.Resend(ctx); return err })
		w.ledger.resends(false)
	case "mute":
		w.mute(e.name, e.last)
	case "reload":
		w.ledger.disturb("a reload", maxWait)
		w.config.Wait = time.Duration(e.n) * time.Second
		w.ledger.waits(w.config.Wait)
		_, err := w.proxy.Reload(w.config)
		w.try(func() error { return err })
	}
}

func (w *world) setMood(m *mood, e event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*m = mood{e.name, time.Now().Add(e.last)}
}

// fill fills the disk for a while, which is to be known within ten seconds, and so is its
// end.
func (w *world) fill(lasts time.Duration) {
	const known = 10 * time.Second
	ctx := w.t.Context()
	w.ledger.disturb("a full disk", known+lasts+maxWait)
	until := time.Now().Add(known + lasts)
	w.engine.fill(until)
	w.plug.stale()
	w.pass(known)
	synctest.Wait()
	if w.proxy.Ready(ctx) == nil && !w.plug.isDead() && time.Now().Before(until) {
		w.ledger.violate("it is ready after ten seconds on a full disk")
	}
	w.pass(lasts)
	w.pass(known)
	synctest.Wait()
	if err := w.proxy.Ready(ctx); err != nil && !w.plug.isDead() {
		w.ledger.violate("it is not ready ten seconds after the disk was full: %v", err)
	}
	w.ledger.disturb("the end of a full disk", maxWait)
}

// upgrade has another process take over. A client that comes in between waits for it.
func (w *world) upgrade(subject string) {
	w.ledger.disturb("a restart", maxWait)
	w.stop(w.proxy.Release, time.Minute)
	if w.plug.isDead() {
		return
	}
	m, sent, between := w.newMail(subject, false), make(chan fate, 1), w.net.next()
	defer between.Close()
	go func() { sent <- m.send(between, 0) }()
	w.start()
	w.note(m, <-sent)
}

func (w *world) mute(subject string, lasts time.Duration) {
	w.ledger.disturb("a mute", maxWait)
	w.try(func() error {
		_, err := w.proxy.Mute(w.t.Context(), "^"+subject+"$", "", lasts)
		if err == nil {
			w.ledger.mute(subject, time.Now().Add(lasts))
		}
		return err
	})
}

// try expects that what a person asks for is done, unless the process or its disk is at
// fault.
func (w *world) try(ask func() error) {
	if err := ask(); err != nil && !isDisks(err) && !w.plug.isDead() {
		w.ledger.violate("what was asked for was not done: %v", err)
	}
}

// A mail is one that an application sends to both people.
type mail struct {
	subject, id string
	passes      bool
	at          time.Time
	fired       int // faults of the disk until then
}

func (w *world) newMail(subject string, passes bool) mail {
	return mail{subject, w.ledger.next(passes), passes, time.Now(), w.engine.fired()}
}

// send sends m; the connection breaks after so many bytes, if that is not 0.
func (m mail) send(over *network, breaks int) fate {
	field := ""
	if m.passes {
		field = "X-Failmail: pass\r\n"
	}
	text := fmt.Sprintf("Subject: %s\r\nMessage-ID: <%s>\r\n%s\r\nThis is what happened.\r\n", m.subject, m.id, field)
	return over.send(text, []string{ops, dba}, breaks)
}

// note notes what became of m. One that is refused because its disk failed may have been
// written.
func (w *world) note(m mail, f fate) {
	if f == refused && w.engine.fired() > m.fired {
		f = unanswered
	}
	synctest.Wait() // so that what follows is told first, whoever runs first
	w.ledger.sent(m, f)
}

func (w *world) send(m mail, breaks int) { w.note(m, m.send(w.net, breaks)) }

// rest has all faults end, and checks the ledger once nothing waits any more.
func (w *world) rest() {
	w.mu.Lock()
	w.mood, w.hookMood = mood{}, mood{}
	w.mu.Unlock()
	w.plug.arm("", 0, 0)
	w.engine.arm("", 0, 0)
	w.mend()
	w.pass(resting + w.ledger.muted(time.Now()))
	synctest.Wait()
	if pending, err := w.plug.kept.Pending(w.t.Context()); err != nil || pending != (store.Pending{}) {
		w.ledger.violate("when all is quiet there waits %+v, %v", pending, err)
	}
	if err := w.proxy.Ready(w.t.Context()); err != nil {
		w.ledger.violate("when all is quiet it is not ready: %v", err)
	}
	if bytes := w.engine.bytes(); bytes > mostKept {
		w.ledger.violate("when all is quiet the store has %d bytes", bytes)
	}
	failed, _, err := (&deliver.Maildir{Dir: w.failed}).List(1000)
	if err != nil {
		w.ledger.violate("cannot read the fail-dir: %v", err)
	}
	w.ledger.settle(failed, w.failed)
}

// titleOf returns the subject that a muted line is about.
func titleOf(what string) string {
	for _, s := range subjects {
		if strings.Contains(what, s) {
			return s
		}
	}
	return ""
}
