package render

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

var longAgo = night.Add(-49 * 24 * time.Hour)

// withNews returns a group of variants with the states and counts given.
func withNews(counts ...any) Group {
	g := Group{Title: "t"}
	for i := 0; i < len(counts); i += 2 {
		v := Variant{News: News{State: counts[i].(State)}, Count: counts[i+1].(int)}
		if v.News.State != New {
			v.News.Since = longAgo
		}
		g.Variants = append(g.Variants, v)
		g.Count += v.Count
	}
	g.noteNews()
	return g
}

func TestAGroupHasTheMostAlarmingNewsOfItsErrors(t *testing.T) {
	tests := []struct {
		name  string
		group Group
		state State
		count int // that the news is about
		past  string
	}{
		{"nothing", withNews(), "", 0, ""},
		{"one that is new", withNews(New, 7), New, 0, "never seen before"},
		{"two that are new", withNews(New, 7, New, 1), New, 0, "never seen before"},
		{"one new among many that go on", withNews(Ongoing, 90, New, 2, New, 1), New, 3, "the others known since 2026-01-19 03:17 CET"},
		{"one back among many that go on", withNews(Ongoing, 90, Back, 2), Back, 2, "the others known since 2026-01-19 03:17 CET"},
		{"new before back", withNews(Back, 9, New, 2), New, 2, "the others known since 2026-01-19 03:17 CET"},
		{"all go on", withNews(Ongoing, 90, Ongoing, 2), Ongoing, 0, "known since 2026-01-19 03:17 CET"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.group.News.State != tt.state || tt.group.NewsCount != tt.count {
				t.Errorf("got %s of %d mails, want %s of %d", tt.group.News.State, tt.group.NewsCount, tt.state, tt.count)
			}
			if got := pastOf(tt.group); got != tt.past {
				t.Errorf("got %q, want %q", got, tt.past)
			}
			for i, v := range tt.group.Variants {
				if i > 0 && v.News.State.rank() > tt.group.Variants[i-1].News.State.rank() {
					t.Errorf("error %d is more alarming than the one before", i)
				}
				if badge := newBareView(v, tt.group).Badge; (badge != "") != (tt.count > 0) {
					t.Errorf("error %d has the badge %q in a group with %d", i, badge, tt.count)
				}
			}
		})
	}
}

func TestWhatFollowsAFirstMailSaysSo(t *testing.T) {
	b := collect(t, store.Limits{}, plain("disk full", "no space left on sda", 30), plain("disk full", "no space left on sda", 31), plain("other", "x", 32))
	s := NewSummary(b, origin1, night.Add(5*time.Minute))
	s.NoteAhead(func(group string) Ahead {
		if group != "subject disk full" {
			return Ahead{}
		}
		return Ahead{At: night.UTC(), Count: 1, Fingerprints: []string{b.Groups[0].Variants[0].Fingerprint}}
	})
	if s.New != 1 || s.Groups[0].News.State != New || s.Groups[1].News.State != Ongoing {
		t.Errorf("%d new groups, the states are %s and %s", s.New, s.Groups[0].News.State, s.Groups[1].News.State)
	}
	_, text, html := parts(t, render(t, s).Raw)
	for _, body := range []string{text, html} {
		if want := "2 more after the one sent at 03:17:42 CET (3 in all)"; !strings.Contains(body, want) {
			t.Errorf("nothing says %q:\n%s", want, text)
		}
	}
	if strings.Count(text, "sent at") != 1 {
		t.Errorf("the other error pretends to have been sent:\n%s", text)
	}
}

