package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/store"
)

func at(d time.Duration) time.Time {
	return time.Date(2026, time.March, 1, 10, 0, 0, 0, time.UTC).Add(d)
}

func TestWindowDue(t *testing.T) {
	for _, c := range []struct {
		name             string
		wait, maxWait    time.Duration
		first, last, due time.Duration
	}{
		{"one mail waits for quiet", 30 * time.Second, 5 * time.Minute, 0, 0, 30 * time.Second},
		{"each mail extends the quiet", 30 * time.Second, 5 * time.Minute, 0, time.Minute, 90 * time.Second},
		{"quiet ends with MaxWait", 30 * time.Second, 5 * time.Minute, 0, 270 * time.Second, 5 * time.Minute},
		{"MaxWait wins over quiet", 30 * time.Second, 5 * time.Minute, 0, 299 * time.Second, 5 * time.Minute},
		{"MaxWait is over before the last mail", 30 * time.Second, 5 * time.Minute, 0, time.Hour, 5 * time.Minute},
		{"MaxWait shorter than Wait", 5 * time.Minute, 30 * time.Second, 0, 0, 30 * time.Second},
		{"no Wait", 0, 5 * time.Minute, 0, time.Minute, time.Minute},
		{"no window at all", 0, 0, 0, time.Minute, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := store.Window{Wait: c.wait, MaxWait: c.maxWait}
			if got := w.Due(at(c.first), at(c.last)); !got.Equal(at(c.due)) {
				t.Errorf("got %s, want %s", got, at(c.due))
			}
		})
	}
}

func TestLimitsWithDefaults(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"zeros", fmt.Sprint(store.Limits{}.WithDefaults()), "{1000 20 100 262144 16777216 1073741824 100000 24h0m0s}"},
		{"some set", fmt.Sprint(store.Limits{GroupsPerBatch: 3, SampleBytes: 1}.WithDefaults()), "{3 20 100 1 16777216 1073741824 100000 24h0m0s}"},
		{"all set", fmt.Sprint(store.Limits{GroupsPerBatch: 1, VariantsPerGroup: 2, HostsPerGroup: 3, SampleBytes: 4, BatchBytes: 5, StoreBytes: 6}.WithDefaults()), "{1 2 3 4 5 6 100000 24h0m0s}"},
		{"twice", fmt.Sprint(store.Limits{HostsPerGroup: 7}.WithDefaults().WithDefaults()), "{1000 20 7 262144 16777216 1073741824 100000 24h0m0s}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.got != c.want {
				t.Errorf("got %s, want %s", c.got, c.want)
			}
		})
	}
	limits := store.Limits{}
	limits.WithDefaults()
	if limits != (store.Limits{}) {
		t.Errorf("WithDefaults changed its receiver to %v", limits)
	}
}

// received is what of a mail decides where it is counted; at is in seconds.
type received struct {
	at                       time.Duration
	group, fingerprint, host string
}

