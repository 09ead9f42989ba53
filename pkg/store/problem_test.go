package store

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
)

var noon = time.Date(2026, time.November, 29, 12, 0, 0, 0, time.UTC)

// standingThing is one that was last said to be bad, and good, so long before noon; 0 for
// never good.
func standingThing(object string, bad, good time.Duration) ProblemThing {
	t := ProblemThing{Thing: meaning.Thing{Source: "nagios", Object: object}, Standing: Standing{Since: noon.Add(-bad), Bad: noon.Add(-bad), Count: 1}}
	if good != 0 {
		t.Good = noon.Add(-good)
	}
	return t
}

func openProblem() *Problem {
	return &Problem{
		ID: "0123456789abcdef", Occurrence: Occurrence{Recovers: true}, Seen: Seen{First: noon.Add(-48 * time.Hour), Last: noon.Add(-time.Hour), Count: 3},
		Things: []ProblemThing{standingThing("db1", time.Hour, 0)}, ResolveAfter: 24 * time.Hour,
	}
}

func TestWhatAPersonDoesIsDoneOrRefused(t *testing.T) {
	t.Parallel()
	over := func(p *Problem) { p.Things[0].Good = noon.Add(-time.Minute) }
	acked := func(p *Problem) { p.AckedBy = "bob" }
	open := func(*Problem) {}
	for _, test := range []struct {
		name     string
		before   func(p *Problem)
		kind     EventKind
		by, text string
		wrong    string // part of the error; empty for none
		want     string // acknowledged by, owner, open, and the event
	}{
		{"acknowledge", open, Acked, "ann", "looks", "", `ann||true ann "looks"`},
		{"acknowledge without a name", open, Acked, "", "", "", `somebody||true  ""`},
		{"acknowledge again", acked, Acked, "ann", "", "", `ann||true ann ""`},
		{"acknowledge what is over", over, Acked, "ann", "", "the problem is over since", ""},
		{"undo an acknowledgement", acked, Unacked, "ann", "", "", `||true ann ""`},
		{"undo no acknowledgement", open, Unacked, "ann", "", "nobody has acknowledged the problem; there is nothing to undo", ""},
		{"note", open, Noted, "ann", " a\nb\n", "", `||true ann "a\nb"`},
		{"note about what is over", over, Noted, "ann", "x", "", `||false ann "x"`},
		{"note nothing", open, Noted, "ann", " \n\x00", "the note is empty; write something", ""},
		{"note at most so much", open, Noted, "ann", strings.Repeat("x", maxEventText), "", `||true ann "` + strings.Repeat("x", maxEventText) + `"`},
		{"note too much", open, Noted, "ann", strings.Repeat("x", maxEventText+1), "the text has 4001 bytes, and 4000 are the most; shorten it", ""},
		{"note bytes that are no text", open, Noted, "a\xffb \n c", "\xff", "", "||true a\uFFFDb c \"\uFFFD\""},
		{"own", open, Owned, "ann", " bob \n jones", "", `|bob jones|true ann "bob \n jones"`},
		{"own nothing more", func(p *Problem) { p.Owner = "bob" }, Owned, "ann", "", "", `||true ann ""`},
		{"resolve", open, Resolved, "ann", "", "", `||false ann ""`},
		{"resolve what several things have", func(p *Problem) { p.Things = append(p.Things, standingThing("db2", time.Minute, 0)) }, Resolved, "ann", "", "", `||false ann ""`},
		{"resolve what is over", over, Resolved, "ann", "", "there is nothing to do", ""},
		{"mute what is over", over, Muted, "ann", "known", "", `||false ann "known"`},
		{"unmute", open, Unmuted, "ann", "", "", `||true ann ""`},
		{"a name that is too long", open, Acked, strings.Repeat("a", 201), "", "the name of who does it has 201 bytes, and 200 are the most; shorten it", ""},
		{"an owner whose name is too long", open, Owned, "ann", strings.Repeat("b", 201), "the name of the owner has 201 bytes, and 200 are the most; shorten it", ""},
		{"what only mails do", open, Over, "ann", "", `"over" is nothing that a person does`, ""},
		{"what only merges do", open, Merged, "ann", "x", `"merged" is nothing that a person does`, ""},
	} {
		p := openProblem()
		test.before(p)
		before := p.Clone()
		err := p.Do(test.kind, test.by, test.text, noon)
		if test.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), test.wrong) || !reflect.DeepEqual(p, before) {
				t.Errorf("%s: %v and %+v, want %q and no change", test.name, err, p, test.wrong)
			}
			continue
		}
		if err != nil || len(p.History) != 1 || p.History[0].Kind != test.kind || !p.History[0].At.Equal(noon) {
			t.Errorf("%s: %v, history %+v", test.name, err, p.History)
			continue
		}
		if got := fmt.Sprintf("%s|%s|%v %s %q", p.AckedBy, p.Owner, p.IsOpen(noon), p.History[0].By, p.History[0].Text); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// What people did stays longest.
