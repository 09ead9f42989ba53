//go:build linux

package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// Large mails: many at once, all of them kept in the archive and relayed as they
// are, beside short ones.
const (
	largeClients = 16
	largeRounds  = 2 // mails of each client
	largeSize    = 30_000_000
	maxInFlight  = 256 << 20
	// What docs/operations.md promises.
	maxResident = maxInFlight/2*3 + 64<<20
)

// A largeKind is one way to make a large mail.
type largeKind struct {
	name            string
	header, line    string
	bdat, abandoned bool
}

var largeKinds = []largeKind{
	{name: "lines in CRLF", line: "2026-03-09 03:17:21 ERROR request failed\r\n"},
	{name: "lines in LF", line: "2026-03-09 03:17:21 ERROR request failed\n"},
	{name: "empty lines in LF", line: "\n"},
	{name: "one line", line: "request failed "},
	{name: "lines in LF, in chunks", line: "2026-03-09 03:17:21 ERROR request failed\n", bdat: true},
	{name: "abandoned in the middle", line: "2026-03-09 03:17:21 ERROR request failed\r\n", abandoned: true},
	{name: "abandoned chunks", line: "2026-03-09 03:17:21 ERROR request failed\n", bdat: true, abandoned: true},
	{name: "text in base64", header: "Content-Transfer-Encoding: base64\r\n", line: base64.StdEncoding.EncodeToString([]byte("request failed for order 17 of the customer...")) + "\r\n"},
	{name: "a file in base64", header: "Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n", line: base64.StdEncoding.EncodeToString([]byte("request failed for order 17 of the customer...")) + "\r\n"},
	{name: "many parts", header: "Content-Type: multipart/mixed; boundary=b\r\n", line: "--b\r\n\r\nx\r\n"},
	{name: "a page", header: "Content-Type: text/html\r\n", line: "<p>request <b>failed</b>\r\n"},
	{name: "passed on", header: "X-Failmail: pass\r\n", line: "2026-03-09 03:17:21 ERROR request failed\n"},
}

// boundLarge sends large mails of each kind through a new node, and says how much
// memory that took.
func boundLarge(ctx context.Context, binary string) error {
	var bad []error
	for _, kind := range largeKinds {
		if ctx.Err() == nil {
			bad = append(bad, kind.bounds(ctx, binary))
		}
	}
	return errors.Join(bad...)
}

func (k largeKind) bounds(ctx context.Context, binary string) error {
	folder, err := os.MkdirTemp("", "failmail-torture-")
	if err != nil {
		return err
	}
	listeners, err := receive.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	relay := receive.NewServer(receive.HandlerFunc(func(context.Context, *receive.Message) error { return nil }), receive.Options{})
	go relay.Serve(listeners[0]) // ends with Shutdown
	defer relay.Shutdown(ctx)
	n, err := newNode(binary, folder, "--relay="+listeners[0].Addr().String(), "--store=sqlite:failmail.db", "--wait=5s",
		"--relay-all", "--all-dir=all", fmt.Sprintf("--max-in-flight=%d", maxInFlight))
	if err != nil {
		return err
	}
	if err := n.start(); err != nil {
		return err
	}
	var taken, putOff, short atomic.Int64
	err = k.flood(ctx, n, &taken, &putOff, &short)
	for err == nil && !n.idle() {
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	peak := n.memory("VmHWM")
	if err = errors.Join(err, n.stop(), within("resident memory", peak, maxResident)); err == nil && short.Load() == 0 {
		err = errors.New("no short mail got through")
	}
	fmt.Printf("%d mails of %d MB, %s: %d taken, %d put off; %d short ones beside them; resident memory at most %.1f MiB\n",
		largeClients*largeRounds, largeSize/1_000_000, k.name, taken.Load(), putOff.Load(), short.Load(), mib(peak))
	if err != nil {
		return fmt.Errorf("large mails, %s: %w; the store is in %s", k.name, err, folder)
	}
	return os.RemoveAll(folder)
}

// flood sends the large mails, and short ones as long as they come.
func (k largeKind) flood(ctx context.Context, n *node, taken, putOff, short *atomic.Int64) error {
	mail := []byte("Subject: a large mail\r\n" + k.header + "\r\n" + strings.Repeat(k.line, largeSize/len(k.line)) + "\r\n")
	errs := make([]error, largeClients+1)
	var large, all sync.WaitGroup
	for i := range largeClients {
		large.Go(func() {
			for range largeRounds {
				err := k.send(n.addr, mail)
				var refusal *refused
				switch {
				case err == nil:
					taken.Add(1)
				case errors.As(err, &refusal) && strings.HasPrefix(refusal.reply, "452"):
					putOff.Add(1)
				default:
					errs[i] = err
					return
				}
			}
		})
	}
	sending, stop := context.WithCancel(ctx)
	all.Go(func() {
		for sending.Err() == nil && errs[largeClients] == nil {
			c, err := dial(n.addr)
			if err == nil {
				err = errors.Join(c.begin(), c.finish([]byte("Subject: short\r\n\r\nx\r\n")))
				c.close()
			}
			if errs[largeClients] = err; err == nil {
				short.Add(1)
			}
		}
	})
	large.Wait()
	stop()
	all.Wait()
	return errors.Join(errs...)
}

func (k largeKind) send(addr string, mail []byte) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.close()
	if k.abandoned {
		mail = mail[:len(mail)/100*99]
	}
	switch {
	case k.bdat:
		if err := c.ask("MAIL FROM:<app@example.com>\r\nRCPT TO:<ops@example.com>\r\n", "250", "250"); err != nil {
			return err
		}
		for len(mail) > 0 {
			chunk := mail[:min(len(mail), 1<<20)]
			if mail = mail[len(chunk):]; len(mail) == 0 && k.abandoned {
				return nil
			}
			last := ""
			if len(mail) == 0 {
				last = " LAST"
			}
			fmt.Fprintf(c.out, "BDAT %d%s\r\n", len(chunk), last)
			c.out.Write(chunk) // an error shows at the flush
			if err := c.ask("", "250"); err != nil {
				return err
			}
		}
		return nil
	case k.abandoned:
		if err := c.begin(); err != nil {
			return err
		}
		_, err := c.conn.Write(mail)
		return err
	}
	return errors.Join(c.begin(), c.finish(mail))
}
