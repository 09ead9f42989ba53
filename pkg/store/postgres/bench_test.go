package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/postgres"
)

// BenchmarkRecord measures commits of as many mails as a Committer gathers under
// more and more load. The figures of docs/scaling.md are from here.
func BenchmarkRecord(b *testing.B) {
	for _, c := range []struct {
		name   string
		groups int // over which the mails are spread
		keys   int // batches over which they are spread
	}{
		{"equal mails", 1, 1},
		{"500 known groups", 500, 1},
		{"500 known groups in 10 batches", 50, 10},
		{"new groups", 0, 1},
	} {
		for _, nodes := range []int{1, 3} {
			for _, mails := range []int{1, 10, 500} {
				b.Run(fmt.Sprintf("%s/%d nodes/%d mails a commit", c.name, nodes, mails), func(b *testing.B) {
					benchmark(b, nodes, mails, c.groups, c.keys)
				})
			}
		}
	}
}

func benchmark(b *testing.B, nodes, mails, groups, keys int) {
	url := testutil.StartPostgres(b)
	var stores []*postgres.Store
	for range nodes {
		s, err := postgres.Open(context.Background(), url, store.Limits{GroupsPerBatch: 1 << 30})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		stores = append(stores, s)
	}
	var number atomic.Int64
	commit := func(s *postgres.Store) error {
		entries := make([]store.Entry, mails)
		for i := range entries {
			n := int(number.Add(1))
			e := entry(string(make([]byte, 4096)))
			e.Received = noon.Add(time.Duration(n) * time.Millisecond)
			e.Host = fmt.Sprint("web-", n%20)
			e.Batch = fmt.Sprint("batch ", n%keys)
			if groups > 0 {
				n /= keys
				n %= groups
			}
			e.Group, e.Fingerprint = fmt.Sprint("group ", n), fmt.Sprint("v1:", n)
			entries[i] = e
		}
		return s.Record(context.Background(), entries)
	}
	if groups > 0 { // so that all of them are known
		for range 500/mails + 1 {
			if err := commit(stores[0]); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	errs := make([]error, nodes)
	for i, s := range stores {
		wg.Go(func() {
			for errs[i] == nil && left.Add(-1) >= 0 {
				errs[i] = commit(s)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
	perSecond := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "commits/s")
	b.ReportMetric(perSecond*float64(mails), "mails/s")
}
