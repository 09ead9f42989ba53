package render

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// nagios is a mail of Nagios about a service of db1.
func nagios(kind, service, state string, seconds int) letter {
	return plain(fmt.Sprintf("** %s Service Alert: db1/%s is %s **", kind, service, state), "Service: "+service+"\nState: "+state, seconds)
}

// incidentLetters are a problem that stays, one that is over, one that came and went
// twice, the end of an earlier one, and mails that say that all is well.
func incidentLetters() []letter {
	return append([]letter{
		nagios("PROBLEM", "Disk /var", "CRITICAL", 0),
		nagios("PROBLEM", "HTTP", "CRITICAL", 10), nagios("RECOVERY", "HTTP", "OK", 250),
		nagios("RECOVERY", "Load", "OK", 20),
		plain("[web1] Down", "probe failed", 30), plain("[web1] Up", "", 40),
	}, plain("[web1] Down", "probe failed", 50), plain("[web1] Up", "", 70),
		plain("Backup of srv1 finished successfully", "0 errors", 80), plain("Backup of srv2 finished successfully", "0 errors", 90),
		plain("Report domain: example.net Submitter: google.com Report-ID: 8812331182", "This is a DMARC aggregate report.", 100))
}

func TestWhatIsOverIsNoLongerOpen(t *testing.T) {
	bad, good := func(seconds int) letter { return nagios("PROBLEM", "HTTP", "CRITICAL", seconds) }, func(seconds int) letter { return nagios("RECOVERY", "HTTP", "OK", seconds) }
	for _, tt := range []struct {
		name                 string
		letters              []letter
		open, over, news, ok int
		subject              string
	}{
		{"a problem", []letter{bad(0)}, 1, 0, 1, 0, "[failmail] 1 new: ** PROBLEM Service Alert: db1/HTTP is CRITICAL **"},
		{"a problem and its end", []letter{bad(0), good(60)}, 0, 1, 0, 0, "[failmail] all over: ** PROBLEM Service Alert: db1/HTTP is CRITICAL **"},
		{"an end before the problem", []letter{good(0), bad(60)}, 1, 0, 1, 0, "[failmail] 1 new: ** PROBLEM Service Alert: db1/HTTP is CRITICAL **"},
		{"an end without a problem", []letter{good(0)}, 0, 0, 0, 1, "[failmail] 1 ok"},
		{"the end of another one", []letter{bad(0), nagios("RECOVERY", "Disk /", "OK", 60)}, 1, 0, 1, 1, "[failmail] 1 new: ** PROBLEM Service Alert: db1/HTTP is CRITICAL **"},
		{"a problem that is back", []letter{bad(0), good(60), bad(90)}, 1, 0, 1, 0, "[failmail] 1 new: ** PROBLEM Service Alert: db1/HTTP is CRITICAL **"},
		{"a problem that is back with other words", []letter{nagios("PROBLEM", "HTTP", "WARNING", 0), good(60), bad(90)}, 1, 0, 1, 0, "[failmail] 1 new: ** PROBLEM Service Alert: db1/HTTP is CRITICAL **"},
		{"a problem with other words and its end", []letter{nagios("PROBLEM", "HTTP", "WARNING", 0), bad(60), good(90)}, 0, 1, 0, 0, "[failmail] all over: ** PROBLEM Service Alert: db1/HTTP is CRITICAL **"},
		{"an end of another object of the entry", []letter{plain("PROBLEM: disk full on srv7", "", 0), plain("PROBLEM: disk full on srv8", "", 1), plain("RESOLVED: disk full on srv7", "", 60)}, 1, 1, 1, 0, "[failmail] 1 new: PROBLEM: disk full on srv<num>"},
		{"the ends of all objects of the entry", []letter{plain("PROBLEM: disk full on srv7", "", 0), plain("PROBLEM: disk full on srv8", "", 1), plain("RESOLVED: disk full on srv8", "", 60), plain("RESOLVED: disk full on srv7", "", 61)}, 0, 2, 0, 0, "[failmail] all over: PROBLEM: disk full on srv<num>"},
		{"an end from somebody else", []letter{plain("web1 is down", "x", 0), {raw: "Subject: web1 is up\n\nx\n", at: night.Add(time.Minute)}}, 1, 0, 1, 1, "[failmail] 1 new: web1 is down"},
		{"only what is well", []letter{plain("Backup finished", "", 0), plain("Backup finished", "", 1)}, 0, 0, 0, 2, "[failmail] 2 ok"},
		{"what is well beside a problem", []letter{plain("Backup finished", "", 0), bad(1)}, 1, 0, 1, 1, "[failmail] 1 new: ** PROBLEM Service Alert: db1/HTTP is CRITICAL **"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := summaryOf(t, tt.letters...)
			if s.OpenCount() != tt.open || s.OverCount() != tt.over || s.NewCount() != tt.news || s.WellCount() != tt.ok {
				t.Errorf("%d open, %d over, %d new, %d ok; want %d, %d, %d, %d", s.OpenCount(), s.OverCount(), s.NewCount(), s.WellCount(), tt.open, tt.over, tt.news, tt.ok)
			}
			header, _, _ := parts(t, render(t, s).Raw)
			if subject, _ := header.Text("Subject"); subject != tt.subject {
				t.Errorf("subject %q, want %q", subject, tt.subject)
			}
			for name, want := range map[string]int{"Open": tt.open, "New": tt.news, "Over": tt.over, "Ok": tt.ok} {
				if got := header.Get("X-Failmail-" + name); got != fmt.Sprint(want) {
					t.Errorf("X-Failmail-%s: %s, want %d", name, got, want)
				}
			}
		})
	}
}

