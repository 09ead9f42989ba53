package receive

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

// Stats counts what a Server has done since it was made.
type Stats struct {
	Connections     uint64           // admitted, those turned away are among Refusals
	OpenConnections int              // now
	Mails           uint64           // acknowledged with 250
	Bytes           uint64           // of the mails acknowledged
	InFlight        int64            // bytes of mails being received now
	Refusals        map[Reply]uint64 // replies of 4xx and 5xx sent
}

// A Reply is how a refusal is known to clients: the code of RFC 5321 and the
// enhanced status code of RFC 3463, such as "552" and "5.3.4". Status is empty
// where the reply had none.
type Reply struct {
	Code, Status string
}

// Stats returns the counts as they are now. It is safe for concurrent use.
func (s *Server) Stats() Stats {
	return Stats{
		Connections:     s.counts.connections.Load(),
		OpenConnections: s.conns.count(),
		Mails:           s.counts.mails.Load(),
		Bytes:           s.counts.bytes.Load(),
		InFlight:        s.inFlight.Load(),
		Refusals:        s.counts.refusals(),
	}
}

type counts struct {
	connections, mails, bytes atomic.Uint64

	mu      sync.Mutex
	refused map[Reply]uint64
}

// refusal counts line, one line of a reply, if it is the last one of a refusal.
// Counting what is sent misses none, whoever decided it: this package, the
// engine or the Handler.
func (c *counts) refusal(line []byte) {
	if len(line) < 4 || line[0] != '4' && line[0] != '5' || line[3] != ' ' {
		return
	}
	reply := Reply{Code: string(line[:3])}
	if status, _, _ := strings.Cut(string(line[4:min(len(line), 20)]), " "); isStatus(status, line[0]) {
		reply.Status = status
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused == nil {
		c.refused = make(map[Reply]uint64)
	}
	c.refused[reply]++
}

func (c *counts) refusals() map[Reply]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.refused)
}

// isStatus reports whether text has the form class.subject.detail.
func isStatus(text string, class byte) bool {
	if text == "" || text[0] != class {
		return false
	}
	dots := 0
	for i := range len(text) {
		switch {
		case text[i] == '.':
			dots++
		case !isDigit(text[i]):
			return false
		}
	}
	return dots == 2
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
