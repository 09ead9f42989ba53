package problem_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// about returns a thing of a problem that was last said to be bad and good so long ago; 0
// for never good.
func about(object, sender string, bad, good time.Duration) store.ProblemThing {
	t := store.ProblemThing{Thing: meaning.Thing{Source: "nagios", Sender: sender, Object: object}, Standing: store.Standing{Since: now.Add(-bad), Bad: now.Add(-bad), Count: 1}}
	if good != 0 {
		t.Good = now.Add(-good)
	}
	return t
}

// kept returns what a store keeps of a problem that is two days old and open.
func kept() *store.Problem {
	return &store.Problem{
		ID: "0123456789abcdef", Headline: "DISK CRITICAL", Subject: "a subject", Occurrence: store.Occurrence{Recovers: true},
		Meaning: meaning.Meaning{Status: meaning.Warning, Severity: "warning", Source: "nagios", Sender: "nagios@mon1", Object: "db1/Disk"},
		Seen:    store.Seen{First: now.Add(-48 * time.Hour), Last: now.Add(-time.Hour), Count: 7},
		Things:  []store.ProblemThing{about("db1/Disk", "nagios@mon1", time.Hour, 0)}, ResolveAfter: 24 * time.Hour,
	}
}

func TestAProblemIsShownAsItStandsAtATime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(p *store.Problem)
		now    time.Time
		want   string // mark, state, new, since, over, muted, objects
	}{
		"open":                      {func(*store.Problem) {}, now, "OPEN open false 14:30 - - []"},
		"new":                       {func(p *store.Problem) { p.First = now.Add(-time.Hour) }, now, "NEW open true 14:30 - - []"},
		"new, and over":             {func(p *store.Problem) { p.First, p.Things[0].Good = now.Add(-time.Hour), now }, now, "OVER over true - 15:30 - []"},
		"new no longer":             {func(p *store.Problem) { p.First = now.Add(-time.Hour) }, now.Add(23 * time.Hour), "OPEN open false 14:30 - - []"},
		"open for long":             {func(*store.Problem) {}, now.AddDate(1, 0, 0), "OPEN open false 14:30 - - []"},
		"quiet, where nobody says":  {func(p *store.Problem) { p.Recovers = false }, now.Add(23 * time.Hour), "OVER over false - 14:30 - []"},
		"muted":                     {func(p *store.Problem) { p.MutedUntil = now.Add(time.Minute) }, now, "OPEN open false 14:30 - 15:31 []"},
		"muted no longer":           {func(p *store.Problem) { p.MutedUntil = now }, now, "OPEN open false 14:30 - - []"},
		"of several things":         {func(p *store.Problem) { p.Things = append(p.Things, about("db2/Disk", "", 2*time.Hour, time.Hour)) }, now, "OPEN open false 14:30 - - [{db1/Disk open} {db2/Disk over}]"},
		"of one thing, said by two": {func(p *store.Problem) { p.Things = append(p.Things, about("db1/Disk", "mon2", 2*time.Hour, time.Hour)) }, now, "OPEN open false 14:30 - - []"},
		"of two things, of which two speak": {func(p *store.Problem) {
			p.Things = []store.ProblemThing{about("a", "", 2*time.Hour, time.Hour), about("b", "", time.Hour, 0), about("a", "mon2", time.Hour, 0)}
		}, now, "OPEN open false 14:30 - - [{a open} {b open}]"},
		"of a thing that has no name": {func(p *store.Problem) { p.Things = append(p.Things, about("", "", time.Hour, 0)) }, now, "OPEN open false 14:30 - - [{db1/Disk open} {others open}]"},
	} {
		p := kept()
		test.change(p)
		v := problem.Viewer{}.Show(p, test.now)
		clock := func(at *time.Time) string {
			if at == nil {
				return "-"
			}
			return at.Format("15:04")
		}
		if got := fmt.Sprint(v.Mark(), v.State, v.New, " ", clock(v.Since), " ", clock(v.Over), " ", clock(v.MutedUntil), " ", v.Objects); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(test.want, " ", "") {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// Programs rely on these names, and on lists that are lists.
func TestTheJSONOfAProblemHasEveryKeyThatIsPromised(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*store.Problem{"one of which little is known": {}, "an open one": kept()} {
		text, err := json.Marshal(problem.Viewer{}.Show(p, now))
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatal(err)
		}
		for key, kind := range map[string]any{
			"id": "", "headline": "", "status": "", "state": "", "new": false, "count": 0.0, "first": "", "last": "", "source": "",
			"object": "", "hosts": []any{}, "owner": "", "acked_by": "", "days": []any{},
		} {
			if got, there := fields[key]; !there || reflect.TypeOf(got) != reflect.TypeOf(kind) {
				t.Errorf("%s: %s is %v (%T) in %s", name, key, got, got, text)
			}
		}
		if until, there := fields["muted_until"]; !there || until != nil {
			t.Errorf("%s: muted_until is %v in %s", name, until, text)
		}
	}
}

func TestWhatPeopleWroteTakesOverNoTerminal(t *testing.T) {
	t.Parallel()
	p := kept()
	p.Owner, p.AckedBy = "a\x1b[31mnn", "b\x9bob"
	p.History = []store.ProblemEvent{{Kind: store.Noted, By: "e\x1b]0;owned\ave", Text: "  indented\n\tGröße  42 👍\r\nred \x1b[31mtext\u202e"}}
	v := problem.Viewer{}.ShowAll(p, nil, now)
	for _, text := range []string{v.Owner, v.AckedBy, v.History[0].By, v.History[0].Text} {
		if strings.ContainsAny(text, "\x1b\a\r\u202e") || !utf8.ValidString(text) {
			t.Errorf("%q", text)
		}
	}
	if text := v.History[0].Text; !strings.HasPrefix(text, "  indented\n") || !strings.Contains(text, "Größe 42 👍\n") {
		t.Errorf("%q", text)
	}
}

func TestAllOfAProblemIsShownWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	p := kept()
	p.Headline, p.Subject = "login failed: password=hunter2", "failed: password=hunter2"
	p.Hosts, p.Days, p.Weeks = []string{"web2", "web1"}, map[int]int{20_786: 3, 20_785: 4}, map[int]int{20_780: 7}
	for _, user := range []string{"ann", "bob", "eve"} {
		p.Varying.Add([]store.Value{{Label: "object", Text: user}, {Label: "user", Text: "password=" + user}, {Label: "port", Text: "25"}})
	}
	p.History = []store.ProblemEvent{{At: now, Kind: store.Noted, By: "ann", Text: "x"}}
	samples := []store.ProblemSample{
		{Slot: "first", At: now, Mail: []byte("From: a@x\r\nSubject: =?utf-8?q?gr=C3=B6=C3=9Fe?=\r\n\r\npassword=hunter2\r\n")},
		{Slot: "2026-W48", At: now, Mail: []byte("Subject: long\r\n\r\n" + strings.Repeat("0123456789", 2000))},
		{Slot: "last", At: now, Mail: []byte("\x00\xff: \r\n\r\n\xff\x1b[31m")},
	}
	v := problem.Viewer{Redactor: render.NewRedactor()}.ShowAll(p, samples, now)
	text, err := json.Marshal(v)
	if err != nil || strings.Contains(string(text), "hunter2") || !utf8.Valid(text) {
		t.Errorf("%v %s", err, text)
	}
	if want := []problem.Day{{Day: "2026-11-28", Count: 4}, {Day: "2026-11-29", Count: 3}}; !reflect.DeepEqual(v.Days, want) {
		t.Errorf("days %v, want %v", v.Days, want)
	}
	if want := []problem.Day{{Day: "2026-11-23", Count: 7}}; !reflect.DeepEqual(v.Weeks, want) {
		t.Errorf("weeks %v, want %v", v.Weeks, want)
	}
	if len(v.Varies) != 1 || v.Varies[0].Place != "user" || len(v.Varies[0].Values) != 3 || strings.Contains(v.Varies[0].Values[0], "ann") {
		t.Errorf("varies: %+v", v.Varies)
	}
	if len(v.Samples) != 3 || v.Samples[0].Subject != "größe" || v.Samples[0].From != "a@x" || len(v.Samples[1].Text) > 17<<10 || v.Samples[2].Slot != "last" {
		t.Errorf("samples: %+v", v.Samples)
	}
	if len(v.History) != 1 || v.History[0] != (problem.Event{At: now, Kind: store.Noted, By: "ann", Text: "x"}) {
		t.Errorf("history: %+v", v.History)
	}
	if few := (problem.Viewer{}).Show(p, now); few.Samples != nil || few.History != nil || few.Varies != nil || few.Weeks != nil {
		t.Errorf("what a list shows has %+v", few)
	}
}
