package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// A load is what clients do.
type load struct {
	sessions  int
	mails     int // in all
	perLogin  int // mails on one connection; 0 for all of a session
	different bool
}

func (l load) String() string {
	kind, connections := "equal", "one connection each"
	if l.different {
		kind = "all different"
	}
	if l.perLogin > 0 {
		connections = fmt.Sprintf("%d mail a connection", l.perLogin)
	}
	return fmt.Sprintf("%d sessions, %d mails of 4 KiB, %s, %s", l.sessions, l.mails, kind, connections)
}

// loads are what the design asks for.
func loads(mails int) []load {
	return []load{
		{1, mails / 6, 0, false},
		{20, mails, 0, false},
		{100, mails, 0, false},
		{20, mails, 0, true},
		{20, mails / 2, 1, false},
	}
}

// mail returns the n-th mail, 4 KiB as it goes over the wire. It costs little, so
// that the machine is the server's.
func (l load) mail(n int) []byte {
	if !l.different {
		return equalMail
	}
	// A word, as digits would be masked.
	word := []byte(fmt.Sprintf("%08d", n))
	for i := range word {
		word[i] += 'a' - '0'
	}
	return bytes.ReplaceAll(differentMail, []byte(placeOfWord), word)
}

const placeOfWord = "xxxxxxxx"

var (
	equalMail     = mailOf("[shop] ERROR in checkout", "order 17")
	differentMail = mailOf("error "+placeOfWord, "in "+placeOfWord)
)

func mailOf(subject, detail string) []byte {
	var mail strings.Builder
	fmt.Fprintf(&mail, "From: app@web1.shop.example\r\nTo: ops@shop.example\r\nSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", subject)
	for i := 0; mail.Len() < 4096-100; i++ {
		fmt.Fprintf(&mail, "2026-03-09 03:17:%02d,%03d ERROR worker-%d request failed for %s after %d ms\r\n", i%60, i*37%1000, i%48, detail, 3000+i)
	}
	return []byte(mail.String())
}

// A generated is what the clients saw.
type generated struct {
	took    time.Duration
	replies []time.Duration // to the final dot, sorted
}

// generate runs the load against addr. Every mail must be acknowledged.
func (l load) generate(ctx context.Context, addr string) (generated, error) {
	perSession := l.mails / l.sessions
	replies := make([][]time.Duration, l.sessions)
	errs := make([]error, l.sessions)
	var sessions sync.WaitGroup
	begin := time.Now()
	for i := range l.sessions {
		sessions.Go(func() {
			replies[i], errs[i] = l.session(ctx, addr, i*perSession, perSession)
		})
	}
	sessions.Wait()
	g := generated{took: time.Since(begin), replies: slices.Concat(replies...)}
	slices.Sort(g.replies)
	return g, errors.Join(errs...)
}

func (l load) session(ctx context.Context, addr string, first, count int) ([]time.Duration, error) {
	replies := make([]time.Duration, 0, count)
	var c *client
	for n := range count {
		if c == nil {
			var err error
			if c, err = connect(ctx, addr); err != nil {
				return nil, err
			}
		}
		took, err := c.send(l.mail(first + n))
		if err != nil {
			return nil, err
		}
		replies = append(replies, took)
		if l.perLogin > 0 && (n+1)%l.perLogin == 0 {
			c.quit()
			c = nil
		}
	}
	if c != nil {
		c.quit()
	}
	return replies, nil
}

// A client is as little as a client can be, so that it leaves the machine to the
// server.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
}

func connect(ctx context.Context, addr string) (*client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &client{conn, bufio.NewReader(conn), bufio.NewWriterSize(conn, 16<<10)}
	if err := c.expect("220"); err != nil {
		return nil, err
	}
	return c, c.ask("EHLO web1.shop.example\r\n", "250")
}

// send sends one mail, and returns how long the reply to its end took.
func (c *client) send(mail []byte) (time.Duration, error) {
	// Both commands at once, as clients with PIPELINING do.
	if err := c.ask("MAIL FROM:<app@web1.shop.example>\r\nRCPT TO:<ops@shop.example>\r\nDATA\r\n", "250", "250", "354"); err != nil {
		return 0, err
	}
	c.out.Write(mail) // an error shows at the flush
	begin := time.Now()
	if err := c.ask(".\r\n", "250"); err != nil {
		return 0, err
	}
	return time.Since(begin), nil
}

func (c *client) ask(text string, replies ...string) error {
	io.WriteString(c.out, text)
	if err := c.out.Flush(); err != nil {
		return err
	}
	for _, reply := range replies {
		if err := c.expect(reply); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) expect(code string) error {
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return err
		}
		if !strings.HasPrefix(line, code) {
			return fmt.Errorf("got %q, want %s", line, code)
		}
		if line[3] == ' ' {
			return nil
		}
	}
}

func (c *client) quit() {
	c.ask("QUIT\r\n", "221") // the mails are acknowledged already
	c.conn.Close()
}
