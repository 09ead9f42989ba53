package simulate

import (
	"errors"
	"fmt"
	"net/textproto"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // where there is no zone of the system

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
)

func isReply(err error) bool { _, is := errors.AsType[*textproto.Error](err); return is }

const (
	ops = "ops@example.com"
	dba = "dba@example.com"

	wait, maxWait, retryFor = 30 * time.Second, 5 * time.Minute, 15 * time.Minute
	// lease is how long what a dead process had claimed is left to it, at most.
	lease = 15 * time.Minute
	// resting is a time after which nothing waits any more, when nothing goes wrong.
	// relayAsked is how late the end of an outage is noticed: after a pause of five minutes
	// and a fifth, behind an attempt that is slow.
	relayAsked = 6*time.Minute + 2*slowness
	resting    = lease + 2*retryFor + maxWait
	// mostKept is more than a store keeps when nothing waits: its log is 4 MiB at most.
	mostKept = 5 << 20
)

// A world is Proxies on one store, with the applications, the relay and the people around
// them. It has one thing happen at a time, and all that follows from it at that instant,
// before the next.
type world struct {
	t       *testing.T
	stuck   func(why string) // ends the test
	engine  engine
	zone    *time.Location
	failed  string // the fail-dir
	ledger  *ledger
	reached *reached

	nodes  []*node
	deaths chan death
	wait   time.Duration // which the settings say

	mu             sync.Mutex
	mood, hookMood mood // of the relay and of the hook
}

// run plays s and returns what was told.
func (s script) run(t *testing.T, in setting, seen *reached) (l *ledger) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		stuck := func(why string) { panic(fmt.Sprintf("%s %s:\n%s", t.Name(), why, s)) }
		defer watch(stuck).Stop()
		kind, ahead := in.engine, time.Until(in.begins)
		w := &world{
			t: t, stuck: stuck, engine: kind.new(ahead), zone: zone, failed: filepath.Join(t.TempDir(), "failed"), reached: seen,
			ledger: newLedger(ahead, kind.nodes), deaths: make(chan death, 100), wait: wait,
		}
		for range kind.nodes {
			n := &node{world: w, ahead: ahead, net: newNetwork()}
			w.nodes = append(w.nodes, n)
			n.start()
		}
		for i, e := range s {
			w.pass(e.after)
			w.happen(w.nodes[i%len(w.nodes)], e)
			synctest.Wait()
			w.mend()
			if i%20 == 19 {
				w.rest()
			}
		}
		w.rest()
		for _, n := range w.nodes {
			n.stop(n.proxy.Shutdown, time.Hour)
		}
		l = w.ledger
	})
	return l
}

// pass lets time pass. A process that dies meanwhile is started again.
func (w *world) pass(d time.Duration) {
	for end := time.Now().Add(d); ; {
		select {
		case d := <-w.deaths:
			w.bury(d)
		case <-time.After(time.Until(end)):
			return
		}
	}
}

// mend starts processes again that have died.
func (w *world) mend() {
	for {
		select {
		case d := <-w.deaths:
			w.bury(d)
		default:
			return
		}
	}
}

func (w *world) bury(d death) {
	if d.of.plug == d.plug { // or it died at its start, and was started again
		d.of.revive(d.down)
	}
}

// happen has e happen, to n if it is about a process.
func (w *world) happen(n *node, e event) {
	ctx, now := w.t.Context(), time.Now()
	w.ledger.tell("%s", e)
	switch e.what {
	case "mail":
		for range e.n {
			n.send(w.newMail(e.name, false), 0)
			w.pass(e.last / time.Duration(e.n))
			w.mend()
		}
	case "pass":
		n.send(w.newMail(e.name, true), 0)
	case "cut":
		n.send(w.newMail(e.name, false), e.n)
	case "relay":
		w.ledger.disturb(e.name, e.last+relayAsked)
		if e.name == "down" && e.last < retryFor/2 {
			w.ledger.down(now.Add(e.last))
		}
		w.setMood(&w.mood, e)
	case "hook":
		w.setMood(&w.hookMood, e)
	case "kill before", "kill after", "fail":
		n.plug.arm(e.what, e.name, e.n, e.last)
	case powerCut, diskFails:
		w.engine.arm(e.what, e.name, e.n, e.last)
	case "full":
		w.fill(n, e)
	case "step":
		w.step(n, time.Duration(e.n)*time.Second)
		w.pass(muteKnown) // in which somebody has looked
		n.send(w.newMail(e.name, false), 0)
	case "set back while dead":
		w.setBackWhileDead(n, e)
	case "restart":
		n.restart(func() {
			if e.name != "" {
				w.engine.arm(diskFails, e.name, e.n, 0)
			}
		})
	case "upgrade":
		n.upgrade(e.name)
	case "flush":
		w.ledger.disturb("a flush", maxWait)
		n.try(func() error { _, err := n.proxy.Flush(ctx, 0); return err })
	case "retry":
		n.try(func() error { _, err := n.proxy.Retry(ctx, 0); return err })
	case "resend":
		w.ledger.resends(true)
		n.try(func() error { _, err := n.proxy.Resend(ctx); return err })
		w.ledger.resends(false)
	case "mute":
		w.mute(n, e.name, e.last)
	case "note":
		w.annotate(n, e.name)
	case "resolve":
		w.resolve(n, e.name)
	case "reload":
		w.ledger.disturb("a reload", maxWait)
		w.wait = time.Duration(e.n) * time.Second
		w.ledger.waits(w.wait)
		for _, n := range w.nodes {
			n.try(func() error { return n.reload(w.wait) })
		}
	}
}

func (w *world) setMood(m *mood, e event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*m = mood{e.name, time.Now().Add(e.last)}
}

// muteKnown is when all nodes know of a mute.
const muteKnown = 6 * time.Second

func (w *world) mute(n *node, subject string, lasts time.Duration) {
	w.ledger.disturb("a mute", maxWait)
	n.try(func() error {
		_, err := n.proxy.Mute(w.t.Context(), "^"+subject+"$", "", lasts)
		w.ledger.mute(subject, time.Now().Add(lasts), err == nil)
		return err
	})
	if len(w.nodes) > 1 {
		w.pass(muteKnown)
	}
}

// rest has all faults end, and checks the ledger once nothing waits any more.
func (w *world) rest() {
	w.mu.Lock()
	w.mood, w.hookMood = mood{}, mood{}
	w.mu.Unlock()
	w.engine.arm("", "", 0, 0)
	for _, n := range w.nodes {
		n.plug.arm("", "", 0, 0)
	}
	w.mend()
	w.pass(resting + w.ledger.muted(time.Now()))
	synctest.Wait()
	for _, n := range w.nodes {
		if pending, err := n.plug.kept.Pending(w.t.Context()); err != nil || pending != (store.Pending{}) {
			w.ledger.violate("when all is quiet there waits %+v, %v", pending, err)
		}
		if err := n.proxy.Ready(w.t.Context()); err != nil {
			w.ledger.violate("when all is quiet it is not ready: %v", err)
		}
		problems, total, err := n.proxy.Problems(w.t.Context(), "", 0, 1000)
		if err != nil || total != len(problems) {
			w.ledger.violate("when all is quiet there are %d of %d problems, %v", len(problems), total, err)
		}
		w.ledger.checkProblems(problems)
		w.ledger.checkResolved(problems)
		w.ledger.checkNotes(n.notes(problems))
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
