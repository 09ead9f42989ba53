package simulate

import (
	"testing/synctest"
	"time"
)

// step sets the clock of a node, by which its summaries tell times if it has the store to
// itself.
func (w *world) step(n *node, by time.Duration) {
	w.mu.Lock()
	n.ahead += by
	w.mu.Unlock()
	if len(w.nodes) > 1 {
		by = 0
	}
	w.ledger.step(by)
}

// setBackWhileDead has a process die when nothing has come for a while, and the clock be set
// back then. A mute ends when it was to end.
func (w *world) setBackWhileDead(n *node, e event) {
	const half = 30 * time.Minute
	w.mute(n, e.name, 2*half)
	w.pass(half)
	n.plug.kill(e.last)
	w.step(n, -time.Duration(e.n)*time.Hour)
	w.pass(half + blur + time.Minute)
	n.send(w.newMail(e.name, false), 0)
}

// fill fills the disk for a while, which is to be known within ten seconds, and so is its
// end. What comes and is asked for meanwhile is refused.
func (w *world) fill(n *node, e event) {
	const known = 10 * time.Second
	also := whileFull[e.n]
	if also != "" && also != "step" {
		w.ledger.disturb(also, w.wait+maxWait+relayAsked)
		w.setMood(&w.mood, event{name: also, last: w.wait + slowness})
		n.send(w.newMail(e.name, false), 0)
		w.pass(w.wait + slowness/2)
		w.mend()
	}
	w.ledger.disturb("a full disk", known+e.last+maxWait)
	until := time.Now().Add(known + e.last)
	w.engine.fill(until)
	n.plug.stale()
	w.pass(known)
	synctest.Wait()
	for _, n := range w.nodes {
		if n.proxy.Ready(w.t.Context()) == nil && !n.plug.isDead() && time.Now().Before(until) {
			w.ledger.violate("it is ready after ten seconds on a full disk")
		}
	}
	n.send(w.newMail(e.name, false), 0)
	n.send(w.newMail(e.name, true), 0)
	w.mute(n, e.name, e.last)
	if also == "step" {
		w.step(n, -e.last)
	}
	w.pass(time.Until(until))
	w.pass(known)
	synctest.Wait()
	for _, n := range w.nodes {
		if err := n.proxy.Ready(w.t.Context()); err != nil && !n.plug.isDead() {
			w.ledger.violate("it is not ready ten seconds after the disk was full: %v", err)
		}
	}
	w.ledger.disturb("the end of a full disk", maxWait)
}
