package routine

import (
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

func TestWhatWasDecidedAndCannotBeReadStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := memory.New(store.Limits{})
		const newer = `{"kind":"paused","name":"x","until":7}`
		do(t, engine.Note(t.Context(), rulesNote, `{"entries":[`+newer+`,{"kind":"added","name":"a","source":"","object":"","match":["from=\"a@b\""],"every":"1h"}]}`))
		n := newNode(t, engine)
		n.want("a, added, 1h;", "")
		do(t, n.Drop(t.Context(), "a"))
		text, err := engine.Noted(t.Context(), rulesNote)
		if err != nil || text != `{"entries":[`+newer+`]}` {
			t.Errorf("%s, %v", text, err)
		}

		do(t, engine.Note(t.Context(), rulesNote, "scribble"))
		if err := n.Drop(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), `cannot be read; it is left as it is ("routine rules")`) {
			t.Errorf("%v", err)
		}
		n.days("backup", 8)
		n.sync() // what comes is learned all the same
		n.sync()
		if text, _ := engine.Noted(t.Context(), rulesNote); text != "scribble" || strings.Count(n.log.String(), "cannot read which mails were confirmed") != 1 {
			t.Errorf("%s, %s", text, n.log.String())
		}
		newNode(t, engine).want("", "backup, daily 22:00;")
	})
}

func TestTimesThatCannotBeReadAreLearnedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := memory.New(store.Limits{})
		do(t, engine.Note(t.Context(), thingsNote, "scribble"))
		n := newNode(t, engine)
		if !strings.Contains(n.log.String(), "it is learned anew") {
			t.Errorf("%s", n.log.String())
		}
		n.days("backup", 8)
		n.sync()
		newNode(t, engine).want("", "backup, daily 22:00;")
	})
}

func TestAThingIsReadAsItWasWritten(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	one := &thing{
		Thing: meaning.Thing{Source: "veeam", Sender: "v@srv7", Object: `a "b" \ ä`}, Name: "n", By: "x",
		Record:  expect.Record{Times: []time.Time{at, at.Add(time.Hour)}, Steady: at},
		Learned: expect.Learned{Every: "daily 02:00", Within: 3 * time.Hour, Sure: true},
		Sample:  sample{From: "a@b", To: []string{"c@d"}, Host: "h", Subject: "s"},
	}
	text, err := noteOf([]thingEntry{entryOfThing(one)})
	if err != nil {
		t.Fatal(err)
	}
	read, err := readThings(text, time.UTC)
	if err != nil || len(read) != 1 || !reflect.DeepEqual(read[0], one) {
		t.Errorf("%+v, %v, want %+v", read, err, one)
	}
}

// Whatever the notebook has, nothing panics, what is read is right, and rules that are
// written again are the same.
func FuzzNotes(f *testing.F) {
	f.Add(`{"entries":[{"source":"veeam","object":"daily","name":"veeam daily","every":"daily 02:00","within":10800,"steady":1800000000,"times":[1800000000,86400,86400]}]}`)
	f.Add(`{"entries":[{"kind":"added","name":"a","match":["from=\"a@b\""],"every":"1h"},{"kind":"dropped","name":"b","source":"s","object":"o"},7,{"kind":"confirmed","name":"c","source":"s","object":"p","every":"Mon-Fri 02:00"}]}`)
	f.Add(`{"entries":[{"object":"x","steady":-1,"times":[9223372036854775807,9223372036854775807]}]}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, text string) {
		things, _ := readThings(text, time.UTC)
		for _, one := range things {
			one.learn(time.UTC)
			one.mail()
			if one.Learned.Every == "" {
				continue
			}
			if one.Name == "" {
				one.name(func(text string) string { return text }, map[string]bool{})
			}
			if _, err := expect.NewJob(one.expectation(expect.Proposed), time.UTC); err != nil {
				t.Error(err)
			}
		}
		r, err := readRules(text, time.UTC)
		if err != nil {
			return
		}
		written, err := r.note()
		if err != nil {
			t.Fatal(err)
		}
		again, err := readRules(written, time.UTC)
		if err != nil || len(again.list) != len(r.list) || len(again.unknown) != len(r.unknown) {
			t.Errorf("%q is read as %d and %d, and then as %d and %d: %v", text, len(r.list), len(r.unknown), len(again.list), len(again.unknown), err)
		}
	})
}
