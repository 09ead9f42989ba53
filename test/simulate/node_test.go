package simulate

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store/steady"
)

// A node is a machine that runs one process after the other.
type node struct {
	*world
	ahead time.Duration // of the wall clock; world.mu guards it

	proxy *failmail.Proxy
	plug  *plug
	net   *network
	// reload has the process work by another setting.
	reload func(wait time.Duration) error
}

// A death is the end of a process that did not end by itself.
type death struct {
	of   *node
	plug *plug
	down time.Duration // how long there is none
}

// start starts a process on what the one before it has left. One whose disk does not let
// it is started again.
func (n *node) start() {
	for {
		err := n.boot()
		if err == nil {
			return
		}
		if !isDisks(err) {
			n.t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
	}
}

func (n *node) boot() error {
	n.net = n.net.next()
	p := &plug{full: n.engine.full, pulse: pulse{stuck: n.stuck}}
	network := n.net
	p.reach = func(fault, stage string) {
		n.reached.fault(fault, stage)
		n.ledger.disturb(fault, time.Minute) // in which it is tried again
	}
	p.died = func(down time.Duration) {
		network.Close()
		n.engine.killed()
		n.deaths <- death{n, p, down}
	}
	n.plug = p
	var err error
	if p.kept, err = n.engine.open(p); err != nil {
		return err
	}
	config := failmail.Config{
		Listeners: []net.Listener{network}, FailDir: n.failed, Hostname: "mx.example.com", Logger: slog.New(slog.DiscardHandler),
		Wait: n.wait, MaxWait: maxWait, RetryFor: retryFor,
		Store:     steady.New(n.engine.seen(p), steady.Options{Wall: n.wall}),
		Sender:    failmail.SenderFunc(func(ctx context.Context, m *failmail.Mail) error { return n.relay(ctx, p, m) }),
		OnSummary: func(_ context.Context, e failmail.Event) error { return n.hook(p, e) },
		Renderer:  renderer{},
	}
	if n.proxy, err = failmail.New(config); err != nil {
		return err
	}
	if err := n.proxy.Start(n.t.Context()); err != nil {
		return errors.Join(err, n.engine.leave())
	}
	n.reload = func(wait time.Duration) error {
		config.Wait = wait
		_, err := n.proxy.Reload(config)
		return err
	}
	return nil
}

func (n *node) wall(now time.Time) time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return now.Add(n.ahead).In(n.zone)
}

// revive starts a process in the place of one that has died.
func (n *node) revive(down time.Duration) {
	n.ledger.disturb("a kill", down+lease+time.Minute)
	n.stop(n.proxy.Shutdown, 0)
	time.Sleep(down)
	n.start()
}

// stop ends the process; at once if patience is 0, as what is dead does nothing more.
func (n *node) stop(end func(context.Context) error, patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := end(ctx); err != nil && patience > 0 {
		n.ledger.violate("the end of a process: %v", err)
	}
	synctest.Wait()
	if err := n.engine.leave(); err != nil && !isDisks(err) {
		n.ledger.violate("the end of a store: %v", err)
	}
}

// upgrade has another process take over. A client that comes in between waits for it.
func (n *node) upgrade(subject string) {
	n.ledger.disturb("a restart", maxWait)
	n.stop(n.proxy.Release, time.Minute)
	if n.plug.isDead() {
		return
	}
	m, sent, between := n.newMail(subject, false), make(chan fate, 1), n.net.next()
	defer between.Close()
	go func() { sent <- m.send(between, 0) }()
	n.start()
	for {
		select {
		case f := <-sent:
			n.note(m, f)
			return
		case d := <-n.deaths: // before it has accepted; the client waits for the next one
			n.bury(d)
		}
	}
}

// restart has another process take over, and refuses connections meanwhile. between happens when
// there is none.
func (n *node) restart(between func()) {
	n.ledger.disturb("a restart", maxWait)
	n.stop(n.proxy.Shutdown, time.Minute)
	between()
	if !n.plug.isDead() { // by a fault meanwhile
		n.start()
	}
}

// try expects that what a person asks for is done, unless the process or its disk is at
// fault.
func (n *node) try(ask func() error) {
	if err := ask(); err != nil && !isDisks(err) && !n.plug.isDead() {
		n.ledger.violate("what was asked for was not done: %v", err)
	}
}

func (n *node) send(m mail, breaks int) { n.note(m, m.send(n.net, breaks)) }
