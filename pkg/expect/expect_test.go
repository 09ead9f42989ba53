package expect

import (
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
)

func zone(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func job(t testing.TB, every string, within time.Duration) *Job {
	t.Helper()
	l, err := New([]Expectation{{Name: "backup", Match: []string{`subject=~"Backup .*"`}, Every: every, Within: within}}, zone(t))
	if err != nil {
		t.Fatal(err)
	}
	return l.Jobs()[0]
}

func TestTheNextMailIsDueAsTheScheduleSays(t *testing.T) {
	const layout = "2006-01-02 15:04"
	for _, tt := range []struct {
		name, every string
		within      time.Duration
		last, due   string
	}{
		{"daily", "daily 02:00", 3 * time.Hour, "2026-03-02 02:07", "2026-03-03 02:00"},
		{"a little early", "daily 02:00", 3 * time.Hour, "2026-03-02 01:58", "2026-03-03 02:00"},
		{"late, but in time", "daily 02:00", 3 * time.Hour, "2026-03-02 04:59", "2026-03-03 02:00"},
		{"far too early is none", "daily 02:00", 3 * time.Hour, "2026-03-02 13:00", "2026-03-03 02:00"},
		{"weekly", "weekly Mon 07:00", time.Hour, "2026-03-02 07:10", "2026-03-09 07:00"},
		{"cron on workdays", "30 6 * * 1-5", time.Hour, "2026-03-06 06:31", "2026-03-09 06:30"},
		{"every hour", "1h", 10 * time.Minute, "2026-03-02 02:07", "2026-03-02 03:07"},
		{"a day of 23 hours", "daily 06:00", time.Hour, "2026-03-28 06:00", "2026-03-29 06:00"},
		{"a day of 25 hours", "daily 06:00", time.Hour, "2026-10-24 06:00", "2026-10-25 06:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			last, err := time.ParseInLocation(layout, tt.last, zone(t))
			if err != nil {
				t.Fatal(err)
			}
			due, late := job(t, tt.every, tt.within).Next(last)
			if got := due.In(zone(t)).Format(layout); got != tt.due || late.Sub(due) != tt.within {
				t.Errorf("due %s, late after %s; want %s and %s", got, late.Sub(due), tt.due, tt.within)
			}
		})
	}
}

// An hour that the clock skips, or has twice, makes no day without a mail and none with two.
func TestEachDayHasOneMailWhateverTheClockDoes(t *testing.T) {
	j := job(t, "daily 02:30", time.Hour)
	last := time.Date(2026, time.March, 20, 2, 31, 0, 0, zone(t))
	for range 240 {
		due, _ := j.Next(last)
		if gap := due.Sub(last); gap < 22*time.Hour || gap > 26*time.Hour {
			t.Fatalf("after %s it is due at %s", last, due)
		}
		last = due.Add(time.Minute)
	}
}

func TestWithinHasADefault(t *testing.T) {
	for every, want := range map[string]time.Duration{"1h": 10 * time.Minute, "daily 02:00": 144 * time.Minute, "weekly Mon 02:00": 3 * time.Hour} {
		if got := job(t, every, 0).Within; got != want {
			t.Errorf("%s: %s, want %s", every, got, want)
		}
	}
}

