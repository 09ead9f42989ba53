package journal

import (
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// row is what one mail adds.
func row(batch, group, fingerprint string) []*store.Addition {
	return store.Additions([]store.Entry{{
		Batch: batch, Group: group, Fingerprint: fingerprint, Received: noon, Sample: []byte("sample"),
	}}, nil, store.Limits{}.WithDefaults().Unbounded())
}

func TestRowsAddUpToOneAdditionForEachBatch(t *testing.T) {
	t.Parallel()
	var due Due
	for _, batch := range []string{"b", "a", "b", "b"} {
		due.Add(row(batch, "group", "v1:a"), store.Limits{}.WithDefaults())
	}
	if len(due.Additions) != 2 || due.Additions[0].Key != "b" || due.Additions[0].Count != 3 || due.Additions[1].Count != 1 {
		t.Errorf("got %+v", due.Additions)
	}
}

func TestARowLacksWhatWouldOnlyBeDropped(t *testing.T) {
	t.Parallel()
	group := func(full, inTables bool) *Group {
		return &Group{Variants: map[string]bool{"v1:counted": true, "v1:noted": false}, InTables: inTables, Full: full}
	}
	for _, test := range []struct {
		name               string
		known              Known
		group, fingerprint string
		groups, variants   int // that are left
		sample, news       bool
	}{
		{"all of a group that is new", Known{}, "new", "v1:a", 1, 1, true, true},
		{"nothing of one that there is no room for", Known{Full: true}, "new", "v1:a", 0, 0, false, false},
		{"nothing of one that was noted when there was no room", Known{Full: true, Groups: map[string]*Group{"group": group(false, false)}}, "group", "v1:noted", 0, 0, false, false},
		{"a variant that is new", Known{Groups: map[string]*Group{"group": group(false, true)}}, "group", "v1:new", 1, 1, true, true},
		{"no sample of one that is counted", Known{Groups: map[string]*Group{"group": group(false, true)}}, "group", "v1:counted", 1, 1, false, false},
		{"no sample of one that is noted", Known{Groups: map[string]*Group{"group": group(false, true)}}, "group", "v1:noted", 1, 1, false, false},
		{"no variant that there is no room for", Known{Groups: map[string]*Group{"group": group(true, true)}}, "group", "v1:new", 1, 0, false, false},
		{"one that is counted where there is no more room", Known{Groups: map[string]*Group{"group": group(true, true)}}, "group", "v1:counted", 1, 1, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := row("batch", test.group, test.fingerprint)[0]
			if known := test.known.Trim(a); known == test.news {
				t.Errorf("Trim knows all: %t", known)
			}
			if a.Count != 1 || len(a.Groups) != test.groups {
				t.Fatalf("got %d mails in %d groups, want 1 in %d", a.Count, len(a.Groups), test.groups)
			}
			if test.groups == 0 {
				return
			}
			if v := a.Groups[0].Variants; len(v) != test.variants || len(v) > 0 && (len(v[0].Sample) > 0) != test.sample {
				t.Errorf("got %d variants, want %d", len(v), test.variants)
			}
		})
	}
}
