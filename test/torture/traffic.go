//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A traffic is what applications do in a soak: storms, and little in between.
type traffic struct {
	addr, page string // of the node
	ledger     *ledger
	storms     span
	quiet      span

	storm                           atomic.Int64 // its number
	mails, connections, brokenOff   atomic.Int64
	unreachable, refusedConnections atomic.Int64
}

// A span is a time chosen at random between two.
type span struct{ from, to time.Duration }

func (s span) random() time.Duration {
	return s.from + time.Duration(rand.Int64N(int64(max(s.to-s.from, 1))))
}

// pause returns false if ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// run alternates until ctx ends.
func (t *traffic) run(ctx context.Context) {
	var watching sync.WaitGroup
	watching.Go(func() { t.look(ctx) })
	defer watching.Wait()
	for ctx.Err() == nil {
		t.rage(ctx)
		t.drip(ctx)
	}
}

// rage is a storm: as fast as many sessions can.
func (t *traffic) rage(ctx context.Context) {
	n := t.storm.Add(1)
	storm, end := context.WithTimeout(ctx, t.storms.random())
	defer end()
	var sessions sync.WaitGroup
	for s := range 20 + rand.IntN(41) {
		sessions.Go(func() {
			for connection := 0; storm.Err() == nil; connection++ {
				t.connection(storm, n, fmt.Sprintf("storm %d session %d connection %d", n, s, connection))
			}
		})
	}
	sessions.Wait()
}

// drip is the time between storms: a mail now and then, each on a connection of
// its own.
func (t *traffic) drip(ctx context.Context) {
	quiet, end := context.WithTimeout(ctx, t.quiet.random())
	defer end()
	key := fmt.Sprint("after storm ", t.storm.Load())
	for pause(quiet, 100*time.Millisecond+time.Duration(rand.Int64N(int64(400*time.Millisecond)))) {
		if c := t.dial(); c != nil {
			t.send(c, key)
			c.close()
		}
	}
}

func (t *traffic) dial() *client {
	t.connections.Add(1)
	c, err := dial(t.addr)
	if err == nil {
		return c
	}
	if _, answered := errors.AsType[*refused](err); answered {
		t.refusedConnections.Add(1)
	} else {
		t.unreachable.Add(1)
	}
	time.Sleep(20 * time.Millisecond)
	return nil
}

// connection is one of a storm. Most mails are of the batch of the storm; those of
// connections that break off are of a batch of their own, so that the one that
// nobody answered for is not taken for another one.
func (t *traffic) connection(ctx context.Context, storm int64, own string) {
	c := t.dial()
	if c == nil {
		return
	}
	defer c.close()
	shared := fmt.Sprint("storm ", storm)
	switch kind := rand.IntN(100); {
	case kind < 60: // until the storm is over, or the application ends
		for range 1 + rand.IntN(500) {
			if ctx.Err() != nil || !t.send(c, shared) {
				return
			}
		}
		c.ask("QUIT\r\n", "221") // all is acknowledged
	case kind < 80: // a mail, as most libraries do
		t.send(c, shared)
	case kind < 85: // a pool that keeps it for later
		pause(ctx, span{time.Second, 5 * time.Second}.random())
	default:
		t.brokenOff.Add(1)
		for range rand.IntN(20) {
			if ctx.Err() != nil || !t.send(c, own) {
				return
			}
		}
		t.breakOff(c, own)
	}
}

// breakOff leaves in the middle of something.
func (t *traffic) breakOff(c *client, key string) {
	switch rand.IntN(4) {
	case 0: // of a command
		io.WriteString(c.conn, "MAIL FR")
	case 1: // after the envelope
		c.begin()
	case 2: // of a mail
		if mail := t.mail(key); c.begin() == nil {
			c.conn.Write(mail[:rand.IntN(len(mail))])
		}
	default: // before the reply to a mail
		if c.begin() == nil {
			// Noted before: the mail may be counted before the last byte is written.
			t.ledger.note(key, func(l *line) { l.unanswered++ })
			c.conn.Write(append(t.mail(key), ".\r\n"...))
		}
	}
}

// send reports whether the connection can be used further.
func (t *traffic) send(c *client, key string) bool {
	if c.begin() != nil {
		return false
	}
	err := c.finish(t.mail(key))
	_, answered := errors.AsType[*refused](err)
	t.ledger.note(key, func(l *line) {
		switch {
		case err == nil:
			l.acknowledged++
		case answered:
			l.refused++
		default:
			l.unanswered++
		}
	})
	t.mails.Add(1)
	return err == nil
}

// mail returns one of the batch key. Most are equal, or equal but for numbers; one
// in a hundred has a text that nobody has seen, and one in a thousand a subject.
func (t *traffic) mail(key string) []byte {
	const attachment = 1 << 20
	subject, text, lines := fmt.Sprint("checkout failed at step ", rand.IntN(5)), "The order failed.", 50
	switch kind := rand.IntN(1000); {
	case kind < 400:
		text = fmt.Sprintf("The order %d failed after %d ms.", rand.IntN(1e6), rand.IntN(1e4))
	case kind < 410:
		text = fmt.Sprintf("The order of %s failed.", word())
	case kind < 411:
		subject = fmt.Sprintf("the service %s is down", word())
	case kind < 500:
		lines = rand.IntN(400)
	}
	if rand.IntN(20_000) == 0 {
		lines = attachment / len(filling)
	}
	return fmt.Appendf(nil, "X-Failmail-Split: %s\r\nSubject: %s\r\nFrom: app@example.com\r\n\r\n%s\r\n%s", key, subject, text, strings.Repeat(filling, lines))
}

const filling = "2026-03-09 03:17:21,037 ERROR worker-7 request failed for order 17 after 3021 ms\r\n"

// word returns one of letters, as digits would be masked.
func word() string {
	letters := make([]byte, 10)
	for i := range letters {
		letters[i] = 'a' + byte(rand.IntN(26))
	}
	return string(letters)
}

// look does what operators do meanwhile: watch the page for a while, and go.
func (t *traffic) look(ctx context.Context) {
	for pause(ctx, span{time.Second, 3 * time.Second}.random()) {
		t.fetch(ctx, "/", time.Minute)
		t.fetch(ctx, "/api/batches", time.Minute)
		t.fetch(ctx, "/events", 2*time.Second)
	}
}

// fetch reads for so long at most, on a connection of its own. That the node is
// being restarted is no news.
func (t *traffic) fetch(ctx context.Context, path string, atMost time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.page+path, nil)
	if err != nil {
		return
	}
	request.Close = true
	if response, err := http.DefaultClient.Do(request); err == nil {
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
}