func TestLabelsSayWhichPlaceItIs(t *testing.T) {
	tests := []struct{ name, label, reason, want string }{
		{"words in front of the value", "port <num>", "host <host>, port <num> failed", "port <num>"},
		{"nothing between two values takes the words before both", " <num>", "job <num> <num> failed", "job <num> <num>"},
		{"a colon between them stays", ": <num>", "on disk <path>: <num> left", "on disk <path>: <num>"},
		{"no blank where there was none", "<num>", "at Connection@<num>", "at Connection@<num>"},
		{"at the beginning there are none", "<num>", "<num> failed", "<num>"},
		{"a label that is not in the reason", ", <num>", "other", "<num>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := labelWords(tt.label, tt.reason); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestATitleThatSaysAllNeedsNoHeading(t *testing.T) {
	tests := []struct {
		name, title, reason string
		heading             string
	}{
		{"the same", "disk full", "disk full", ""},
		{"cut", "disk fu…", "disk full", ""},
		{"other", "ERROR", "disk full", "disk full"},
		{"cut to nothing", "…", "disk full", "disk full"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := Group{Title: tt.title, Variants: []Variant{{Reason: tt.reason}}}
			if got := newBareView(g.Variants[0], g).Heading; got != tt.heading {
				t.Errorf("got %q, want %q", got, tt.heading)
			}
		})
	}
}

func TestValuesThatAllMailsShareStandInTheTitle(t *testing.T) {
	fingerprint := func(text string, n int) *Summary {
		var letters []letter
		for i := range n {
			letters = append(letters, plain("alert", strings.ReplaceAll(text, "#", string(rune('1'+i))), i))
		}
		b := collect(t, store.Limits{}, letters...)
		b.Groups[0].Title = b.Groups[0].Variants[0].Reason // as with --group=fingerprint
		return NewSummary(b, origin1, night.Add(time.Minute))
	}
	for text, want := range map[string]string{
		"HTTP 503 from backend 7": "HTTP 503 from backend 7",
		"HTTP 503 from backend #": "HTTP 503 from backend <num>",
	} {
		if got := fingerprint(text, 3).Groups[0].Title; got != want {
			t.Errorf("of mails saying %q the title is %q, want %q", text, got, want)
		}
	}
}

func TestMailsWithoutATextSaySo(t *testing.T) {
	for name, want := range map[string]string{onlyPDF: "only what is attached", "Subject: ping\n\n": "the mail has no text", attachmentsMail: ""} {
		_, text, _ := parts(t, summarize(t, letter{raw: name, at: night}).Raw)
		if got := strings.Contains(text, "the mail has no text"); got != (want != "") || !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
}

func TestASummaryOfWhatGoesOnSaysThatThereAreNewValues(t *testing.T) {
	ongoing := func(values ...string) Group {
		return Group{Variants: []Variant{{News: News{State: Ongoing}, NewValues: values}}}
	}
	for want, groups := range map[string][]Group{
		"1 ongoing":                        {ongoing()},
		"2 ongoing (1 with new values)":    {ongoing(), ongoing("export_invoices")},
		"2 ongoing with new values":        {ongoing("a"), ongoing("export_invoices")},
		"1 new, 1 ongoing with new values": {{Variants: []Variant{{News: News{State: New}}}}, ongoing("export_invoices")},
		"1 new, 1 ongoing":                 {{Variants: []Variant{{News: News{State: New}, NewValues: []string{"a"}}}}, ongoing()},
	} {
		if got := standing(&Summary{Groups: groups}, ""); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWhatIsMostAlarmingStandsFirst(t *testing.T) {
	group := func(title string, variants ...Variant) Group {
		g := Group{Title: title, Variants: variants}
		for _, v := range variants {
			g.Count += v.Count
		}
		g.noteNews()
		return g
	}
	variant := func(reason string, state State, count int) Variant {
		return Variant{Reason: reason, News: News{State: state}, Count: count}
	}
	frequent := group("frequent", variant("x", Ongoing, 5000))
	for _, tt := range []struct {
		name   string
		groups []Group
		want   string
		count  int
	}{
		{"what is new before what is frequent", []Group{frequent, group("new", variant("x", New, 1))}, "new: x", 1},
		{"what is back before what goes on", []Group{frequent, group("back", variant("x", Back, 2))}, "back: x", 2},
		{"what is new before what is back", []Group{group("back", variant("x", Back, 9)), group("new", variant("x", New, 1))}, "new: x", 1},
		{"then what is frequent", []Group{group("rare", variant("x", New, 1)), group("frequent", variant("x", New, 2))}, "frequent: x", 2},
		{"of several under a headline it is the one", []Group{frequent, group("headline", variant("known", Ongoing, 900), variant("fresh", New, 3))}, "fresh", 3},
		{"what is over comes last", []Group{group("over", variant("x", Over, 9)), frequent}, "frequent: x", 5000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &Summary{Groups: slices.Clone(tt.groups)}
			title, v := Foremost(&Summary{}, &Summary{Groups: tt.groups[:1]}, &Summary{Groups: tt.groups[1:]})
			if s.sortNews(); title != tt.want || v.Count != tt.count || s.Groups[0].top() != tt.want {
				t.Errorf("got %q with %d mails, and %q first in the summary; want %q with %d", title, v.Count, s.Groups[0].top(), tt.want, tt.count)
			}
		})
	}
	if title, v := Foremost(); title != "" || v.Count != 0 {
		t.Errorf("of none, %q and %+v", title, v)
	}
}
