package postgres

import (
	"sync/atomic"
	"time"
)

// A serverClock shows what the clock of the server shows, whatever becomes of this
// machine's.
type serverClock struct {
	start time.Time    // of this machine's monotonic clock
	then  atomic.Int64 // what the server's clock showed at start
}

// learn takes note that the clock shows now. It is behind by the time that the
// answer took, which makes deadlines earlier.
func (c *serverClock) learn(now time.Time) { c.then.Store(micros(now.Add(-time.Since(c.start)))) }

func (c *serverClock) now() time.Time { return time.UnixMicro(c.then.Load()).Add(time.Since(c.start)) }
