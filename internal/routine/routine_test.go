package routine

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// A node is one of those that share a notebook.
type node struct {
	*Book
	t     *testing.T
	list  *expect.List
	alarm bool
	log   strings.Builder
}

func newNode(t *testing.T, notebook store.Notebook, configured ...expect.Expectation) *node {
	t.Helper()
	list, err := expect.New(configured, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, list: list}
	n.Book = New(Config{
		Notebook: notebook, Settings: func() *expect.List { return n.list }, Alarm: func() bool { return n.alarm },
		Redact: func(text string) string { return strings.ReplaceAll(text, "secret", "***") }, Zone: time.UTC,
		Logger: slog.New(slog.NewTextHandler(&n.log, nil)),
	})
	n.sync()
	return n
}

func (n *node) sync() {
	n.t.Helper()
	if err := n.Sync(n.t.Context()); err != nil {
		n.t.Fatal(err)
	}
}

// came brings a mail of a job, which says a status.
func (n *node) came(object string, status meaning.Status, at time.Time) {
	m := message.New("backup@srv7.example", []string{"ops@example.net"}, []byte("Subject: "+object+" ended\r\n\r\n"))
	m.Received = at
	m.Meaning = meaning.Meaning{Status: status, Source: "backup@srv7.example", Object: object}
	n.Came(m, n.List().Of(m))
}

// days brings a good mail a day, until today.
func (n *node) days(object string, count int) {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	for i := range count {
		n.came(object, meaning.OK, today.AddDate(0, 0, i-count+1).Add(-2*time.Hour))
	}
}

func (n *node) proposed() (names string) {
	for _, s := range n.Proposals() {
		names += s.Name + ", " + s.Every + ";"
	}
	return names
}

func (n *node) expected() (names string) {
	for _, j := range n.List().Jobs() {
		names += j.Name + ", " + string(j.Kind) + ", " + j.Every + ";"
	}
	return names
}

func (n *node) want(expected, proposed string) {
	n.t.Helper()
	if got := n.expected(); got != expected {
		n.t.Errorf("expects %q, want %q", got, expected)
	}
	if got := n.proposed(); got != proposed {
		n.t.Errorf("proposes %q, want %q", got, proposed)
	}
}

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A bubble begins on a Saturday, so that two weeks of days have weekends.
func TestWhatComesRegularlyIsProposedAndExpectedOnceConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := memory.New(store.Limits{})
		one, other := newNode(t, engine), newNode(t, engine)
		one.days("backup srv7", 14)
		for i := range 14 { // what fails is no routine
			one.came("raid", meaning.Problem, time.Now().AddDate(0, 0, i-14))
		}
		one.want("", "backup srv7, daily 22:00;") // at once here, and soon elsewhere
		other.sync()
		other.want("", "")
		one.sync()
		other.sync()
		other.want("", "backup srv7, daily 22:00;")

		do(t, other.Confirm(t.Context(), "backup srv7"))
		other.want("backup srv7, confirmed, daily 22:00;", "")
		one.sync()
		one.want("backup srv7, confirmed, daily 22:00;", "")
		if last := one.Last(one.List().Jobs()[0]); last.From != "backup@srv7.example" || len(last.To) != 1 || time.Since(last.At) > 3*time.Hour {
			t.Errorf("%+v", last)
		}
		again := newNode(t, engine)
		again.want("backup srv7, confirmed, daily 22:00;", "")
		m := message.New("x@y", []string{"ops@example.net"}, []byte("Subject: s\r\n\r\n"))
		m.Meaning = meaning.Meaning{Status: meaning.Problem, Source: "backup@srv7.example", Object: "backup srv7"}
		if jobs := again.List().Of(m); len(jobs) != 1 {
			t.Errorf("a failure is %d of those that are expected", len(jobs))
		}

		do(t, one.Drop(t.Context(), "backup srv7"))
		one.want("", "")
		other.sync()
		other.days("backup srv7", 1)
		other.sync()
		other.want("", "")
		if err := other.Confirm(t.Context(), "backup srv7"); !errors.Is(err, expect.ErrUnknown) {
			t.Errorf("%v", err)
		}
	})
}

func TestAProposalThatIsDroppedIsNotProposedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, memory.New(store.Limits{}))
		n.days("a", 8)
		n.days("b", 8)
		n.sync()
		do(t, n.Drop(t.Context(), "a"))
		n.want("", "b, daily 22:00;")
		if err := n.Drop(t.Context(), "a"); !errors.Is(err, expect.ErrUnknown) {
			t.Errorf("%v", err)
		}
	})
}

