package main

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestTheModelAgreesWithWhatCanBeReckoned(t *testing.T) {
	const length = 20 * time.Second
	ms := time.Millisecond
	for _, test := range []struct {
		name                  string
		model                 model
		rate                  float64 // of 100 servers together
		wantRate, wantCommits float64
		wantP50               time.Duration
		growing               bool
	}{
		{"a lone mail takes its core and its commit", model{nodes: 1, cores: 4, cpu: ms, commit: line{fixed: 4 * ms}}, 20, 20, 19, 5 * ms, false},
		{"mails that come during a commit share the next", model{nodes: 1, cores: 4, commit: line{fixed: 10 * ms}}, 2000, 2000, 100, 15 * ms, false},
		{"a node with no core left gets no further", model{nodes: 1, cores: 1, cpu: 2 * ms, commit: line{fixed: ms}}, 1000, 500, 500, 7500 * ms, true},
		{"two nodes do not wait for each other", model{nodes: 2, cores: 4, commit: line{fixed: 10 * ms}}, 2000, 2000, 200, 15 * ms, false},
		{"a full commit is the limit of a node", model{nodes: 1, cores: 4, commit: line{fixed: 512 * ms}}, 2000, 1000, 2, 7500 * ms, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := test.model.simulate(slices.Repeat([]float64{test.rate / 100}, 100), length, 1)
			near := func(what string, got, want float64) {
				if math.Abs(got-want) > 0.2*want {
					t.Errorf("%s: %.1f, want %.1f", what, got, want)
				}
			}
			near("mails a second", f.rate, test.wantRate)
			near("commits a second", f.commits, test.wantCommits)
			near("p50 in ms", f.p50.Seconds()*1000, test.wantP50.Seconds()*1000)
			if f.growing != test.growing {
				t.Errorf("the queue grows: %v, want %v", f.growing, test.growing)
			}
		})
	}
}

func TestALineIsFittedToWhatCommitsTook(t *testing.T) {
	want := line{fixed: 3 * time.Millisecond, each: 20 * time.Microsecond}
	var mails []int
	var took []time.Duration
	for _, n := range []int{1, 10, 100, 500} {
		mails, took = append(mails, n), append(took, want.of(n))
	}
	got := fit(mails, took)
	if (got.fixed-want.fixed).Abs() > time.Microsecond || (got.each-want.each).Abs() > time.Microsecond {
		t.Errorf("got %v, want %v", got, want)
	}
}