func TestTheHistoryOfAProblemIsBounded(t *testing.T) {
	t.Parallel()
	p := openProblem()
	p.note(ProblemEvent{At: noon, Kind: Began})
	for i := range 100 {
		p.note(ProblemEvent{At: noon.Add(time.Duration(i)), Kind: Noted, Text: fmt.Sprint(i)})
	}
	for range 400 {
		p.note(ProblemEvent{At: noon, Kind: Over})
		p.note(ProblemEvent{At: noon, Kind: Back})
	}
	count := make(map[EventKind]int)
	for _, e := range p.History {
		count[e.Kind]++
	}
	if len(p.History) != maxEvents || count[Noted] != 100 || p.History[0].Kind != Began || p.History[maxEvents-1].Kind != Back {
		t.Errorf("%d events: %v, from %+v to %+v", len(p.History), count, p.History[0], p.History[len(p.History)-1])
	}
	for i := range 1000 {
		p.note(ProblemEvent{At: noon, Kind: Noted, Text: fmt.Sprint(i)})
	}
	if len(p.History) != maxEvents || p.History[maxEvents-1].Text != "999" {
		t.Errorf("%d events, the last %+v", len(p.History), p.History[len(p.History)-1])
	}
}

func TestWhatIsKeptOfAProblemIsBounded(t *testing.T) {
	t.Parallel()
	p := openProblem()
	p.Things = nil
	for i := range 60 {
		p.Things = append(p.Things, standingThing(fmt.Sprint("over", i), time.Duration(100+i)*time.Hour, time.Hour*time.Duration(99-i)), standingThing(fmt.Sprint("open", i), time.Duration(1+i)*time.Hour, 0))
	}
	today := dayOf(noon)
	p.Days, p.Weeks = make(map[int]int), make(map[int]int)
	for day := today - 500; day <= today; day++ {
		p.Days[day]++
		p.Weeks[weekOf(day)]++
	}
	for i := range 300 {
		p.addHosts([]string{fmt.Sprint("web", i), fmt.Sprint("web", i)})
	}
	p.prune(today)
	if len(p.Things) != maxThings || len(p.Hosts) != maxProblemHosts || len(p.Days) != keptDays || len(p.Weeks) != keptWeeks || p.Days[today] != 1 || p.Days[today-keptDays] != 0 {
		t.Errorf("%d things, %d hosts, %d days, %d weeks", len(p.Things), len(p.Hosts), len(p.Days), len(p.Weeks))
	}
	count := make(map[bool]int)
	for i := range p.Things {
		count[p.Things[i].IsOpen()]++
	}
	if count[true] != 60 || p.thing(meaning.Thing{Source: "nagios", Object: "over0"}) != nil || p.thing(meaning.Thing{Source: "nagios", Object: "over59"}) == nil {
		t.Errorf("%d things are open and %d over", count[true], count[false])
	}
}

func TestADayIsThatOfTheCalendar(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("NPT", 5*60*60+45*60)
	for _, test := range []struct {
		at        time.Time
		day, week string
	}{
		{noon, "2026-11-29", "2026-11-23"},
		{noon.AddDate(0, 0, 1), "2026-11-30", "2026-11-30"},
		{time.Date(2026, time.November, 30, 0, 1, 0, 0, zone), "2026-11-30", "2026-11-30"},
		{time.Date(2026, time.November, 29, 23, 59, 0, 0, zone), "2026-11-29", "2026-11-23"},
		{time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC), "1970-01-01", "1969-12-29"},
		{time.Date(2024, time.February, 29, 1, 0, 0, 0, time.UTC), "2024-02-29", "2024-02-26"},
	} {
		if day := dayOf(test.at); Day(day).Format(time.DateOnly) != test.day || Day(weekOf(day)).Format(time.DateOnly) != test.week {
			t.Errorf("%s is day %s of the week of %s, want %s and %s", test.at, Day(day), Day(weekOf(day)), test.day, test.week)
		}
	}
}

