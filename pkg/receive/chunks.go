package receive

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// chunks collects a mail that comes in with BDAT (RFC 3030). The library hands
// chunks to a goroutine, which after RSET answers for the mail that follows;
// therefore they are kept here, and handed on as one mail by DATA.
type chunks struct {
	server  *Server
	content bytes.Buffer
	held    int64    // counted as mail in transfer
	refusal *Refusal // why the rest is not wanted
	last    bool     // content is whole
}

// bdat carries out a BDAT command. Its chunk is read in any case, because it
// follows the command whatever the reply is; a chunk that does not come whole
// is an error of the connection.
func (c *connection) bdat(command chunkCommand) error {
	if c.chunks == nil {
		c.chunks = &chunks{server: c.server}
	}
	k := c.chunks
	switch limit := c.server.options.MaxMessageSize; {
	case k.refusal != nil:
	case c.recipients == 0:
		k.refusal = &Refusal{503, [3]int{5, 5, 1}, "BDAT needs MAIL and RCPT first"}
	case int64(k.content.Len())+command.size > limit:
		k.refusal = tooLarge(limit)
	}
	if k.refusal != nil {
		k.drop()
	}
	if _, err := io.CopyN(k, contentReader{c}, command.size); err != nil {
		c.wire.broken = true
		return io.ErrUnexpectedEOF
	}
	if k.refusal == nil && command.size > 0 {
		c.wire.idleCommands = 0
	}
	switch {
	case k.refusal != nil:
		reply := *k.refusal
		c.server.log.Warn("refused a chunk of a mail", "client", c.String(), "code", reply.Code, "reason", reply.Text)
		if c.recipients == 0 {
			c.dropChunks() // there is no transaction that RSET would end
		}
		return c.reply(&reply)
	case !command.last:
		_, err := fmt.Fprintf(c.Conn, "250 2.0.0 %d bytes received\r\n", command.size)
		return err
	}
	k.last = true
	c.wire.sawDATA = true
	c.wire.inject("DATA\r\n")
	return nil
}

// Write keeps what comes of a chunk, as long as it is wanted. What is counted as
// in transfer is what has come, not what was announced.
func (k *chunks) Write(b []byte) (int, error) {
	if k.refusal != nil {
		return len(b), nil
	}
	k.held += int64(len(b))
	if k.server.inFlight.Add(int64(len(b))) > k.server.options.MaxInFlight {
		k.refusal = tooMuchInFlight()
		k.drop()
		return len(b), nil
	}
	return k.content.Write(b)
}

// drop forgets the content.
func (k *chunks) drop() {
	k.content = bytes.Buffer{}
	k.server.inFlight.Add(-k.held)
	k.held = 0
}

// takeChunks returns the mail that came in chunks, if this one did, and ends the
// data that the engine waits for.
func (c *connection) takeChunks() (raw []byte, ok bool) {
	if c.chunks == nil || !c.chunks.last {
		return nil, false
	}
	c.wire.inject(".\r\n")
	return c.chunks.content.Bytes(), true
}

func (c *connection) dropChunks() {
	if c.chunks != nil {
		c.chunks.drop()
		c.chunks = nil
	}
}

// A contentReader reads what follows a command; it may take as long as it makes
// progress.
type contentReader struct{ c *connection }

func (r contentReader) Read(b []byte) (int, error) {
	if err := r.c.SetReadDeadline(time.Now().Add(r.c.server.options.IdleTimeout)); err != nil {
		return 0, err
	}
	return r.c.wire.in.Read(b)
}

func (c *connection) reply(r *Refusal) error {
	line := r.line()
	c.server.counts.refusal(line)
	_, err := c.Conn.Write(line)
	return err
}