func TestAMailIsOneThatIsExpectedIfItMatches(t *testing.T) {
	l, err := New([]Expectation{
		{Name: "a", Match: []string{`subject=~"Backup .*"`, `status="ok"`}, Every: "1h"},
		{Name: "b", Match: []string{`object="srv7"`, `source="veeam"`, `severity="info"`}, Every: "1h"},
		{Name: "c", Match: []string{`header:X-Job="7"`, `from="app@example.net"`, `to=~".*ops.*"`, `host="srv7"`}, Every: "1h"},
	}, zone(t))
	if err != nil {
		t.Fatal(err)
	}
	m := message.New("app@example.net", []string{"ops@example.net"}, []byte("Subject: Backup of srv7\r\nX-Job: 7\r\n\r\n"))
	m.Helo = "srv7"
	m.Meaning = meaning.Meaning{Status: meaning.OK, Severity: "info", Source: "veeam", Object: "srv7"}
	if jobs := l.Of(m); len(jobs) != 3 {
		t.Errorf("%d jobs", len(jobs))
	}
	m.Meaning.Status = meaning.Problem
	if jobs := l.Of(m); len(jobs) != 2 || jobs[0].Name != "b" {
		t.Errorf("%d jobs", len(jobs))
	}
	m.Further = []meaning.Meaning{{Status: meaning.Info}, {Status: meaning.OK}}
	if jobs := l.Of(m); len(jobs) != 3 {
		t.Errorf("%d jobs of a digest of which one part is the one", len(jobs))
	}
}

func TestAnExpectationThatIsWrongIsRefused(t *testing.T) {
	valid := Expectation{Name: "e", Match: []string{`from="a@b"`}, Every: "1h"}
	for name, tt := range map[string]struct {
		change func(e *Expectation)
		want   string
	}{
		"without a name":         {func(e *Expectation) { e.Name = "" }, "needs a name"},
		"without a match":        {func(e *Expectation) { e.Match = nil }, `expect "e": match is missing`},
		"a match on what is not": {func(e *Expectation) { e.Match = []string{`form="x"`} }, `there is no "form"`},
		"a match of everything":  {func(e *Expectation) { e.Match = []string{`from=~".*"`} }, "takes every mail"},
		"without a time":         {func(e *Expectation) { e.Every = "" }, `every: it is missing; write "daily 02:00"`},
		"a time that is none":    {func(e *Expectation) { e.Every = "sometimes" }, `"sometimes" is not a time`},
		"an hour that is none":   {func(e *Expectation) { e.Every = "daily 25:00" }, `"25:00" is not a time of day`},
		"a day that is none":     {func(e *Expectation) { e.Every = "weekly Mun 07:00" }, `"Mun" is not a day of the week`},
		"a date that is none":    {func(e *Expectation) { e.Every = "0 0 30 2 *" }, "never comes"},
		"too often":              {func(e *Expectation) { e.Every = "1s" }, "too short"},
		"a negative window":      {func(e *Expectation) { e.Within = -1 }, "negative"},
	} {
		t.Run(name, func(t *testing.T) {
			e := valid
			tt.change(&e)
			if _, err := New([]Expectation{e}, zone(t)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := New([]Expectation{valid, valid}, zone(t)); err == nil || !strings.Contains(err.Error(), "two of that name") {
		t.Errorf("got %v", err)
	}
}

func TestExpectationsAreReadFromTables(t *testing.T) {
	got, err := Read([]any{map[string]any{"name": "e", "match": `from="a@b"`, "every": "1d", "within": "90m", "to": []any{"ops@example.net"}}})
	if err != nil || len(got) != 1 || got[0].Within != 90*time.Minute || got[0].To[0] != "ops@example.net" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := Read([]any{map[string]any{"name": "e", "within": "soon"}}); err == nil || !strings.Contains(err.Error(), `expect 1 "e": within: `) {
		t.Errorf("got %v", err)
	}
}

func FuzzSchedule(f *testing.F) {
	for _, seed := range []string{"daily 02:00", "weekly Mon 07:00", "*/5 * * * *", "1h", "@daily", "0 0 31 2 *", "0 0 1 1 * 2020"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSchedule(text, time.UTC)
		if err != nil {
			return
		}
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		if next := s.after(from); !next.After(from) {
			t.Errorf("%q: after %s comes %s", text, from, next)
		}
	})
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	_, err := New([]Expectation{{Name: "backup", Match: []string{`subject="Backup"`}, Every: "1h", To: []string{"ops@example.com", "not an address"}}}, time.UTC)
	if err == nil || !strings.Contains(err.Error(), `expect "backup": to: "not an address" is not a plain mail address`) {
		t.Errorf("error %v", err)
	}
}
