//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hut8labs/failmail/internal/sink"
)

const (
	sessions   = 10
	settleTime = 2 * time.Minute // how long what is pending may take in the end
	words      = 50              // different errors of a session
)

// A round is one fault under load.
type round struct {
	random *rand.Rand
	load   time.Duration // how long clients send
	folder string        // has the store, unless that is a database, and the logs
	relay  *sink.Sink
	nodes  []*node
	db     *database // nil for SQLite
	disk   *disk     // nil unless it is to be filled
	ledger ledger
	notes  ledger // by their texts
	// problems is how many mails all problems count in the end, and written how often they have
	// each note.
	problems int
	written  map[string]int
}

// run returns what the round has shown. It leaves the folder behind if that is not
// well.
func (r *round) run(ctx context.Context, binary string, f fault) (o outcome, err error) {
	if r.folder, err = os.MkdirTemp("", "failmail-torture-"); err != nil {
		return o, err
	}
	defer func() {
		err = errors.Join(err, r.disk.remove(filepath.Join(r.folder, "disk"), err != nil))
		if err != nil {
			err = fmt.Errorf("%w; see %s", err, r.folder)
			return
		}
		err = os.RemoveAll(r.folder)
	}()
	if r.relay, err = sink.Start("127.0.0.1:0"); err != nil {
		return o, err
	}
	defer r.relay.Stop()
	if err := r.prepare(binary, f); err != nil {
		return o, err
	}
	if err := r.torment(ctx, f); err != nil {
		for _, n := range r.nodes {
			n.kill()
		}
		return o, err
	}
	o = r.ledger.settle(r.relay.Mails(), f.postgres)
	o.problems(r.problems, f.postgres)
	o.noted, o.unnoted, o.renoted = r.notes.settleNotes(r.written)
	return o, r.check(f, o)
}

// prepare starts the nodes.
func (r *round) prepare(binary string, f fault) (err error) {
	store := "sqlite:failmail.db"
	if f.postgres {
		if store, err = r.db.fresh(); err != nil {
			return err
		}
	}
	for i := range max(f.nodes, 1) {
		folder := filepath.Join(r.folder, fmt.Sprint("node", i))
		if err := os.Mkdir(folder, 0o700); err != nil {
			return err
		}
		if f.fills {
			if r.disk, err = mountDisk(filepath.Join(folder, "disk")); err != nil {
				return err
			}
			store = "sqlite:disk/failmail.db"
		}
		wait, maxWait := "100ms", "300ms"
		if f.whole {
			wait, maxWait = "3s", "1m"
		}
		args := []string{"--relay=" + r.relay.Addr(), "--store=" + store, "--wait=" + wait, "--max-wait=" + maxWait,
			"--pidfile=" + pidfile, "--retry-for=1h", "--batch=subject", "--subject={{.Batch}}"}
		if f.archives {
			args = append(args, "--all-dir=all")
		}
		n, err := newNode(binary, folder, args...)
		if err != nil {
			return err
		}
		if err := n.start(); err != nil {
			return err
		}
		r.nodes = append(r.nodes, n)
	}
	return nil
}

// torment sends mails, does what the fault says at a random instant, and waits
// until all that was taken has been summarised.
func (r *round) torment(ctx context.Context, f fault) error {
	sending, stop := context.WithTimeout(ctx, r.load)
	defer stop()
	var clients sync.WaitGroup
	for session := range sessions {
		first := r.random.IntN(len(r.nodes))
		clients.Go(func() { r.send(sending, f, session, first) })
	}
	clients.Go(func() { r.annotate(sending) })
	r.pause(50*time.Millisecond, r.load/2)
	err := f.do(r)
	clients.Wait()
	if err != nil {
		return err
	}
	if f.postgres {
		if err := r.outliveLeases(ctx); err != nil {
			return err
		}
	}
	if err := r.idle(ctx, settleTime); err != nil {
		return err
	}
	if err := r.look(); err != nil {
		return err
	}
	for _, n := range r.nodes {
		if err := n.stop(); err != nil {
			return err
		}
	}
	return nil
}

// outliveLeases does what a quarter of an hour does: it lets the leases of dead
// nodes run out. The living are stopped meanwhile, so that theirs do not.
func (r *round) outliveLeases(ctx context.Context) error {
	if r.idle(ctx, 6*time.Second) == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, n := range r.nodes {
		if err := n.stop(); err != nil {
			return err
		}
	}
	if err := r.db.endLeases(); err != nil {
		return err
	}
	for _, n := range r.nodes {
		if err := n.start(); err != nil {
			return err
		}
	}
	return nil
}

// idle waits until there is nothing to send.
func (r *round) idle(ctx context.Context, atMost time.Duration) error {
	for deadline := time.Now().Add(atMost); ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		if r.nodes[0].idle() {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("something is still pending after %s", atMost)
		}
	}
	return ctx.Err()
}

// check says what of the outcome must not be.
func (r *round) check(f fault, o outcome) error {
	if o.missing > 0 || o.doubled > 0 {
		return fmt.Errorf("%d missing, %d doubled", o.missing, o.doubled)
	}
	if o.forgotten > 0 || o.invented > 0 {
		return fmt.Errorf("the problems count %d mails too few, %d too many", o.forgotten, o.invented)
	}
	if o.unnoted > 0 || o.renoted > 0 {
		return fmt.Errorf("of %d notes %d are lost, %d are there twice", o.noted, o.unnoted, o.renoted)
	}
	if f.whole && o.split > 0 {
		return fmt.Errorf("%d batches became several summaries", o.split)
	}
	aside, err := filepath.Glob(filepath.Join(r.folder, "node*", "*.damaged-*"))
	if err == nil && len(aside) > 0 {
		err = fmt.Errorf("the store was set aside as damaged: %s", aside)
	}
	return err
}

// pause waits for a random time.
func (r *round) pause(atLeast, atMost time.Duration) {
	time.Sleep(atLeast + time.Duration(r.random.Int64N(int64(atMost-atLeast))))
}

// send sends mails until ctx ends, over a new connection whenever one is lost, to
// the next node of the list. The mails of a connection, at the end of which one may
// be unanswered, make a batch; if batches are to be whole, those of several clients do.
func (r *round) send(ctx context.Context, f fault, session, first int) {
	for connection := first; ctx.Err() == nil; connection++ {
		c, err := dial(r.nodes[connection%len(r.nodes)].addr)
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		subject := fmt.Sprintf("session %c connection %d", 'a'+session, connection)
		if f.whole {
			subject = fmt.Sprintf("batch %c", 'a'+session%3)
		}
		for n := 0; ctx.Err() == nil; n++ {
			if r.sendOne(c, subject, n, f.lines()) != nil {
				break
			}
		}
		c.close()
	}
}

func (r *round) sendOne(c *client, subject string, n, lines int) error {
	// A word, as digits would be masked; so few that a batch and an answer have all.
	word := strings.Map(func(digit rune) rune { return digit - '0' + 'a' }, fmt.Sprint(n%words))
	mail := fmt.Sprintf("Subject: %s\r\n\r\nThe %s failed.\r\n%s", subject, word, strings.Repeat("0123456789abcdef\r\n", lines))
	if err := c.begin(); err != nil {
		return err
	}
	err := c.finish([]byte(mail))
	var no *refused
	r.ledger.note(subject, func(l *line) {
		switch {
		case err == nil:
			l.acknowledged++
		case errors.As(err, &no):
			l.refused++
		default:
			l.unanswered++
		}
	})
	return err
}
