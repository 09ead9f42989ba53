//go:build linux

package main

import "time"

// A tempo is how fast things follow each other. In a short soak they must be quick
// to happen at all.
type tempo struct {
	storm, quiet   span
	work, trouble  span // of the relay, in turns
	reload         span
	sample, report time.Duration
	edge           time.Duration // load before SIGUSR1, and that after the second quiet end
	window         time.Duration // of a quiet end
}

func tempoOf(length time.Duration) tempo {
	if length < 20*time.Minute {
		return tempo{
			storm: span{2 * time.Second, 6 * time.Second}, quiet: span{2 * time.Second, 6 * time.Second},
			work: span{3 * time.Second, 8 * time.Second}, trouble: span{2 * time.Second, 5 * time.Second},
			reload: span{3 * time.Second, 8 * time.Second}, sample: time.Second, report: 10 * time.Second,
			edge: length / 16, window: length / 18,
		}
	}
	return tempo{
		storm: span{5 * time.Second, 15 * time.Second}, quiet: span{10 * time.Second, 40 * time.Second},
		work: span{15 * time.Second, 60 * time.Second}, trouble: span{5 * time.Second, 60 * time.Second},
		reload: span{20 * time.Second, 60 * time.Second}, sample: 5 * time.Second, report: time.Minute,
		edge: length / 16, window: 2 * time.Minute,
	}
}
