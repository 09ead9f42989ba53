package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

// maxCommit bounds the entries of one commit, so that under any load a client
// waits for one commit in progress and one of its own.
const maxCommit = 512

// maxCommitBytes bounds the samples of one commit, and with them what a Store copies
// and encodes at a time. A mail that brings more by itself has the commit to itself.
const maxCommitBytes = 4 << 20

// maxPatience bounds the wait for company.
const maxPatience = 4 * time.Millisecond

// A Committer lets concurrent sessions share a commit. While one commit is
// being made durable, the entries that arrive queue up and become the next. The
// harder the flood, the more mails share the cost of one fsync.
//
// Sessions that have just got their answers mostly send again at once. So a commit
// waits until as many mails have come as there were in the last one and during it,
// for four times as long as that took and 4 ms at most. A lone session never waits.
type Committer struct {
	store Store
	queue chan *pending
	stop  chan struct{}
	done  chan struct{}
	once  sync.Once

	company  int           // how many mails are likely to share the next commit
	patience time.Duration // how long to wait for them
}

type pending struct {
	entries []Entry // of one mail
	result  chan error
}

// A round is what shares a commit.
type round struct {
	mails   []*pending
	samples int // bytes
}

func (r *round) add(p *pending) {
	r.mails = append(r.mails, p)
	for i := range p.entries {
		r.samples += min(len(p.entries[i].Sample), defaultSampleBytes)
	}
}

// full reports whether r can take no more mails.
func (r *round) full() bool { return len(r.mails) >= maxCommit || r.samples >= maxCommitBytes }

// NewCommitter starts a Committer in front of s. Close ends it.
func NewCommitter(s Store) *Committer {
	c := &Committer{
		store: s,
		queue: make(chan *pending, maxCommit),
		stop:  make(chan struct{}),
		done:  make(chan struct{}),
	}
	go c.run()
	return c
}

// Record returns when the entries of one mail are durable, all of them, or have
// failed. ctx bounds the wait for a place in the queue; once queued, their fate
// is awaited, because an entry that is given up on might still be counted.
func (c *Committer) Record(ctx context.Context, entries ...Entry) error {
	p := &pending{entries: entries, result: make(chan error, 1)}
	select {
	case c.queue <- p:
	case <-c.stop:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-p.result:
		return err
	case <-c.done:
		// It may have been committed by the last round.
		select {
		case err := <-p.result:
			return err
		default:
			return ErrClosed
		}
	}
}

// Close commits what is queued and ends the Committer. It does not close the
// store.
func (c *Committer) Close() {
	c.once.Do(func() { close(c.stop) })
	<-c.done
}

func (c *Committer) run() {
	defer close(c.done)
	for {
		select {
		case first := <-c.queue:
			c.commit(c.gather(first))
		case <-c.stop:
			for {
				select {
				case first := <-c.queue:
					c.commit(c.gather(first))
				default:
					return
				}
			}
		}
	}
}

// gather returns first and those that share its commit.
func (c *Committer) gather(first *pending) []*pending {
	r := &round{}
	r.add(first)
	c.addQueued(r)
	if len(r.mails) >= c.company || c.patience <= 0 {
		return r.mails
	}
	enough := time.NewTimer(c.patience)
	defer enough.Stop()
	for waiting := true; waiting && len(r.mails) < c.company && !r.full(); {
		select {
		case p := <-c.queue:
			r.add(p)
		case <-enough.C:
			waiting = false
		case <-c.stop:
			waiting = false
		}
	}
	c.addQueued(r)
	return r.mails
}

// addQueued adds to r what waits already.
func (c *Committer) addQueued(r *round) {
	for !r.full() {
		select {
		case p := <-c.queue:
			r.add(p)
		default:
			return
		}
	}
}

// learn plans the next commit from the one that was just made.
func (c *Committer) learn(round int, took time.Duration) {
	c.company = min(round+len(c.queue), maxCommit)
	c.patience = min(4*took, maxPatience)
}

func (c *Committer) commit(round []*pending) {
	entries := make([]Entry, 0, len(round))
	for _, p := range round {
		entries = append(entries, p.entries...)
	}
	began := time.Now()
	err := c.store.Record(context.Background(), entries)
	c.learn(len(round), time.Since(began))
	if err != nil && len(round) > 1 && !errors.Is(err, ErrClosed) && !errors.Is(err, ErrInDoubt) {
		// One entry that cannot be stored must not cost the others. If they may have
		// been counted, they would be twice, and acknowledged; so their clients decide.
		for _, p := range round {
			p.result <- c.store.Record(context.Background(), p.entries)
		}
		return
	}
	for _, p := range round {
		p.result <- err
	}
}
