package family_test

import (
	"fmt"
	"testing"

	"github.com/hut8labs/failmail/pkg/family"
)

func TestAPersonOverrulesWhatWasLearned(t *testing.T) {
	f, all := learned("Job import_customers failed", "Job sync_invoices failed", "Job nightly_report failed", "disk is gone for good")
	f.Split(all[1].Fingerprint)
	if got := fmt.Sprint(parts(f, all)); got != "[[v2:0] [v2:1] [v2:2] [v2:3]]" { // two values are too few
		t.Errorf("after a split: %v", got)
	}
	f.Merge(all[3].Fingerprint, all[1].Fingerprint)
	if f.Find(all[3]).Fingerprint != f.Find(all[1]).Fingerprint {
		t.Errorf("after a merge: %+v and %+v", f.Find(all[3]), f.Find(all[1]))
	}
}

func TestASplitLeavesOtherMergesAlone(t *testing.T) {
	for name, test := range map[string]struct {
		merged [][2]string
		split  string
		want   string // fingerprints of the families of a, b, c and d
	}{
		"nothing split":                     {[][2]string{{"a", "b"}, {"b", "c"}}, "d", "aaad"},
		"the first of a chain":              {[][2]string{{"a", "b"}, {"b", "c"}}, "a", "abbd"},
		"the last of a chain":               {[][2]string{{"a", "b"}, {"b", "c"}}, "c", "aacd"},
		"the middle of a chain":             {[][2]string{{"a", "b"}, {"b", "c"}}, "b", "abcd"},
		"one of another family":             {[][2]string{{"a", "b"}, {"c", "d"}}, "d", "aacd"},
		"one that was merged the other way": {[][2]string{{"b", "a"}, {"c", "b"}}, "a", "abbd"},
	} {
		t.Run(name, func(t *testing.T) {
			var f family.Families
			for _, fingerprint := range []string{"a", "b", "c", "d"} {
				f.Learn(family.Text{Fingerprint: fingerprint, Lines: []string{"this is " + fingerprint + " and nothing else"}})
			}
			for _, pair := range test.merged {
				f.Merge(pair[0], pair[1])
			}
			f.Split(test.split)
			if got := f.Of("a") + f.Of("b") + f.Of("c") + f.Of("d"); got != test.want {
				t.Errorf("the families are %s, want %s", got, test.want)
			}
			f.Merge(test.split, "a")
			if test.split != "a" && f.Of(test.split) != f.Of("a") {
				t.Errorf("what was split off stays alone after another merge")
			}
		})
	}
}
