package main

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestTheRuntimeIsToldWhatMaxInFlightLeaves(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	const theirs = 12345 << 10
	for name, test := range map[string]struct {
		environment string
		maxInFlight int64
		want        int64
	}{
		"three eighths more":                     {"", 256 << 20, 360 << 20},
		"what batches need in any case":          {"", 1000, leastMemoryLimit},
		"nothing, if the environment says so":    {"12641280", 256 << 20, theirs},
		"nothing, if the environment has no end": {"off", 256 << 20, theirs},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOMEMLIMIT", test.environment)
			if test.environment == "" {
				os.Unsetenv("GOMEMLIMIT") // t.Setenv puts it back
			}
			debug.SetMemoryLimit(theirs)
			limitMemory(test.maxInFlight)
			if got := debug.SetMemoryLimit(-1); got != test.want {
				t.Errorf("the limit is %d, want %d", got, test.want)
			}
		})
	}
}