func TestBatchAdd(t *testing.T) {
	for _, c := range []struct {
		name  string
		mails []received
		// Groups as "key count+omitted [variants] hosts", in their order.
		groups      []string
		omitted     int
		first, last time.Duration
		due         time.Duration
	}{
		{"one mail", []received{{5, "a", "x", "h"}},
			[]string{"a 1+0 [x1] map[h:1]"}, 0, 5, 5, 35},
		{"equal mails", []received{{0, "a", "x", "h"}, {1, "a", "x", "h"}, {2, "a", "x", "i"}},
			[]string{"a 3+0 [x3] map[h:2 i:1]"}, 0, 0, 2, 32},
		{"an earlier time after a later one", []received{{200, "a", "x", "h"}, {-100, "a", "x", "h"}},
			[]string{"a 2+0 [x2] map[h:2]"}, 0, -100, 200, 200},
		{"groups by count", []received{{0, "a", "x", "h"}, {1, "b", "x", "h"}, {2, "b", "x", "h"}},
			[]string{"b 2+0 [x2] map[h:2]", "a 1+0 [x1] map[h:1]"}, 0, 0, 2, 32},
		{"groups of one count by first", []received{{1, "a", "x", "h"}, {0, "b", "x", "h"}},
			[]string{"b 1+0 [x1] map[h:1]", "a 1+0 [x1] map[h:1]"}, 0, 0, 1, 31},
		{"groups of one count and first as they came", []received{{0, "b", "x", "h"}, {0, "a", "x", "h"}},
			[]string{"b 1+0 [x1] map[h:1]", "a 1+0 [x1] map[h:1]"}, 0, 0, 0, 30},
		{"variants by count and first", []received{{3, "a", "x", "h"}, {2, "a", "y", "h"}, {4, "a", "x", "h"}},
			[]string{"a 3+0 [x2 y1] map[h:3]"}, 0, 2, 4, 34},
		{"a group beyond the limit", []received{{0, "a", "x", "h"}, {1, "b", "x", "h"}, {2, "c", "x", "h"}, {3, "a", "x", "h"}, {9, "c", "x", "h"}},
			[]string{"a 2+0 [x2] map[h:2]", "b 1+0 [x1] map[h:1]"}, 2, 0, 9, 39},
		{"a variant beyond the limit", []received{{0, "a", "x", "h"}, {1, "a", "y", "h"}, {2, "a", "z", "h"}, {3, "a", "y", "h"}},
			[]string{"a 4+1 [y2 x1] map[h:4]"}, 0, 0, 3, 33},
		{"a host beyond the limit", []received{{0, "a", "x", "h"}, {1, "a", "x", "i"}, {2, "a", "x", "j"}, {3, "a", "x", "h"}},
			[]string{"a 4+0 [x4] map[h:2 i:1]"}, 0, 0, 3, 33},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &store.Batch{}
			for _, m := range c.mails {
				b.Add(&store.Entry{
					Batch: "key", Group: m.group, Fingerprint: m.fingerprint, Host: m.host,
					Recipients: []string{"ops@example.com"}, Received: at(m.at * time.Second),
					Window: store.Window{Wait: 30 * time.Second, MaxWait: 5 * time.Minute},
				}, store.Limits{GroupsPerBatch: 2, VariantsPerGroup: 2, HostsPerGroup: 2, SampleBytes: 100})
			}
			b.Sort()
			if got := groups(b); !slices.Equal(got, c.groups) {
				t.Errorf("groups: got %q, want %q", got, c.groups)
			}
			if b.Key != "key" || b.Count != len(c.mails) || b.Recipients["ops@example.com"] != len(c.mails) || b.Omitted() != c.omitted {
				t.Errorf("got batch %q with %d mails to %v, %d omitted", b.Key, b.Count, b.Recipients, b.Omitted())
			}
			for name, pair := range map[string][2]time.Time{
				"First": {b.First, at(c.first * time.Second)}, "Last": {b.Last, at(c.last * time.Second)}, "Due": {b.Due, at(c.due * time.Second)},
			} {
				if !pair[0].Equal(pair[1]) {
					t.Errorf("%s: got %s, want %s", name, pair[0], pair[1])
				}
			}
		})
	}
}

func groups(b *store.Batch) []string {
	var out []string
	for _, g := range b.Groups {
		var variants []string
		for _, v := range g.Variants {
			variants = append(variants, fmt.Sprint(v.Fingerprint, v.Count))
		}
		out = append(out, fmt.Sprintf("%s %d+%d %v %v", g.Key, g.Count, g.Omitted(), variants, g.Hosts))
	}
	return out
}

func TestBatchAddKeepsTheFirstSampleCut(t *testing.T) {
	limits := store.Limits{GroupsPerBatch: 1, VariantsPerGroup: 1, HostsPerGroup: 1, SampleBytes: 4, BatchBytes: 100}
	b := &store.Batch{}
	sample := []byte("first sample")
	b.Add(&store.Entry{Title: "first", Reason: "one", Sample: sample}, limits)
	b.Add(&store.Entry{Title: "second", Reason: "two", Sample: []byte("2nd")}, limits)
	clear(sample)
	g := b.Groups[0]
	if v := g.Variants[0]; string(v.Sample) != "firs" || v.SampleSize != 12 || v.Reason != "one" || v.Count != 2 {
		t.Errorf("variant: got %q of %d, reason %q, count %d", v.Sample, v.SampleSize, v.Reason, v.Count)
	}
	if g.Title != "first" || g.Reason != "one" {
		t.Errorf("group: got %q (%q)", g.Title, g.Reason)
	}
}

func TestManyDistinctErrorsCostInProportionToTheirNumber(t *testing.T) {
	unbounded := store.Limits{}.WithDefaults().Unbounded()
	lines := func(size int) string {
		var text strings.Builder
		for text.Len() < size {
			fmt.Fprintf(&text, "kiln %08d\n", text.Len())
		}
		return text.String()
	}
	testutil.CheckLinear(t, 128<<10, lines, func(text string) {
		var b store.Batch
		for line := range strings.Lines(text) {
			b.Add(&store.Entry{Group: "subject", Fingerprint: line, Received: time.Unix(0, 0)}, unbounded)
		}
		b.Regroup(func(*store.Group) string { return "all" }, func(_ *store.Group, v *store.Variant) string { return v.Fingerprint })
	})
}
