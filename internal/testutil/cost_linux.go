package testutil

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns the CPU time of this thread. That of getrusage(2) counts ticks
// of 4 ms.
func cpuTime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		panic(err)
	}
	return time.Duration(now.Nano())
}
