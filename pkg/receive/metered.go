package receive

import (
	"errors"
	"io"
	"sync/atomic"
)

var errTooMuchInFlight = errors.New("too much mail in transfer")

// A metered reader counts what it has read in a total shared by all sessions,
// and fails when the total is over the limit: a flood of large mails shall cost
// the clients time, not this process its memory.
type metered struct {
	r     io.Reader
	total *atomic.Int64
	limit int64
	mine  int64
}

func (m *metered) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	m.mine += int64(n)
	if m.total.Add(int64(n)) > m.limit {
		return n, errTooMuchInFlight
	}
	return n, err
}

// release gives back what was read.
func (m *metered) release() {
	m.total.Add(-m.mine)
	m.mine = 0
}