func TestAThingThatIsBackByOtherWordsIsNotNewBesideOneThatIs(t *testing.T) {
	host := func(name string, seconds int) letter {
		return plain(fmt.Sprintf("** PROBLEM Host Alert: %s is DOWN **", name), "Host: "+name+"\nState: DOWN", seconds)
	}
	over := store.Standing{Since: night.Add(-time.Hour), Bad: night.Add(-time.Hour), Good: night.Add(-time.Minute), Count: 1}
	b := collectKnown(t, store.Limits{}, map[string]store.Standing{"db1": over}, host("db1", 0), host("db2", 1))
	if s := NewSummary(b, origin1, night.Add(time.Minute)); s.OpenCount() != 2 || s.NewCount() != 1 {
		t.Errorf("%d open, %d new", s.OpenCount(), s.NewCount())
	}
}

func TestAnEntryNamesTheThingsThatAreOpenAndThoseThatAreOver(t *testing.T) {
	var letters []letter
	for i := range 9 {
		letters = append(letters, plain(fmt.Sprintf("PROBLEM: disk full on srv%d", i), "", i))
	}
	letters = append(letters, plain("RESOLVED: disk full on srv4", "", 60), plain("RESOLVED: disk full on srv2", "", 61))
	s := summaryOf(t, letters...)
	want := "open: disk on srv0, disk on srv1, disk on srv3, disk on srv5, disk on srv6, disk on srv7 and 1 more; over: disk on srv2, disk on srv4"
	if got := things(s.Groups[0].Variants[0], s.Groups[0].Title); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if _, text, _ := parts(t, render(t, s).Raw); !strings.Contains(text, want) {
		t.Errorf("the summary does not say so:\n%s", text)
	}
	if got := things(summaryOf(t, letters[0]).Groups[0].Variants[0], ""); got != "" {
		t.Errorf("of one thing: %q", got)
	}
}

func TestAnEntryUnderASubjectOfAnyReportNamesTheThing(t *testing.T) {
	s := summaryOf(t, plain("Backup report", "Host: srv7\r\nJob: nightly\r\nStatus: FAILED\r\nError: disk full\r\n", 0), plain("Backup report", "Host: srv9\r\nJob: weekly\r\nStatus: FAILED\r\nError: no route\r\n", 1))
	_, text, _ := parts(t, render(t, s).Raw)
	for _, want := range []string{"about srv7/nightly", "about srv9/weekly"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary does not say %q:\n%s", want, text)
		}
	}
}

func TestTheEndOfAProblemThatAnEarlierSummaryToldIsShown(t *testing.T) {
	standing := store.Standing{Since: night.Add(-time.Hour), Bad: night.Add(-time.Hour), Count: 1}
	of := func(standing store.Standing) *Summary {
		b := collectKnown(t, store.Limits{}, map[string]store.Standing{"db1/HTTP": standing}, nagios("RECOVERY", "HTTP", "OK", 60))
		return NewSummary(b, origin1, night.Add(5*time.Minute))
	}
	s := of(standing)
	if s.OverCount() != 1 || s.OpenCount() != 0 || s.WellCount() != 0 {
		t.Fatalf("%d over, %d open, %d ok", s.OverCount(), s.OpenCount(), s.WellCount())
	}
	if past := pastOf(s.Groups[0]); past != "over after 61 minutes, since 2026-03-09 02:17 CET" {
		t.Errorf("%q", past)
	}
	standing.Good = standing.Bad.Add(time.Minute) // it was over
	if s := of(standing); s.OverCount() != 0 || s.WellCount() != 1 {
		t.Errorf("%d over, %d ok", s.OverCount(), s.WellCount())
	}
}

