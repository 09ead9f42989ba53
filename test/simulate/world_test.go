package simulate

import (
	"context"
	"encoding/json"
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
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
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
)

// A world is one Proxy after the other on one store, with the applications, the relay and
// the people around it. It has one thing happen at a time, and all that follows from it
// at that instant, before the next.
type world struct {
	t       *testing.T
	kept    *memory.Store
	clock   newest
	failed  string // the fail-dir
	ledger  *ledger
	reached *reached

	mu     sync.Mutex
	ahead  time.Duration // of the wall clock
	mood   string        // of the relay; empty while it takes everything
	until  time.Time     // the end of the mood
	config failmail.Config

	proxy *failmail.Proxy
	plug  *plug
	net   *network
	died  chan time.Duration // how long the process stays dead
}

// run plays s and returns what was told.
func (s script) run(t *testing.T, seen *reached) (l *ledger) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, kept: memory.New(store.Limits{}), failed: filepath.Join(t.TempDir(), "failed"), reached: seen}
		w.ledger = newLedger()
		w.start()
		for i, e := range s {
			time.Sleep(e.after)
			w.happen(e)
			synctest.Wait()
			w.mend()
			if i%20 == 19 {
				w.rest()
			}
		}
		w.rest()
		w.stop(time.Hour)
		l = w.ledger
	})
	return l
}

