package receive

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/hut8labs/failmail/internal/lineends"
)

// An intake takes in the content of one mail. All of them together hold no more
// than Options.MaxInFlight: a flood of large mails shall cost the clients time, not
// this process its memory. What counts is what is allocated, until the mail has
// been handled, not what of it is in use.
type intake struct {
	server  *Server
	full    [][]byte // the parts of a long mail that are full
	content []byte   // what follows them
	lines   lineends.Mender
	size    int64    // bytes received
	held    int64    // bytes counted as mail in transfer
	parsing int64    // weight in Server.parsing
	refusal *Refusal // why the rest is not wanted
	last    bool     // with BDAT: content is whole
}

const (
	minRead   = 512      // the least room for a read
	usualMail = 4 << 10  // what most have at most, with little above it
	partSize  = 64 << 10 // of a long mail; also what a client's claim alone may cost
	// shortShare is the part of MaxInFlight that long mails leave to short ones.
	shortShare = 16
)

// readFrom reads r to its end and keeps what it reads as long as it is wanted.
func (k *intake) readFrom(r io.Reader) error {
	for k.refusal == nil {
		if cap(k.content)-len(k.content) < minRead && !k.grow() {
			break
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
	_, err := io.Copy(io.Discard, r)
	return err
}

// grow makes room for more: twice as much in a short mail, and another part in a
// long one. Doubling that, too, would leave garbage as large as the mail.
func (k *intake) grow() bool {
	have := cap(k.content)
	if have == partSize {
		if !k.reserve(partSize, k.server.options.MaxInFlight/shortShare) {
			return false
		}
		k.full = append(k.full, k.content)
		k.content = k.server.parts.get()
		return true
	}
	want := min(max(2*have, usualMail+2*minRead), partSize)
	if !k.reserve(want-have, 0) {
		return false
	}
	k.content = append(make([]byte, 0, want), k.content...)
	return true
}

// keep takes the n bytes behind the content into it, with CRLF line ends.
func (k *intake) keep(n int) {
	piece := k.content[len(k.content) : len(k.content)+n]
	k.size += int64(n)
	switch limit := k.server.options.MaxMessageSize; {
	case k.size > limit:
		k.refuse(tooLarge(limit))
	case k.lines.InOrder(piece):
		k.content = k.content[:len(k.content)+n]
	default:
		k.write(k.lines.Mend(nil, piece))
	}
}

func (k *intake) write(text []byte) {
	for len(text) > 0 {
		if len(k.content) == cap(k.content) && !k.grow() {
			return
		}
		n := min(len(text), cap(k.content)-len(k.content))
		k.content = append(k.content, text[:n]...)
		text = text[n:]
	}
}

// reserve counts n more bytes as held. If that leaves less than spare, the mail is
// refused.
func (k *intake) reserve(n int, spare int64) bool {
	if k.server.inFlight.Add(int64(n)) > k.server.options.MaxInFlight-spare {
		k.server.inFlight.Add(-int64(n))
		k.refuse(tooMuchInFlight())
		return false
	}
	k.held += int64(n)
	return true
}

// refuse wants no more; what still comes is read and forgotten.
func (k *intake) refuse(reason *Refusal) {
	k.refusal = reason
	k.drop()
}

// drop forgets the content.
func (k *intake) drop() {
	if k.full != nil {
		k.server.parts.put(append(k.full, k.content)...)
	}
	k.server.inFlight.Add(-k.held)
	if k.parsing > 0 {
		k.server.parsing.Release(k.parsing)
	}
	k.full, k.content, k.held, k.parsing = nil, nil, 0, 0
}

// What parsing and storing a mail takes besides it.
const (
	// shortFactor is how often a short mail is in memory besides: as text, masked,
	// as a sample and in the row that is written.
	shortFactor = 3
	// longFactor is how often a long one is: in one piece and, with RelayAll,
	// once more.
	longFactor = 2
	// textFactor is what the tree of a page of HTML takes, or a header of very
	// short fields; neither is read beyond maxText.
	textFactor = 32
	maxText    = 1 << 20
)

// parsingShare is the part of MaxInFlight that parsing long mails may take besides
// what is in transfer.
const parsingShare = 4

// whole returns the content in one piece, to be handled until drop is called. Long
// mails wait here for each other: parsing all of them at once would take several
// times the memory that receiving them does, and refusing those that are here
// already would only bring them back. Short ones do not wait.
func (k *intake) whole(ctx context.Context) ([]byte, *Refusal) {
	k.write(k.lines.End())
	if k.refusal == nil && k.full == nil {
		k.reserve(shortFactor*len(k.content), 0)
	}
	if k.refusal != nil || k.full == nil {
		return k.content, k.refusal
	}
	size := len(k.content)
	for _, part := range k.full {
		size += len(part)
	}
	weight := min(longFactor*int64(size)+textFactor*int64(min(size, maxText)), k.server.parsingLimit())
	if k.server.parsing.Acquire(ctx, weight) != nil {
		return nil, &Refusal{421, [3]int{4, 3, 2}, "The server is shutting down, send the mail again"}
	}
	k.parsing = weight
	raw := make([]byte, 0, size)
	for i, part := range k.full {
		raw = append(raw, part...)
		k.server.parts.put(part)
		k.full[i] = nil
	}
	raw = append(raw, k.content...)
	k.server.parts.put(k.content)
	k.full, k.content = nil, nil
	return raw, nil
}

// parts are used again: clients that abandon large mails would otherwise leave
// garbage faster than a busy machine collects it.
type parts struct{ pool sync.Pool }

func (p *parts) get() []byte {
	if part, ok := p.pool.Get().(*[partSize]byte); ok {
		return part[:0]
	}
	return make([]byte, 0, partSize)
}

func (p *parts) put(parts ...[]byte) {
	for _, part := range parts {
		if cap(part) == partSize {
			p.pool.Put((*[partSize]byte)(part[:partSize]))
		}
	}
}

func (s *Server) parsingLimit() int64 { return max(s.options.MaxInFlight/parsingShare, 1) }

// A dataReader reads the content that follows DATA; it may take as long as it
// makes progress.
type dataReader struct{ c *connection }

func (r dataReader) Read(b []byte) (int, error) {
	if err := r.c.awaitContent(); err != nil {
		return 0, err
	}
	return r.c.wire.readContent(b)
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
	k := &intake{server: c.server}
	if first := int(min(max(declared, usualMail)+2*minRead, partSize)); k.reserve(first, 0) {
		k.content = make([]byte, 0, first)
	}
	if err := k.readFrom(dataReader{c}); err != nil {
		k.drop()
		return nil, err
	}
	c.server.conns.heard(c)
	c.wire.inject(".\r\n")
	return k, nil
}

func (c *connection) reply(r *Refusal) error {
	line := r.line()
	c.server.counts.refusal(line)
	return c.writeOut(line)
}