func TestAProblemThatWasOverIsBack(t *testing.T) {
	b := collectKnown(t, store.Limits{}, map[string]store.Standing{
		"db1/HTTP": {Since: night.Add(-time.Minute), Bad: night, Good: night.Add(30 * time.Second), Count: 1},
	}, nagios("PROBLEM", "HTTP", "CRITICAL", 60))
	b.Groups[0].Variants[0].Seen = store.Seen{First: night.Add(-time.Minute), Last: night, Count: 1}
	if state := NewSummary(b, origin1, night.Add(5*time.Minute)).Groups[0].News.State; state != Back {
		t.Errorf("the state is %s", state)
	}
}

// Errors of several objects are one entry when only their names differ: what ends one of
// them says nothing of the others.
func TestTheEndOfOneOfSeveralThingsEndsNoEntryOfAllOfThem(t *testing.T) {
	var letters []letter
	for i := range 3 {
		letters = append(letters, plain(fmt.Sprintf("disk%d of nas is broken", i), "", i))
	}
	s := summaryOf(t, append(letters, plain("disk0 of nas is ok", "", 60))...)
	if s.OpenCount() != 2 || s.OverErrors() > 0 {
		t.Errorf("%d open, %d over", s.OpenCount(), s.OverCount())
	}
}

// A host that was never down is news among those that were, in one entry with them.
func TestAThingThatWasNeverBadIsNewInAnEntryThatIsKnown(t *testing.T) {
	b := &store.Batch{}
	for i, seen := range []int{1, 0, 0} {
		m := meaning.Meaning{Status: meaning.Problem, Source: "nagios", Object: fmt.Sprintf("db%d", i)}
		print := fmt.Sprintf("v2:0123456789abcdef+%016d", i)
		e := store.Entry{Group: print, Fingerprint: print, Title: "down", Reason: "no reply", Received: night, Meaning: m}
		b.Add(&e, store.Limits{}.WithDefaults())
		b.Groups[i].Variants[0].Seen = store.Seen{First: night.Add(-time.Hour), Last: night.Add(-time.Minute), Count: seen}
	}
	s := NewSummary(batch.Present(b, nil), origin1, night.Add(time.Minute))
	if s.OpenCount() != 3 || s.NewCount() != 2 || s.Errors() != 1 {
		t.Errorf("%d open, %d new in %d entries", s.OpenCount(), s.NewCount(), s.Errors())
	}
	if first := headline(s); !strings.HasPrefix(first, "1 ongoing error with new values") {
		t.Errorf("the first line is %q", first)
	}
	if past := pastOf(s.Groups[0]); past != "known since 2026-03-09 02:17 CET; 2 of 3 open were never seen before" {
		t.Errorf("%q", past)
	}
}

// An alert of a digest that another one counts is told, and counts no mail.
func TestADigestCountsAsOneMailWithItsAlerts(t *testing.T) {
	alerts := letter{raw: "From: am@example.net\nSubject: [FIRING:2] Load (node)\n\n[2] Firing\nLabels\nalertname = Load\ninstance = db1\nLabels\nalertname = Load\ninstance = web-frontend\nAnnotations\nsummary = high\n", at: night}
	s := summaryOf(t, alerts)
	if s.Count != 1 || s.Omitted != 0 || s.OpenCount() != 2 || s.LoudCount() != 1 {
		t.Errorf("%d mails, %d omitted, %d open", s.Count, s.Omitted, s.OpenCount())
	}
	if g := s.Groups[0]; len(s.Groups) != 1 || g.Count != 2 || g.Noun() != "alert" || len(g.Variants) != 2 {
		t.Errorf("%+v", s.Groups)
	}
	muted := Summary{Count: 2, Muted: []Muted{{What: "db1", Count: 2, Parts: 1}}}
	if muted.LoudCount() != 1 || muted.Muted[0].Noun() != "alert" || (Muted{}).Noun() != "mail" {
		t.Errorf("%d mails are not muted", muted.LoudCount())
	}
}

func TestInformationIsNeverAProblem(t *testing.T) {
	s := summaryOf(t, nagios("ACKNOWLEDGEMENT", "HTTP", "CRITICAL", 0), nagios("DOWNTIMESTART", "HTTP", "CRITICAL", 0))
	if s.OpenCount() != 0 || s.WellCount() != 2 {
		t.Errorf("%d open, %d ok", s.OpenCount(), s.WellCount())
	}
	if len(meaning.Statuses()) != 5 {
		t.Error("a status without a place in the summary")
	}
}