func TestAProblemAbsorbsAllOfAnother(t *testing.T) {
	t.Parallel()
	p, other := openProblem(), openProblem()
	p.Hosts, p.Days, p.Weeks, p.MutedUntil = []string{"a", "b"}, map[int]int{20_000: 1}, map[int]int{20_000: 1}, noon
	p.History = []ProblemEvent{{At: noon.Add(-48 * time.Hour), Kind: Began}, {At: noon.Add(-3 * time.Hour), Kind: Noted, Text: "mine"}}
	other.ID, other.Headline, other.Owner, other.AckedBy = "fedcba9876543210", "the newer one", "ann", "bob"
	other.Seen = Seen{First: noon.Add(-72 * time.Hour), Last: noon, Count: 4}
	other.Things = []ProblemThing{standingThing("db1", 2*time.Hour, time.Minute), standingThing("db2", time.Hour, 0)}
	other.Hosts, other.Days, other.Weeks = []string{"b", "c"}, map[int]int{20_000: 2, 20_786: 1}, map[int]int{20_780: 1}
	other.History = []ProblemEvent{{At: noon.Add(-72 * time.Hour), Kind: Began}, {At: noon.Add(-4 * time.Hour), Kind: Noted, Text: "yours"}}
	p.Absorb(other, noon)
	if p.ID != "0123456789abcdef" || p.Headline != "the newer one" || p.Seen != (Seen{First: noon.Add(-72 * time.Hour), Last: noon, Count: 7}) || p.Owner != "ann" || p.AckedBy != "bob" || !p.MutedUntil.Equal(noon) {
		t.Errorf("%+v", p)
	}
	if len(p.Things) != 2 || p.Things[0].Count != 2 || !p.Things[0].Bad.Equal(noon.Add(-time.Hour)) || p.Things[0].IsOpen() || !p.IsOpen(noon) {
		t.Errorf("things: %+v", p.Things)
	}
	if want := []string{"a", "b", "c"}; !reflect.DeepEqual(p.Hosts, want) || !reflect.DeepEqual(p.Days, map[int]int{20_786: 1}) {
		t.Errorf("hosts %v, days %v", p.Hosts, p.Days)
	}
	var history []string
	for _, e := range p.History {
		history = append(history, string(e.Kind)+e.Text)
	}
	if got := strings.Join(history, " "); got != "began began notedyours notedmine mergedfedcba9876543210" {
		t.Errorf("history: %s", got)
	}
	// An owner is not taken away, and neither is what is newer.
	p.Absorb(&Problem{ID: "x", Seen: Seen{First: noon, Last: noon.Add(-time.Hour), Count: 1}, Headline: "old", Owner: "eve", AckedBy: "eve"}, noon)
	if p.Headline != "the newer one" || p.Owner != "ann" || p.AckedBy != "bob" {
		t.Errorf("%+v", p)
	}
}

func TestACloneSharesNothing(t *testing.T) {
	t.Parallel()
	p := openProblem()
	p.Hosts, p.Days, p.Weeks = []string{"a"}, map[int]int{1: 1}, map[int]int{1: 1}
	p.History = []ProblemEvent{{Kind: Began}}
	p.Varying.Add([]Value{{Label: "x", Text: "1"}})
	c := p.Clone()
	c.Hosts[0], c.Days[1], c.Weeks[1], c.History[0].Kind, c.Things[0].Count = "b", 2, 2, Over, 9
	c.Varying.Add([]Value{{Label: "x", Text: "2"}})
	if p.Hosts[0] != "a" || p.Days[1] != 1 || p.Weeks[1] != 1 || p.History[0].Kind != Began || p.Things[0].Count != 1 || len(p.Varying.Variations()) != 0 {
		t.Errorf("%+v", p)
	}
}

