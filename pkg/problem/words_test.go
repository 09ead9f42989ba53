package problem_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/store"
)

func TestATitleSaysWhatItIsAboutOnce(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]problem.Problem{
		"full":           {Headline: "full"},
		"db1/Disk: full": {Headline: "full", Object: "db1/Disk", Sender: "mon1"},
		"DB1/disk full":  {Headline: "DB1/disk full", Object: "db1/Disk", Sender: "mon1"},
		"KeyError":       {Headline: "KeyError", Object: "[shop] in checkout", Source: "app@web1"},
	} {
		if got := p.Title(); got != want {
			t.Errorf("%+v has the title %q, want %q", p, got, want)
		}
	}
}

func TestFactsAreWhatIsKnown(t *testing.T) {
	t.Parallel()
	when := func(t time.Time) string { return t.Format("15:04") }
	for want, p := range map[string]problem.Problem{
		"nagios": {Source: "nagios", Sender: "mon1", Subject: "PROBLEM"},
		"a@x":    {Source: "a@x", Headline: "error: disk full", Subject: "disk full"},
		"[shop] ERROR, a@x, on web1, since 15:30":                {Source: "a@x", Headline: "KeyError", Subject: "[shop] ERROR", Hosts: []string{"web1"}, Since: &now},
		strings.Repeat("a", 69) + "…, a@x":                       {Source: "a@x", Headline: "x", Subject: strings.Repeat("a", 100)},
		"a@x, on web1 and 1,999 more, over since 15:30":          {Source: "a@x", Hosts: append([]string{"web1"}, make([]string, 1999)...), Over: &now},
		"a@x, acknowledged by ann, owner bob, muted until 15:30": {Source: "a@x", AckedBy: "ann", Owner: "bob", MutedUntil: &now},
	} {
		if got := strings.Join(p.Facts(when), ", "); got != want {
			t.Errorf("facts %q, want %q", got, want)
		}
	}
}

func TestEachEventHasItsWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		event problem.Event
		want  string
	}{
		{problem.Event{Kind: store.Began}, "began|"},
		{problem.Event{Kind: store.Back}, "is back|"},
		{problem.Event{Kind: store.Over}, "is over, according to a mail|"},
		{problem.Event{Kind: store.Acked, By: "ann", Text: "looks"}, "ann acknowledged it|looks"},
		{problem.Event{Kind: store.Acked}, "somebody acknowledged it|"},
		{problem.Event{Kind: store.Unacked, By: "ann"}, "ann undid the acknowledgement|"},
		{problem.Event{Kind: store.Noted, By: "ann", Text: "a\nb"}, "ann noted|a\nb"},
		{problem.Event{Kind: store.Owned, By: "ann", Text: "bob"}, "ann made bob its owner|"},
		{problem.Event{Kind: store.Owned, By: "ann"}, "ann removed its owner|"},
		{problem.Event{Kind: store.Resolved, By: "ann", Text: "gone"}, "ann resolved it|gone"},
		{problem.Event{Kind: store.Muted, By: "ann", Text: "known"}, "ann muted it|known"},
		{problem.Event{Kind: store.Unmuted, By: "ann"}, "ann unmuted it|"},
		{problem.Event{Kind: store.Merged, Text: "0123456789abcdef"}, "the problem 0123456789abcdef was merged into it|"},
	} {
		if what, text := test.event.InWords(); what+"|"+text != test.want {
			t.Errorf("%+v: %s|%s, want %s", test.event, what, text, test.want)
		}
	}
}