// start starts a process on what the one before it has left.
func (w *world) start() {
	w.net, w.died = newNetwork(), make(chan time.Duration, 1)
	w.plug = &plug{Store: w.kept, clock: &w.clock}
	w.plug.reach = func(fault, stage string) {
		w.reached.fault(fault, stage)
		w.ledger.disturb(fault, time.Minute) // in which it is tried again
	}
	network, died := w.net, w.died
	w.plug.pull = func(down time.Duration) { network.Close(); died <- down }
	if w.config.Wait == 0 {
		w.config.Wait = wait
	}
	p := w.plug
	w.config.Listeners = []net.Listener{network}
	w.config.FailDir, w.config.Hostname, w.config.Logger = w.failed, "mx.example.com", slog.New(slog.DiscardHandler)
	w.config.MaxWait, w.config.RetryFor = maxWait, retryFor
	w.config.Store = steady.New(p, steady.Options{Wall: w.wall})
	w.config.Sender = failmail.SenderFunc(func(ctx context.Context, m *failmail.Mail) error { return w.relay(ctx, p, m) })
	w.config.Renderer = renderer{}
	var err error
	if w.proxy, err = failmail.New(w.config); err == nil {
		err = w.proxy.Start(w.t.Context())
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wall(now time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return now.Add(w.ahead)
}

// mend starts the process again if it has died.
func (w *world) mend() {
	select {
	case down := <-w.died:
		w.ledger.disturb("a kill", lease+time.Minute)
		w.stop(0)
		time.Sleep(down)
		w.start()
	default:
	}
}

// stop ends the process; at once if patience is 0, as what is dead does nothing more.
func (w *world) stop(patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.proxy.Shutdown(ctx); err != nil && patience > 0 {
		w.ledger.violate("the end of a process: %v", err)
	}
	synctest.Wait()
}

// happen has e happen.
func (w *world) happen(e event) {
	ctx, now := w.t.Context(), time.Now()
	w.ledger.tell("%s", e)
	switch e.what {
	case "mail":
		for range e.n {
			w.send(e.name, "", 0)
			time.Sleep(e.last / time.Duration(e.n))
			w.mend()
		}
	case "pass":
		w.send(e.name, "X-Failmail: pass\r\n", 0)
	case "cut":
		w.send(e.name, "", e.n)
	case "relay":
		w.ledger.disturb(e.name, e.last+relayAsked)
		if e.name == "down" && e.last < retryFor/2 {
			w.ledger.down(now.Add(e.last))
		}
		w.mu.Lock()
		w.mood, w.until = e.name, now.Add(e.last)
		w.mu.Unlock()
	case "kill before", "kill after", "fail":
		w.plug.arm(e.what, e.n, e.last)
	case "full":
		w.ledger.disturb("a full disk", maxWait)
		w.plug.setFull(true)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if w.proxy.Ready(ctx) == nil && !w.plug.isDead() {
			w.ledger.violate("it is ready after ten seconds on a full disk")
		}
		time.Sleep(e.last)
		w.plug.setFull(false)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if err := w.proxy.Ready(ctx); err != nil && !w.plug.isDead() {
			w.ledger.violate("it is not ready ten seconds after the disk was full: %v", err)
		}
		w.ledger.disturb("the end of a full disk", maxWait)
	case "step":
		w.mu.Lock()
		w.ahead += time.Duration(e.n) * time.Second
		w.mu.Unlock()
		w.ledger.step(time.Duration(e.n) * time.Second)
	case "restart":
		w.ledger.disturb("a restart", maxWait)
		w.stop(time.Minute)
		if !w.plug.isDead() { // by a fault meanwhile
			w.start()
		}
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
		w.ledger.disturb("a mute", maxWait)
		w.try(func() error {
			_, err := w.proxy.Mute(ctx, "^"+e.name+"$", "", e.last)
			if err == nil {
				w.ledger.mute(e.name, now.Add(e.last))
			}
			return err
		})
	case "reload":
		w.ledger.disturb("a reload", maxWait)
		w.config.Wait = time.Duration(e.n) * time.Second
		w.ledger.waits(w.config.Wait)
		_, err := w.proxy.Reload(w.config)
		w.try(func() error { return err })
	}
}

// try expects that what a person asks for is done, unless the process or its disk is at
// fault.
func (w *world) try(ask func() error) {
	if err := ask(); err != nil && !errors.Is(err, errDead) && !errors.Is(err, errFull) && !w.plug.isDead() {
		w.ledger.violate("what was asked for was not done: %v", err)
	}
}

// send sends a mail to both people.
func (w *world) send(subject, field string, breaks int) {
	at := time.Now()
	id := w.ledger.next(field != "")
	mail := fmt.Sprintf("Subject: %s\r\nMessage-ID: <%s>\r\n%s\r\nThis is what happened.\r\n", subject, id, field)
	f := w.net.send(mail, []string{ops, dba}, breaks)
	synctest.Wait() // so that what follows is told first, whoever runs first
	w.ledger.sent(subject, id, field != "", at, f)
}

// rest has all faults end, and checks the ledger once nothing waits any more.
func (w *world) rest() {
	w.mu.Lock()
	w.mood = ""
	w.mu.Unlock()
	w.plug.arm("", 0, 0)
	w.mend()
	time.Sleep(resting + w.ledger.muted(time.Now()))
	synctest.Wait()
	w.mend()
	if pending, err := w.kept.Pending(w.t.Context()); err != nil || pending != (store.Pending{}) {
		w.ledger.violate("when all is quiet there waits %+v, %v", pending, err)
	}
	if err := w.proxy.Ready(w.t.Context()); err != nil {
		w.ledger.violate("when all is quiet it is not ready: %v", err)
	}
	failed, _, err := (&deliver.Maildir{Dir: w.failed}).List(1000)
	if err != nil {
		w.ledger.violate("cannot read the fail-dir: %v", err)
	}
	w.ledger.settle(failed, w.failed)
}

// A report is what the played relay reads in a summary.
type report struct {
	Count  int
	Groups []reportedGroup
	Muted  []render.Muted
}

type reportedGroup struct {
	Title, State string
	Count        int
	First, Last  time.Time
}

// renderer writes summaries as a program reads them.
type renderer struct{}

func (renderer) Render(_ context.Context, s *failmail.Summary) (*failmail.Mail, error) {
	r := report{Count: s.Count, Muted: s.Muted}
	for _, g := range s.Groups {
		r.Groups = append(r.Groups, reportedGroup{g.Title, string(g.News.State), g.Count, g.First, g.Last})
	}
	body, err := json.Marshal(r)
	return &failmail.Mail{Raw: []byte("Subject: summary\r\nMessage-ID: <" + s.MessageID + ">\r\n\r\n" + string(body) + "\r\n")}, err
}

// relay is the server that takes summaries, in its mood.
func (w *world) relay(ctx context.Context, from *plug, m *failmail.Mail) error {
	if from.isDead() { // nothing of this process reaches anybody
		<-ctx.Done()
		return ctx.Err()
	}
	w.mu.Lock()
	mood := w.mood
	if !time.Now().Before(w.until) {
		mood = ""
	}
	w.mu.Unlock()
	take := func(to ...string) { w.ledger.took(m, to) }
	refusal := errors.New("450 4.2.2 mailbox full")
	switch mood {
	case "down", "throttles":
		w.ledger.asked()
	}
	switch mood {
	case "down":
		return deliver.Unreachable(errors.New("connection refused"))
	case "throttles":
		return deliver.Throttled(errors.New("421 4.7.0 too many"))
	case "refuses all":
		return deliver.Permanent(errors.New("554 5.7.1 no"))
	case "refuses one":
		var rest []string
		refused := map[string]error{}
		for _, to := range m.To {
			if to == dba {
				refused[to] = refusal
			} else {
				rest = append(rest, to)
			}
		}
		take(rest...)
		if len(refused) > 0 {
			return &deliver.RefusedError{Refused: refused}
		}
		return nil
	case "is slow":
		time.Sleep(20 * time.Second)
		if from.isDead() {
			return ctx.Err()
		}
	case silent:
		take(m.To...)
		return deliver.Uncertain(deliver.Unreachable(errors.New("connection reset")))
	case "finds it too large":
		if len(m.Raw) > 10<<10 {
			return deliver.Permanent(deliver.TooLarge(errors.New("552 5.3.4 too large")))
		}
	}
	take(m.To...)
	return nil
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
