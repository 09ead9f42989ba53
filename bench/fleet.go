package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/postgres"
)

// A fleet is application servers in front of nodes that share a database.
type fleet struct {
	servers int
	cores   int           // of a node
	cpu     time.Duration // of a node, for a mail
}

// fleetLength is how long the simulated storm lasts.
const fleetLength = 20 * time.Second

// forecast measures what commits into the database take, and prints what storms of
// more and more mails would do to more and more nodes.
func (f fleet) forecast(ctx context.Context, url string) error {
	sizes := []int{1, 10, 50, 200, largestCommit}
	took, err := measureCommits(ctx, url, sizes)
	if err != nil {
		return err
	}
	commit := fit(sizes, took)
	fmt.Printf("measured: a commit of")
	for i, size := range sizes {
		fmt.Printf(" %d: %s", size, took[i].Round(10*time.Microsecond))
	}
	fmt.Printf("; so %s, and %s for each mail\n", commit.fixed.Round(10*time.Microsecond), commit.each.Round(time.Microsecond))
	fmt.Printf("given: %d servers; nodes of %d cores, %s of them for a mail\n\n", f.servers, f.cores, f.cpu)
	fmt.Printf("| mails/s | nodes | acknowledged/s | mails a commit | cores busy | reply p50 · p99 | waiting at most |\n|---|---|---|---|---|---|---|\n")
	for _, rate := range []float64{1, 5, 20, 50} {
		for _, nodes := range []int{1, 2, 4, 8} {
			m := model{nodes: nodes, cores: f.cores, cpu: f.cpu, commit: commit}
			got := m.simulate(f.rates(rate), fleetLength, 1)
			reply := fmt.Sprintf("%s · %s", got.p50.Round(time.Millisecond), got.p99.Round(time.Millisecond))
			if got.growing {
				reply = "grows: too much"
			}
			fmt.Printf("| %.0f | %d | %.0f | %.0f | %.0f %% | %s | %d |\n",
				rate*float64(f.servers), nodes, got.rate, got.perCommit, min(100*got.node, 100), reply, got.inFlight)
		}
	}
	return nil
}

// rates spreads a storm over the servers: some send ten times as much as others.
func (f fleet) rates(mean float64) []float64 {
	random := rand.New(rand.NewPCG(1, 2))
	rates, sum := make([]float64, f.servers), 0.0
	for i := range rates {
		rates[i] = 1 + 9*random.Float64()*random.Float64()
		sum += rates[i]
	}
	for i := range rates {
		rates[i] *= mean * float64(f.servers) / sum
	}
	return rates
}

// measureCommits returns the median time of a commit of equal mails, for each size.
func measureCommits(ctx context.Context, url string, sizes []int) ([]time.Duration, error) {
	s, err := postgres.Open(ctx, url, store.Limits{})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var took []time.Duration
	for _, size := range sizes {
		entries := make([]store.Entry, size)
		var times []time.Duration
		for range 40 {
			now := time.Now()
			for i := range entries {
				entries[i] = store.Entry{Batch: "fleet", Group: "error", Title: "error", Fingerprint: "v1:1", Host: fmt.Sprint("web", i%20),
					Recipients: []string{"ops@shop.example"}, Received: now, Window: store.Window{Wait: time.Hour, MaxWait: time.Hour}, Sample: equalMail}
			}
			if err := s.Record(ctx, entries); err != nil {
				return nil, err
			}
			times = append(times, time.Since(now))
		}
		slices.Sort(times)
		took = append(took, times[len(times)/2])
	}
	return took, nil
}