func TestTimesOfAProblemMoveTogether(t *testing.T) {
	t.Parallel()
	p := openProblem()
	p.History = []ProblemEvent{{At: noon, Kind: Began}}
	p.Shift(time.Hour)
	if !p.First.Equal(noon.Add(-47*time.Hour)) || !p.Last.Equal(noon) || !p.Things[0].Bad.Equal(noon) || !p.History[0].At.Equal(noon.Add(time.Hour)) || !p.MutedUntil.IsZero() || !p.Things[0].Good.IsZero() {
		t.Errorf("%+v", p)
	}
}

func TestAProblemIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	p := openProblem()
	p.Headline, p.Hosts, p.Days, p.Weeks, p.Text, p.TextCount = "größe \x00 <b>", []string{"a"}, map[int]int{20_000: 1}, map[int]int{19_999: 1}, "v2:0123456789abcdef", 2
	p.History, p.Owner, p.AckedBy, p.MutedUntil = []ProblemEvent{{At: noon, Kind: Noted, By: "ann", Text: "a\nb"}}, "bob", "ann", noon
	p.Varying.Add([]Value{{Label: "x", Text: "1"}})
	p.Varying.Add([]Value{{Label: "x", Text: "2"}})
	for name, p := range map[string]*Problem{"full": p, "empty": {}} {
		encoded, err := EncodeProblem(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeProblem(encoded, p.ResolveAfter)
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%s: %v\n%+v\nwant\n%+v", name, err, again, p)
		}
	}
	for name, text := range map[string]string{"no JSON": "{", "nothing": "", "a number": "7", "varying that is none": `{"ID":"x","Varying":"{"}`} {
		if p, err := DecodeProblem([]byte(text), time.Hour); err == nil || p != nil {
			t.Errorf("%s is read as %+v, %v", name, p, err)
		}
	}
}

// A store may hold anything.
func FuzzDecodeProblem(f *testing.F) {
	p := openProblem()
	p.Varying.Add([]Value{{Label: "x", Text: "1"}})
	encoded, err := EncodeProblem(p)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{string(encoded), "null", `{"Things":[{}],"Days":{"-1":-1},"History":[{"Kind":"x"}]}`, `{"plain":null,"Varying":""}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := DecodeProblem(text, time.Hour)
		if err != nil {
			return
		}
		p.Row()
		p.IsOpen(noon)
		p.Since(noon)
		p.OverAt(noon)
		if p.Do(Resolved, "ann", "", noon) == nil && p.IsOpen(noon) {
			t.Errorf("resolved, and open: %+v", p)
		}
		p.Clone().Absorb(p, noon)
		encoded, err := EncodeProblem(p)
		if err != nil {
			return // a year that JSON has not
		}
		if again, err := DecodeProblem(encoded, time.Hour); err != nil || again.ID != p.ID || len(again.History) != len(p.History) {
			t.Errorf("%s is read again as %+v, %v", encoded, again, err)
		}
	})
}

func TestAChangeThatIsRefusedIsNotKept(t *testing.T) {
	t.Parallel()
	table := tableOf{openProblem()}
	wrong := errors.New("no")
	if p, err := ChangeProblem(table, "0123456789abcdef", func(p *Problem) error { p.Owner = "ann"; return wrong }); p != nil || !errors.Is(err, wrong) {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := ChangeProblem(table, "x", func(*Problem) error { return wrong }); p != nil || err != nil {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := ChangeProblem(table, "0123456789abcdef", func(p *Problem) error { p.Owner = "ann"; return nil }); err != nil || p.Owner != "ann" || table[0].Owner != "ann" {
		t.Errorf("%+v, %v", p, err)
	}
}

// A tableOf is a ProblemTable of one problem.
type tableOf []*Problem

func (t tableOf) Load(ids []string) (map[string]*Problem, error) {
	found := make(map[string]*Problem)
	for _, id := range ids {
		if id == t[0].ID {
			found[id] = t[0].Clone()
		}
	}
	return found, nil
}

func (t tableOf) Save(problems []*Problem, _ []ProblemSample) error { t[0] = problems[0]; return nil }

func (tableOf) About([]meaning.Thing) ([]string, error)   { return nil, nil }
func (tableOf) History([]string) (map[string]Seen, error) { return nil, nil }
func (tableOf) Remove(string, string) error               { return nil }
func (tableOf) Release(string) error                      { return nil }
