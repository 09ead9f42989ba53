//go:build !unix

package testutil

import "time"

var started = time.Now()

// cpuTime returns the time that passed, the best there is here.
func cpuTime() time.Duration { return time.Since(started) }
