//go:build linux

package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"time"
)

// patience is how long a client waits for a reply.
const patience = time.Minute

// A client sends mails over one connection, with as little work as it can, so that
// the machine is the server's.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
}

// A refused error is a reply that is not the one hoped for. The mail is the
// client's to send again.
type refused struct{ reply string }

func (e *refused) Error() string { return fmt.Sprintf("refused: %q", e.reply) }

func dial(addr string) (*client, error) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	c := &client{conn, bufio.NewReader(conn), bufio.NewWriterSize(conn, 16<<10)}
	conn.SetDeadline(time.Now().Add(patience))
	err = c.expect("220")
	if err == nil {
		err = c.ask("EHLO app.example.com\r\n", "250")
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// begin sends the envelope, its commands at once, as clients with PIPELINING do.
func (c *client) begin() error {
	c.conn.SetDeadline(time.Now().Add(patience))
	return c.ask("MAIL FROM:<app@example.com>\r\nRCPT TO:<ops@example.com>\r\nDATA\r\n", "250", "250", "354")
}

// finish sends the mail. After an error other than a refusal nobody knows whether
// it was taken.
func (c *client) finish(mail []byte) error {
	c.out.Write(mail) // an error shows at the flush
	return c.ask(".\r\n", "250")
}

// ask writes text and waits for a reply to each of its commands.
func (c *client) ask(text string, replies ...string) error {
	c.out.WriteString(text)
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
		if len(line) < 4 || !strings.HasPrefix(line, code) {
			return &refused{strings.TrimSpace(line)}
		}
		if line[3] == ' ' {
			return nil
		}
	}
}

func (c *client) close() { c.conn.Close() }
