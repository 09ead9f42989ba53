package match

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

var names = []string{"from", "subject", "header:NAME", "status", "severity"}

func TestMatchersMustAllHold(t *testing.T) {
	mail := map[string]string{"from": "backup@example.net", "subject": "Backup of srv7 failed", "header:X-Kind": "job"}
	for _, tt := range []struct {
		matchers []string
		want     bool
	}{
		{nil, true},
		{[]string{`from="backup@example.net"`}, true},
		{[]string{`from="backup"`}, false},
		{[]string{`from!="backup"`}, true},
		{[]string{`subject=~"Backup .*"`}, true},
		{[]string{`subject=~"Backup"`}, false}, // the whole value
		{[]string{`subject=~"(?i)BACKUP.*"`}, true},
		{[]string{`subject=~".*(failed|broken)"`}, true},
		{[]string{`subject=~"(Back)+up .* failed"`}, true},
		{[]string{`subject!~"Backup .*"`}, false},
		{[]string{`header:X-Kind="job"`, `subject=~".* failed"`}, true},
		{[]string{`header:X-Kind="job"`, `subject=~".* ok"`}, false},
		{[]string{`header:X-Other=""`}, true},
	} {
		list, err := Parse(tt.matchers, names)
		if err != nil {
			t.Fatal(err)
		}
		if got := list.Match(func(name string) string { return mail[name] }); got != tt.want {
			t.Errorf("%q: %t, want %t", tt.matchers, got, tt.want)
		}
	}
}

func TestAMatcherThatIsWrongIsNamedWithWhatWouldBeRight(t *testing.T) {
	for text, want := range map[string]string{
		`subject`:               `write NAME, one of = != =~ !~, and a text in quotes`,
		`subject=~"("`:          `is not a matcher`,
		`sender="x"`:            `there is no "sender"; take one of from, subject, header:NAME, status, severity`,
		`status="okay"`:         `no mail has such a status; take one of problem, warning, recovery, ok, info`,
		`severity=~"crit|high"`: `no mail has such a severity; take one of critical, error, warning, info`,
		`header:="x"`:           `there is no "header:"`,
		`{subject="a"`:          `is not a matcher`,
	} {
		if _, err := Parse([]string{text}, names); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestMatchersThatTakeEveryMailAreKnown(t *testing.T) {
	for text, want := range map[string]bool{`subject=~".*"`: true, `subject!="x"`: true, `subject=~".+"`: true, `from=~".*@.*"`: true, `from=~".*@srv1.*"`: false, `header:X=~".+"`: false, `subject=""`: false} {
		list, err := Parse([]string{text}, names)
		if err != nil {
			t.Fatal(err)
		}
		if got := list.MatchesAll(); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}

func TestTheFirstMatchersThatHoldAreFound(t *testing.T) {
	texts := [][]string{
		{`subject=~"Backup .*"`, `from="a@example.net"`},
		{`subject=~"Back.*"`},
		{`from=~".*@example.net"`, `subject!~"Back.*"`},
		{`header:X-Kind=~".+"`},
		{`header:X-Kind=""`, `subject="ok"`},
		{`subject=~"(?i)re: .*"`},
		{`subject=~"x|yes .*"`},
		{`subject!="no"`, `subject!~"[a-z]*"`},
	}
	var list []Matchers
	for _, text := range texts {
		list = append(list, parsed(t, text...))
	}
	index := NewIndex(list)
	found := make(map[int]bool)
	for _, from := range []string{"", "a@example.net", "b@example.net", "c@d"} {
		for _, subject := range []string{"", "Backup done", "Backup", "RE: hello", "ok", "x", "yes sir", "no", "1"} {
			for _, kind := range []string{"", "job"} {
				mail := map[string]string{"from": from, "subject": subject, "header:X-Kind": kind}
				value := func(name string) string { return mail[name] }
				want := slices.IndexFunc(list, func(m Matchers) bool { return m.Match(value) })
				if got := index.First(value); got != want {
					t.Errorf("%q: %d, want %d", mail, got, want)
				}
				found[want] = true
			}
		}
	}
	if len(found) != len(list)+1 {
		t.Errorf("found %v", found)
	}
}

func TestMatchersThatCannotHoldCostNothing(t *testing.T) {
	asked := func(senders int) (n int) {
		var list []Matchers
		for i := range senders {
			list = append(list, parsed(t, fmt.Sprintf(`subject=~"%c%03d: .*"`, 'a'+i%26, i), `header:X-Kind="job"`))
		}
		if got := NewIndex(list).First(func(string) string { n++; return "Backup of srv7 failed" }); got != -1 {
			t.Errorf("found %d", got)
		}
		return n
	}
	if few, many := asked(50), asked(800); many > few {
		t.Errorf("50 senders: %d values asked for, 800: %d", few, many)
	}
}

func parsed(t *testing.T, texts ...string) Matchers {
	t.Helper()
	list, err := Parse(texts, names)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func FuzzParse(f *testing.F) {
	f.Add(`subject=~"Backup .*"`, "Backup of srv7")
	f.Add(`header:X!~"a|b"`, "")
	f.Fuzz(func(t *testing.T, text, value string) {
		list, err := Parse([]string{text}, names)
		if err != nil {
			return
		}
		// What is looked for first must never hide a match.
		plain := list[0].Matches(value)
		if got := list.Match(func(string) string { return value }); got != plain {
			t.Errorf("%q of %q: %t, want %t", text, value, got, plain)
		}
		all := []Matchers{parsed(t, `subject="another"`), list, nil}
		same := func(string) string { return value }
		want := slices.IndexFunc(all, func(m Matchers) bool { return m.Match(same) })
		if got := NewIndex(all).First(same); got != want {
			t.Errorf("%q of %q: the first is %d, want %d", text, value, got, want)
		}
	})
}
