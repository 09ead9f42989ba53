package receive

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A chunkCommand is a well-formed BDAT command (RFC 3030).
type chunkCommand struct {
	size int64
	last bool
}

// parseChunk reads the arguments of BDAT; what it does not take the engine
// refuses as a syntax error.
func parseChunk(argument string) (chunkCommand, bool) {
	fields := strings.Fields(argument)
	if len(fields) == 0 || len(fields) > 2 || len(fields) == 2 && !strings.EqualFold(fields[1], "LAST") {
		return chunkCommand{}, false
	}
	size, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil {
		return chunkCommand{}, false
	}
	return chunkCommand{int64(size), len(fields) == 2}, true
}

// A chunkReader reads what follows BDAT; it may take as long as it makes progress.
type chunkReader struct{ c *connection }

func (r chunkReader) Read(b []byte) (int, error) {
	if err := r.c.awaitContent(); err != nil {
		return 0, err
	}
	return r.c.wire.in.Read(b)
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
	case k.size+command.size > limit:
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
