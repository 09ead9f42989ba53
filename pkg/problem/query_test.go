package problem_test

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/store"
)

// now is in the afternoon of a Sunday.
var now = time.Date(2026, time.November, 29, 15, 30, 0, 0, time.FixedZone("CET", 60*60))

func day(d int) time.Time { return time.Date(2026, time.November, d, 0, 0, 0, 0, now.Location()) }

func TestAQuestionIsWordsAndFields(t *testing.T) {
	t.Parallel()
	yes, no := new(true), new(false)
	for text, want := range map[string]store.ProblemQuery{
		"":                               {},
		" \t\n\u00a0 ":                   {},
		"disk full":                      {Words: []string{"disk", "full"}},
		"\u00a0disk\u2003full ":          {Words: []string{"disk", "full"}},
		`"disk full" now`:                {Words: []string{"disk full", "now"}},
		`"disk full"now`:                 {Words: []string{"disk full", "now"}},
		`""`:                             {},
		`5" disk`:                        {Words: []string{`5"`, "disk"}},
		"Größe":                          {Words: []string{"Größe"}},
		"error: x":                       {Words: []string{"error:", "x"}},
		"at 10:42":                       {Words: []string{"at", "10:42"}},
		":x":                             {Words: []string{":x"}},
		"http://db1/status":              {Words: []string{"http://db1/status"}},
		"port:5432":                      {Words: []string{"port:5432"}},
		`"host:db1"`:                     {Words: []string{"host:db1"}},
		`"hots:db1"`:                     {Words: []string{"hots:db1"}},
		"host:db1":                       {Host: "db1"},
		"HOST:db1":                       {Host: "db1"},
		`source:"backup job" x`:          {Source: "backup job", Words: []string{"x"}},
		"object:/var owner:ann":          {Object: "/var", Owner: "ann"},
		"object:C:":                      {Object: "C:"},
		"is:open":                        {Open: yes},
		"is:OVER":                        {Open: no},
		"is:not-open":                    {Open: no},
		"is:not-over":                    {Open: yes},
		"is:new is:not-muted is:acked":   {New: yes, Muted: no, Acked: yes},
		"is:not-new is:muted":            {New: no, Muted: yes},
		"is:not-acked":                   {Acked: no},
		"since:90m":                      {Since: now.Add(-90 * time.Minute)},
		"since:7d":                       {Since: now.Add(-7 * 24 * time.Hour)},
		"since:0s":                       {Since: now},
		"since:today":                    {Since: day(29)},
		"since:yesterday":                {Since: day(28)},
		"since:2026-11-02":               {Since: day(2)},
		"disk since:1h host:db1 is:open": {Words: []string{"disk"}, Since: now.Add(-time.Hour), Host: "db1", Open: yes},
	} {
		want.Now = now
		if got, err := problem.Parse(text, now); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %+v, %v, want %+v", text, got, err, want)
		}
	}
}

func TestAMistakeInAQuestionSaysWhereItIsAndWhatIsRight(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"host:db1 host:db2":       `at character 10: host:db2: there is another one, "db1", and all must hold; leave one out`,
		"is:open is:over":         "at character 9: is:over: another is: asks for the opposite, and all must hold; leave one out",
		"is:muted is:not-muted":   "at character 10: is:not-muted: another is: asks for the opposite, and all must hold; leave one out",
		"is:opne":                 `at character 1: is:opne: "opne" is not a state; did you mean is:open?`,
		"is:not-opne":             `at character 1: is:not-opne: "not-opne" is not a state; did you mean is:open?`,
		"größe is:bad":            `at character 7: is:bad: "bad" is not a state; write open, over, new, muted or acked`,
		"is:":                     "at character 1: is: has no value; expected is open, over, new, muted or acked; not-new and so on for the opposite",
		`host:" "`:                "at character 1: host: has no value; expected is the machine that sent a mail: its full name, or the part before a dot",
		"source:":                 "at character 1: source: has no value; expected is part of the sender's name or address",
		"owner: ann":              "at character 1: owner: has no value; expected is part of the owner's name",
		"object:":                 "at character 1: object: has no value; expected is part of what it is about",
		"since:":                  "at character 1: since: has no value; expected is a time since which a problem was seen: 30m, 12h, 7d, today, yesterday or 2026-11-29",
		"since:soon":              `at character 1: since:soon: "soon" is not a time; write one such as 30m, 12h, 7d, today, yesterday or 2026-11-29`,
		"since:-1h":               `at character 1: since:-1h: "-1h" is not a time; write one such as 30m, 12h, 7d, today, yesterday or 2026-11-29`,
		"since:2026-02-30":        `at character 1: since:2026-02-30: "2026-02-30" is not a time; write one such as 30m, 12h, 7d, today, yesterday or 2026-11-29`,
		"disk hots:db1":           `at character 6: there is no field hots; did you mean host:db1? For a text with a colon, write "hots:db1"`,
		"sicne:7d":                `at character 1: there is no field sicne; did you mean since:7d? For a text with a colon, write "sicne:7d"`,
		`disk "full`:              `at character 6: the quotation mark is not closed; write "…" around what belongs together`,
		`host:"db1`:               `at character 1: the quotation mark is not closed; write "…" around what belongs together`,
		strings.Repeat("a ", 21):  "at character 41: there are more than 20 words and fields; leave some out",
		strings.Repeat("a", 1001): "the question is longer than 1000 bytes, or no text; shorten it",
		"a\x00b":                  "the question is longer than 1000 bytes, or no text; shorten it",
		"\xff":                    "the question is longer than 1000 bytes, or no text; shorten it",
	} {
		if _, err := problem.Parse(text, now); err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
	if _, err := problem.Parse(strings.Repeat("a ", 20)+" \n", now); err != nil {
		t.Errorf("20 words: %v", err)
	}
}

// Whatever somebody asks is understood or refused, and costs no more than its length.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"disk full", `"a b" host:db1`, "is:opne", "since:7d", "hots:x", `is:"`, "größe:\u00a0", "::", "is:not-"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := problem.Parse(text, now)
		if err != nil && (!utf8.ValidString(err.Error()) || len(err.Error()) > 3*len(text)+400) {
			t.Errorf("the error of %q is %q", text, err)
		}
		for _, word := range q.Words {
			if word == "" || !strings.Contains(text, word) {
				t.Errorf("%q is no word of %q", word, text)
			}
		}
		p := &store.Problem{Headline: text, Hosts: []string{text}}
		if q.Match(p); err == nil && q.Since.After(now) && !strings.Contains(text, "-") {
			t.Errorf("%q asks for what is to come: %s", text, q.Since)
		}
		testutil.CheckLinear(t, testutil.FuzzSize, testutil.Shape{Open: text}.Grow, func(text string) { problem.Parse(text, now) })
	})
}
