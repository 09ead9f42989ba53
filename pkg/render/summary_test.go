package render

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func TestNewSummaryCountsExactly(t *testing.T) {
	b := collect(t, store.Limits{GroupsPerBatch: 2, VariantsPerGroup: 2, HostsPerGroup: 2}, varied()...)
	s := NewSummary(b, origin1, night.UTC())
	if s.Count != 60 || s.Omitted != 30 || len(s.Groups) != 2 {
		t.Fatalf("%d mails, %d omitted, %d groups; want 60, 30 and 2", s.Count, s.Omitted, len(s.Groups))
	}
	if s.From != origin1.From || s.Hostname != origin1.Hostname || s.Batch != "" || !slices.Equal(s.To, []string{"ops@shop.example"}) {
		t.Errorf("from %q, host %q, batch %q, to %q", s.From, s.Hostname, s.Batch, s.To)
	}
	if !s.First.Equal(night) || !s.Last.Equal(night.Add(59*7*time.Second)) || s.First.Location() != time.UTC || !s.Created.Equal(night) {
		t.Errorf("first %v, last %v, created %v", s.First, s.Last, s.Created)
	}
	for i, g := range s.Groups {
		variants, perMinute := g.Omitted, 0
		for _, v := range g.Variants {
			variants += v.Count
			if v.Sample.Text == "" || v.Sample.From != "app@web1.shop.example" || v.First.Location() != time.UTC {
				t.Errorf("a sample of group %d is %+v from %v", g.Number, v.Sample, v.First)
			}
		}
		for _, count := range g.Minutes {
			perMinute += count
		}
		if g.Number != i+1 || g.Count != 15 || variants != 15 || perMinute != 15 || g.Omitted != 5 || len(g.Hosts) != 2 {
			t.Errorf("group %d has %d mails: %d by variants, %d by minutes, %d omitted, %d hosts",
				g.Number, g.Count, variants, perMinute, g.Omitted, len(g.Hosts))
		}
	}
}

func TestHostsAreOrderedByCountThenName(t *testing.T) {
	var letters []letter
	for i, name := range []string{"c", "a", "b", "b"} {
		l := plain("s", "x", i)
		l.helo = name
		letters = append(letters, l)
	}
	got := NewSummary(collect(t, store.Limits{}, letters...), origin1, night).Groups[0].Hosts
	if want := []Host{{"b", 2}, {"a", 1}, {"c", 1}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMinutesAreTheLastHour(t *testing.T) {
	tests := []struct {
		name  string
		at    map[int64]int
		count int
		first int
		last  int
	}{
		{"none", nil, 0, 0, 0},
		{"one minute", map[int64]int{100: 3}, 1, 3, 3},
		{"a gap is zeros", map[int64]int{100: 3, 104: 1}, 5, 3, 1},
		{"exactly an hour", map[int64]int{100: 3, 159: 1}, 60, 3, 1},
		{"more than an hour", map[int64]int{100: 3, 101: 2, 160: 1}, 60, 2, 1},
		{"a year", map[int64]int{100: 3, 525700: 1}, 60, 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := minutes(&store.Group{Minutes: tt.at})
			if len(got) != tt.count || tt.count > 0 && (got[0] != tt.first || got[len(got)-1] != tt.last) {
				t.Errorf("got %v, want %d from %d to %d", got, tt.count, tt.first, tt.last)
			}
		})
	}
}

// A renderer of one's own starts from the same Summary.
func ExampleNewSummary() {
	at := time.Date(2026, time.March, 9, 3, 17, 42, 0, time.UTC)
	b := &store.Batch{}
	for i := range 3 {
		b.Add(&store.Entry{
			Group: "disk full", Title: "disk full", Fingerprint: "v1:1", Host: "db1", Recipients: []string{"ops@shop.example"},
			Received: at.Add(time.Duration(i) * time.Second), Sample: []byte("Subject: disk full\r\n\r\nno space left on sda\r\n"),
		}, store.Limits{}.WithDefaults())
	}
	s := NewSummary(b, Origin{From: "failmail@mon1.example", Hostname: "mon1.example"}, at.Add(time.Minute))
	fmt.Println(s.Count, "mails to", s.To)
	for _, g := range s.Groups {
		fmt.Printf("%d. %s on %v: %s\n", g.Number, g.Title, g.Hosts, g.Variants[0].Sample.Text)
	}
	// Output:
	// 3 mails to [ops@shop.example]
	// 1. disk full on [{db1 3}]: no space left on sda
}

func BenchmarkRender(b *testing.B) {
	for _, groups := range []int{3, 1000} {
		b.Run(fmt.Sprintf("%d_groups", groups), func(b *testing.B) {
			var letters []letter
			for i := range groups {
				letters = append(letters, plain(fmt.Sprintf("shard %d", i), javaLike, i))
			}
			batch := collect(b, store.Limits{}, letters...)
			b.ReportAllocs()
			for b.Loop() {
				render(b, NewSummary(batch, origin1, night))
			}
		})
	}
}

const javaLike = `example.shop.ChargeFailedException: acquirer 203.0.113.17:8443 gave no answer
	at example.shop.payment.AcquirerClient.authorize(AcquirerClient.java:211)
	at example.shop.payment.ChargeService.charge(ChargeService.java:142)
	at java.base/java.lang.Thread.run(Thread.java:1583)`
