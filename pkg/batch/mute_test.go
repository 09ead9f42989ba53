package batch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// A failure of one server does not hide behind a mute that was made for another one.
func TestAMuteIsAboutTheThingsThatWereSeen(t *testing.T) {
	c := recognising(t)
	mail := func(server string) store.Entry {
		m := message.New("app@x", []string{"ops@x"}, []byte("Subject: disk full on "+server+"\n\nerror: no space on /var\n"))
		m.Received = noon
		return only(t, c.Classify(m))
	}
	srv8, srv10 := mail("srv8"), mail("srv10")
	if srv8.Fingerprint != srv10.Fingerprint || srv8.Meaning.Object == srv10.Meaning.Object {
		t.Fatalf("%+v\n%+v", srv8, srv10)
	}
	seen := []meaning.Thing{srv8.Meaning.Thing()}
	for name, tt := range map[string]struct {
		mute        store.Mute
		srv8, srv10 bool
	}{
		"of a problem":                        {store.Mute{Problem: srv8.Occurrence.ID(srv8.Meaning), Things: seen}, true, false},
		"of a fingerprint":                    {store.Mute{Fingerprint: srv8.Fingerprint, Things: seen}, true, false},
		"of a problem, about all things":      {store.Mute{Problem: srv8.Occurrence.ID(srv8.Meaning)}, true, true},
		"of a pattern, which says what it is": {store.Mute{Pattern: "disk full"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			tt.mute.ID, tt.mute.Until = 1, noon.Add(time.Hour)
			c.Mutes = &batch.Mutes{}
			c.Mutes.Set([]store.Mute{tt.mute})
			for server, want := range map[string]bool{"srv8": tt.srv8, "srv10": tt.srv10} {
				if e := mail(server); e.MutedUntil.IsZero() == want {
					t.Errorf("%s is muted until %s", server, e.MutedUntil)
				}
			}
		})
	}
}

func TestAMuteOfTooManyThingsIsAboutAll(t *testing.T) {
	about := func(n int) *store.Problem {
		p := &store.Problem{}
		for i := range n {
			p.Things = append(p.Things, store.ProblemThing{Thing: meaning.Thing{Source: "app@x", Object: fmt.Sprint("order ", i)}})
		}
		return p
	}
	exception := func(p *store.Problem) *store.Problem {
		p.Varying.Add([]store.Value{{Label: batch.MessageLabel, Text: "KeyError: 'total'"}})
		return p
	}
	for _, tt := range []struct {
		name     string
		problems []*store.Problem
		want     int
	}{
		{"as many as are told apart", []*store.Problem{about(24)}, 24},
		{"one more", []*store.Problem{about(25)}, 0},
		{"those of several problems count once", []*store.Problem{about(3), about(24)}, 24},
		{"an exception", []*store.Problem{exception(about(3))}, 0},
		{"none is named", []*store.Problem{{Things: []store.ProblemThing{{}}}}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := batch.MutedThings(tt.problems...); len(got) != tt.want {
				t.Errorf("%d things, want %d", len(got), tt.want)
			}
		})
	}
}