func TestWhatIsSureAlarmsIfThatIsWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, memory.New(store.Limits{}))
		n.days("for a week", 8)
		n.days("for some days", 4)
		n.sync()
		n.alarm = true
		n.want("for a week, learned, daily 22:00;", "for some days, Mon-Fri 22:00;")
		do(t, n.Drop(t.Context(), "for a week"))
		n.want("", "for some days, Mon-Fri 22:00;")
	})
}

func TestAScheduleFollowsTheMails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, memory.New(store.Limits{}))
		n.days("backup", 4)
		n.sync()
		do(t, n.Confirm(t.Context(), "backup"))
		n.want("backup, confirmed, Mon-Fri 22:00;", "")
		before := n.List()
		for range 10 {
			time.Sleep(24 * time.Hour)
			n.days("backup", 1)
			n.sync()
		}
		n.want("backup, confirmed, daily 22:00;", "")
		if n.List() == before {
			t.Error("the list is not the one in force")
		}
		time.Sleep(20 * 24 * time.Hour) // nothing comes any more
		n.days("other", 1)
		n.sync()
		n.want("backup, confirmed, daily 22:00;", "")
	})
}

func TestWhatIsAddedIsExpectedAndNotProposed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		configured := expect.Expectation{Name: "nas", Match: []string{`subject=~"nas .*"`}, Every: "1d"}
		n := newNode(t, memory.New(store.Limits{}), configured)
		n.days("nas", 8)
		n.days("backup srv7", 8)
		n.sync()
		n.want("nas, configured, 1d;", "backup srv7, daily 22:00;")
		mine := expect.Expectation{Name: "mine", Match: []string{`from="backup@srv7.example"`, `subject=~"backup .*"`}, Every: "daily 01:00", Within: time.Hour, To: []string{"me@example.net"}}
		found, err := n.Matches(t.Context(), mine)
		if err != nil || len(found) != 1 || found[0].Subject != "backup srv7 ended" || found[0].Every != "daily 22:00" {
			t.Errorf("%+v, %v", found, err)
		}
		do(t, n.Add(t.Context(), mine))
		n.want("nas, configured, 1d;mine, added, daily 01:00;", "")
		j := n.List().Jobs()[1]
		if j.Within != time.Hour || j.To[0] != "me@example.net" || n.Last(j).From != "" {
			t.Errorf("%+v", j)
		}
		for name, want := range map[string]error{"nas": expect.ErrTaken, "mine": expect.ErrTaken} {
			taken := mine
			taken.Name = name
			if err := n.Add(t.Context(), taken); !errors.Is(err, want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := n.Drop(t.Context(), "nas"); !errors.Is(err, expect.ErrConfigured) {
			t.Errorf("%v", err)
		}
		do(t, n.Drop(t.Context(), "mine"))
		n.days("backup srv7", 1)
		n.want("nas, configured, 1d;", "backup srv7, daily 22:00;")
		if _, err := n.Matches(t.Context(), expect.Expectation{}); err == nil {
			t.Error("took one that is wrong")
		}
	})
}

func TestNamesAreRedactedAndDiffer(t *testing.T) {
	n := newNode(t, nil)
	taken := make(map[string]bool)
	for _, tt := range []struct {
		thing meaning.Thing
		want  string
	}{
		{meaning.Thing{Source: "veeam", Sender: "v@srv7", Object: "daily"}, "veeam daily"},
		{meaning.Thing{Source: "veeam", Sender: "v@srv8", Object: "daily"}, "veeam daily of v@srv8"},
		{meaning.Thing{Source: "backup", Sender: "v@srv8", Object: "Backup srv7"}, "Backup srv7"},
		{meaning.Thing{Source: "b@srv9", Object: "Backup srv7"}, "Backup srv7 of b@srv9"},
		{meaning.Thing{Source: "b@srv9", Object: "Backup  srv7"}, "Backup srv7 of b@srv9 (2)"},
		{meaning.Thing{Source: "b@srv9", Object: "secret"}, "***"},
	} {
		one := &thing{Thing: tt.thing}
		one.name(n.config.Redact, taken)
		taken[one.Name] = true
		if one.Name != tt.want {
			t.Errorf("%v is called %q, want %q", tt.thing, one.Name, tt.want)
		}
	}
}
