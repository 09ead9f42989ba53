//go:build unix && !linux

package testutil

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time of this process, where that of a thread cannot be
// had.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
