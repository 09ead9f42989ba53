package store_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func additions(entries int) []*store.Addition {
	all := make([]store.Entry, entries)
	for i := range all {
		all[i] = store.Entry{
			Batch: fmt.Sprint("batch ", i%2), Group: fmt.Sprint("group ", i%3), Fingerprint: fmt.Sprint("v1:", i%5),
			Title: "Disk full", Reason: "same subject", Host: fmt.Sprint("web-", 9-i%4), Recipients: []string{"ops@example.com", "j\xf6rg@example.com"},
			Received: at(time.Duration(i) * time.Minute), Window: store.Window{Wait: time.Minute, MaxWait: time.Hour},
			Values: []store.Value{{Label: "order <num>", Text: fmt.Sprint("order ", i)}}, Sample: []byte("a\xff\x00"),
		}
		if i%4 == 3 {
			all[i].MutedUntil = at(24 * time.Hour)
		}
	}
	return store.Additions(all, map[int]bool{1: true}, store.Limits{}.WithDefaults().Unbounded())
}

func TestAdditionsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	for _, entries := range []int{0, 1, 2, 30} {
		encoded, err := store.EncodeAdditions(additions(entries))
		if err != nil {
			t.Fatal(err)
		}
		got, err := store.DecodeAdditions(encoded)
		if err != nil {
			t.Fatal(err)
		}
		want := additions(entries)
		if len(got) != len(want) {
			t.Fatalf("%d entries: got %d additions, want %d", entries, len(got), len(want))
		}
		for i := range want {
			for range 2 { // the second time after a merge
				wantEqual(t, got[i], want[i])
				more := additions(40)[0]
				got[i].Merge(more, store.Limits{}.WithDefaults())
				want[i].Merge(more, store.Limits{}.WithDefaults())
			}
		}
	}
}

func wantEqual(t *testing.T, got, want *store.Addition) {
	t.Helper()
	if got.Window != want.Window || got.Loud() != want.Loud() || !got.DueBy().Equal(want.DueBy()) {
		t.Fatalf("got %v, %v, %v; want %v, %v, %v", got.Window, got.Loud(), got.DueBy(), want.Window, want.Loud(), want.DueBy())
	}
	for i, g := range want.Groups {
		if by := got.Groups[i].HostsByArrival(); !reflect.DeepEqual(by, g.HostsByArrival()) {
			t.Errorf("got hosts %v, want %v", by, g.HostsByArrival())
		}
	}
	if got, want := fmt.Sprintf("%+v", dump(got)), fmt.Sprintf("%+v", dump(want)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// dump is a without pointers.
func dump(a *store.Addition) (all []any) {
	all = append(all, a.Key, a.Early, a.Count, a.First, a.Last, a.Due, a.HeldSince, a.Recipients)
	for _, g := range a.Groups {
		all = append(all, g.Key, g.Title, g.Reason, g.Muted, g.Count, g.First, g.Last, g.Hosts, g.Minutes)
		for _, v := range g.Variants {
			all = append(all, v.Fingerprint, v.Reason, v.Count, v.First, v.Last, v.Sample, v.SampleSize, v.Seen, v.Varying.Encode())
		}
	}
	return all
}

func TestAdditionsWithATimeThatJSONLacksAreNotWritten(t *testing.T) {
	t.Parallel()
	late := store.Additions([]store.Entry{{Received: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}}, nil, store.Limits{}.Unbounded())
	if encoded, err := store.EncodeAdditions(late); err == nil {
		t.Fatalf("got %s", encoded)
	}
}

func FuzzDecodeAdditions(f *testing.F) {
	for _, entries := range []int{0, 1, 9} {
		seed, err := store.EncodeAdditions(additions(entries))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	for _, seed := range []string{`[{}]`, `[{"Batch":{"Groups":[null]},"Hosts":[[]]}]`, `[{"Batch":{"Groups":[{}]}}]`,
		`[{"Batch":{"Groups":[{"Variants":[null]}]},"Hosts":[["a"]]}]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		read, err := store.DecodeAdditions(encoded)
		if err != nil {
			return
		}
		for _, a := range read {
			additions(9)[0].Merge(a, store.Limits{}.WithDefaults())
			a.Merge(additions(9)[0], store.Limits{}.WithDefaults())
		}
		if _, err := store.EncodeAdditions(read); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
