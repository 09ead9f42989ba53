package receive

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// An intake takes in the content of one mail. It counts what has come in a total
// of all sessions: a flood of large mails shall cost the clients time, not this
// process its memory.
type intake struct {
	server  *Server
	content []byte
	held    int64    // counted as mail in transfer
	refusal *Refusal // why the rest is not wanted
	last    bool     // with BDAT: content is whole
}

// readFrom reads r to its end and keeps what it reads as long as it is wanted.
func (k *intake) readFrom(r io.Reader) error {
	for {
		if len(k.content)+minRead > cap(k.content) {
			k.content = slices.Grow(k.content, max(len(k.content), usualMail))
		}
		n, err := r.Read(k.content[len(k.content):cap(k.content)])
		k.keep(n)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

const (
	minRead   = 512     // the least room for a read
	usualMail = 4 << 10 // what most have at most, with little above it
	maxTrust  = 1 << 20 // a client's claim alone shall not cost more memory
)

// keep counts n bytes behind the content as part of it, if they are wanted.
func (k *intake) keep(n int) {
	if k.refusal != nil {
		return
	}
	k.content = k.content[:len(k.content)+n]
	k.held += int64(n)
	total := k.server.inFlight.Add(int64(n))
	switch limit := k.server.options.MaxMessageSize; {
	case int64(len(k.content)) > limit:
		k.refuse(tooLarge(limit))
	case total > k.server.options.MaxInFlight:
		k.refuse(tooMuchInFlight())
	}
}

// refuse wants no more; what still comes is read and forgotten.
func (k *intake) refuse(reason *Refusal) {
	k.refusal = reason
	k.drop()
}

// drop forgets the content.
func (k *intake) drop() {
	k.server.inFlight.Add(-k.held)
	k.content, k.held = nil, 0
}

// A dataReader reads the content that follows DATA; it may take as long as it
// makes progress.
type dataReader struct{ c *connection }

func (r dataReader) Read(b []byte) (int, error) {
	if err := r.c.awaitContent(); err != nil {
		return 0, err
	}
	return r.c.wire.readContent(b)
}

// A chunkReader reads what follows BDAT, likewise.
type chunkReader struct{ c *connection }

func (r chunkReader) Read(b []byte) (int, error) {
	if err := r.c.awaitContent(); err != nil {
		return 0, err
	}
	return r.c.wire.in.Read(b)
}

// awaitContent is called before more content is read.
func (c *connection) awaitContent() error {
	if c.wire.in.Buffered() > 0 {
		return nil
	}
	if err := c.writeOut(nil); err != nil {
		return err
	}
	return c.SetReadDeadline(time.Now().Add(c.server.options.IdleTimeout))
}

// readData takes in the mail that follows DATA, and ends the data that the engine
// waits for. The buffer starts at the size the client declared, so that the usual
// mail is copied once.
func (c *connection) readData(declared int64) (*intake, error) {
	c.wire.startData()
	k := &intake{server: c.server, content: make([]byte, 0, max(min(declared, maxTrust), usualMail)+2*minRead)}
	if err := k.readFrom(dataReader{c}); err != nil {
		k.drop()
		return nil, err
	}
	c.server.conns.heard(c)
	c.wire.inject(".\r\n")
	return k, nil
}

// bdat carries out a BDAT command (RFC 3030). Its chunk is read in any case,
// because it follows the command whatever the reply is; a chunk that does not
// come whole is an error of the connection. The library hands chunks to a
// goroutine, which after RSET answers for the mail that follows; therefore they
// are kept here, and handed on as one mail by DATA.
func (c *connection) bdat(command chunkCommand) error {
	if c.chunks == nil {
		c.chunks = &intake{server: c.server}
	}
	k := c.chunks
	switch limit := c.server.options.MaxMessageSize; {
	case k.refusal != nil:
	case c.recipients == 0:
		k.refuse(&Refusal{503, [3]int{5, 5, 1}, "BDAT needs MAIL and RCPT first"})
	case int64(len(k.content))+command.size > limit:
		k.refuse(tooLarge(limit))
	}
	chunk := &io.LimitedReader{R: chunkReader{c}, N: command.size}
	if err := k.readFrom(chunk); err != nil || chunk.N > 0 {
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
		if command.last && c.engine.LMTP {
			for range c.recipients - 1 { // RFC 2033 section 4.2: a reply for each
				if err := c.reply(&reply); err != nil {
					return err
				}
			}
		}
		return c.reply(&reply)
	case !command.last:
		return c.writeOut(fmt.Appendf(nil, "250 2.0.0 %d bytes received\r\n", command.size))
	}
	k.last = true
	c.wire.sawDATA = true
	c.wire.inject("DATA\r\n")
	return nil
}

// takeChunks returns the mail that came in chunks, if this one did, and ends the
// data that the engine waits for.
func (c *connection) takeChunks() (*intake, bool) {
	if c.chunks == nil || !c.chunks.last {
		return nil, false
	}
	c.wire.startData()
	c.wire.inject(".\r\n")
	k := c.chunks
	c.chunks = nil
	return k, true
}

func (c *connection) dropChunks() {
	if c.chunks != nil {
		c.chunks.drop()
		c.chunks = nil
	}
}

func (c *connection) reply(r *Refusal) error {
	line := r.line()
	c.server.counts.refusal(line)
	return c.writeOut(line)
}
