package batch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/recognise"
	"github.com/hut8labs/failmail/pkg/store"
)

// A desk classifies mails as a proxy does that learns at once, and counts them.
type desk struct {
	classifier *batch.Classifier
	counted    store.Batch
}

func newDesk(t testing.TB, group string) *desk {
	c := standard(t)
	c.Group, c.Families = compile(t, group), &family.Families{}
	return &desk{classifier: c}
}

var noon = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

func (d *desk) receive(t testing.TB, subject, text string) store.Entry {
	m := message.New("app@web1", []string{"ops@x"}, []byte("Subject: "+subject+"\n\n"+text+"\n"))
	m.Received = noon.Add(time.Duration(d.counted.Count) * time.Second)
	m.Helo = fmt.Sprintf("web%d", d.counted.Count%3)
	e := only(t, d.classifier.Classify(m))
	d.counted.Add(&e, store.Limits{}.WithDefaults())
	for _, text := range d.classifier.Families.Noted() {
		d.classifier.Families.Learn(text)
	}
	return e
}

// outline says which headlines and entries there are, with their counts.
func outline(b *store.Batch) string {
	var out strings.Builder
	for _, g := range b.Groups {
		fmt.Fprintf(&out, "%d %s\n", g.Count, g.Title)
		for _, v := range g.Variants {
			fmt.Fprintf(&out, "  %d %s\n", v.Count, v.Reason)
		}
	}
	return out.String()
}

func TestAnErrorIsOneEntryWhateverItsSubjectIs(t *testing.T) {
	d := newDesk(t, batch.DefaultGroup)
	for i := range 104 {
		d.receive(t, fmt.Sprintf("[Django] ERROR: Internal Server Error: /%c%c/", 'a'+i%26, 'a'+i/26), pythonTrace)
	}
	d.receive(t, "[Django] ERROR: Internal Server Error: /zz/", javaTrace)
	b := batch.Present(&d.counted, d.classifier.Families)
	if len(b.Groups) != 2 || b.Groups[0].Count != 104 || len(b.Groups[0].Variants) != 1 || b.Groups[0].Variants[0].Count != 104 {
		t.Errorf("104 mails with one trace and one with another became\n%s", outline(b))
	}
	if hosts := b.Groups[0].Hosts; len(hosts) != 3 || hosts["web0"]+hosts["web1"]+hosts["web2"] != 104 {
		t.Errorf("the hosts are %v", hosts)
	}
}

func TestEntriesStandUnderTheHeadlineOfTheirSubject(t *testing.T) {
	for name, test := range map[string]struct {
		group string
		mails [][2]string
		want  string
	}{
		"errors under one subject": {batch.DefaultGroup, [][2]string{{"[shop] ERROR", "disk sda is full"}, {"[shop] ERROR", "login of anna failed"}, {"[shop] ERROR", "disk sda is full"}},
			"3 [shop] ERROR\n  2 disk sda is full\n  1 login of anna failed\n"},
		"subjects that differ in values": {batch.DefaultGroup, [][2]string{{"order 17 failed", "card was refused"}, {"order 18 failed", "card was refused"}},
			"2 order <num> failed\n  2 card was refused\n"},
		"values that all mails share": {batch.DefaultGroup, [][2]string{{"order 17 failed", "card was refused"}, {"order 17 failed", "card was refused"}},
			"2 order 17 failed\n  2 card was refused\n"},
		"a group that a user made": {"{{match `[0-9]+` .Subject}}", [][2]string{{"order 17 failed", "card was refused"}, {"order 18 failed", "card was refused"}},
			"1 17\n  1 card was refused\n1 18\n  1 card was refused\n"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, test.group)
			for _, mail := range test.mails {
				d.receive(t, mail[0], mail[1])
			}
			if got := outline(batch.Present(&d.counted, d.classifier.Families)); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

func TestWhatWasLearnedMeanwhileIsOneEntry(t *testing.T) {
	d := newDesk(t, batch.DefaultGroup)
	for _, job := range []string{"import_customers", "sync_invoices", "sync_invoices", "nightly_report", "export_orders"} {
		d.receive(t, "Job "+job+" failed", "error: the job "+job+" exited with code 1")
	}
	if len(d.counted.Groups) != 3 {
		t.Fatalf("counted as\n%s", outline(&d.counted))
	}
	b := batch.Present(&d.counted, d.classifier.Families)
	if got, want := outline(b), "5 Job <…> failed\n  5 error: the job <…> exited with code 1\n"; got != want {
		t.Fatalf("got\n%swant\n%s", got, want)
	}
	variations := b.Groups[0].Variants[0].Varying.Variations()
	if len(variations) != 1 || variations[0].Distinct != 4 || variations[0].Top[0] != (store.CountedValue{Text: "sync_invoices", Count: 2}) {
		t.Errorf("what varies is %+v", variations)
	}
	if b.Groups[0].Variants[0].NewValues != nil {
		t.Errorf("in a new family %q are new", b.Groups[0].Variants[0].NewValues)
	}
}

func TestAnEntryOfSeveralPlacesTellsEachAndShowsItsFirstMail(t *testing.T) {
	d := newDesk(t, batch.DefaultGroup)
	for _, place := range [][2]string{{"anna", "alpha"}, {"ben", "beta"}, {"carl", "gamma"}, {"dora", "delta"}, {"emil", "beta"}} {
		d.receive(t, "Copy for owner "+place[0]+" failed on host "+place[1], "the copy for owner "+place[0]+" did not reach the host")
	}
	slices.Reverse(d.counted.Groups) // as the most frequent ones come first
	b := batch.Present(&d.counted, d.classifier.Families)
	if got, want := outline(b), "5 Copy for owner <…> failed on host <…>\n  5 the copy for owner <…> did not reach the host\n"; got != want {
		t.Fatalf("got\n%swant\n%s", got, want)
	}
	v := b.Groups[0].Variants[0]
	if !strings.Contains(string(v.Sample), "anna") {
		t.Errorf("it shows %q", v.Sample)
	}
	counted := make(map[string]int)
	for _, variation := range v.Varying.Variations() {
		counted[variation.Label] = variation.Distinct
	}
	if counted["for owner <…>"] != 5 || counted["on host <…>"] != 4 {
		t.Errorf("what varies is %v", counted)
	}
}

func TestAHeadlineThatIsTheSubjectShowsWhatVaries(t *testing.T) {
	d := newDesk(t, batch.DefaultGroup)
	var err error
	if d.classifier.Meanings, err = recognise.New(nil); err != nil {
		t.Fatal(err)
	}
	for _, job := range []string{"load_a", "load_b", "load_c"} {
		d.receive(t, "Job "+job+" failed", "the job "+job+" has failed.\nReason: license expired")
	}
	if got, want := outline(batch.Present(&d.counted, d.classifier.Families)), "3 Job <…> failed\n  3 Job <…> failed\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestAValueThatWasNeverSeenIsToldAndNotMuted(t *testing.T) {
	d := newDesk(t, batch.DefaultGroup)
	for _, job := range []string{"import_customers", "sync_invoices", "nightly_report"} {
		d.receive(t, "Job "+job+" failed", "x")
	}
	known := d.receive(t, "Job import_customers failed", "x")
	mutes := &batch.Mutes{}
	mutes.Set([]store.Mute{{ID: 1, Fingerprint: known.Fingerprint, Created: noon.Add(time.Minute), Until: noon.Add(3 * time.Hour)}})
	d.classifier.Mutes = mutes
	if e := d.receive(t, "Job sync_invoices failed", "x"); e.MutedUntil.IsZero() {
		t.Error("another value of a muted family is not muted")
	}
	var next store.Batch
	for i := range 2 { // new when the mute was made, and so for as long as that is in force
		m := message.New("a@x", nil, []byte("Subject: Job export_orders failed\n\nx\n"))
		m.Received = noon.Add(time.Duration(2+i) * time.Hour).Add(-time.Second)
		e := only(t, d.classifier.Classify(m))
		if !e.MutedUntil.IsZero() || e.Fingerprint != known.Fingerprint {
			t.Errorf("a new value is muted, or stands alone: %+v", e)
		}
		for _, text := range d.classifier.Families.Noted() {
			d.classifier.Families.Learn(text)
		}
		if i == 0 {
			next.Add(&e, store.Limits{}.WithDefaults())
		}
	}
	b := batch.Present(&next, d.classifier.Families)
	if v := b.Groups[0].Variants[0]; len(v.NewValues) != 1 || v.NewValues[0] != "export_orders" {
		t.Errorf("the new values are %q", v.NewValues)
	}
}

func TestANewValueIsToldThoughItHasANumberOrAFamilyHasTooMany(t *testing.T) {
	for name, flood := range map[string]int{"of few": 5, "of more than are remembered": 700} {
		d := newDesk(t, batch.DefaultGroup)
		for i := range flood {
			d.receive(t, "Node alert", fmt.Sprintf("node web_%c%c%c does not answer the controller", 'a'+i/26/26, 'a'+i/26%26, 'a'+i%26))
		}
		at := noon
		later := func(nodes ...string) *store.Group {
			var next store.Batch
			for _, node := range nodes {
				m := message.New("a@x", nil, []byte("Subject: Node alert\n\nnode "+node+" does not answer the controller\n"))
				at = at.Add(time.Hour)
				m.Received = at
				e := only(t, d.classifier.Classify(m))
				for _, text := range d.classifier.Families.Noted() {
					d.classifier.Families.Learn(text)
				}
				next.Add(&e, store.Limits{}.WithDefaults())
			}
			return batch.Present(&next, d.classifier.Families).Groups[0]
		}
		if v := later("vault_door").Variants[0]; !slices.Equal(v.NewValues, []string{"vault_door"}) {
			t.Errorf("%s: of one mail the new values are %q", name, v.NewValues)
		}
		g := later("mail07", "cash_desk")
		if v := g.Variants[0]; len(g.Variants) != 1 || !slices.Equal(v.NewValues, []string{"mail<num>", "cash_desk"}) && !slices.Equal(v.NewValues, []string{"cash_desk", "mail<num>"}) {
			t.Errorf("%s: %d entries, whose new values are %q", name, len(g.Variants), v.NewValues)
		} else if v.Reason != "node <…> does not answer the controller" {
			t.Errorf("%s: the headline is %q", name, v.Reason)
		}
	}
}

func ExamplePresent() {
	by, err := batch.Compile(batch.DefaultGroup)
	if err != nil {
		panic(err)
	}
	c := batch.Classifier{Batch: by, Group: by}
	var counted store.Batch
	for _, order := range []string{"17", "18"} {
		m := message.New("shop@example.com", []string{"ops@example.com"}, []byte("Subject: order "+order+" failed\n\ncard was refused by the bank\n"))
		for _, e := range c.Classify(m) {
			counted.Add(&e, store.Limits{}.WithDefaults())
		}
	}
	for _, headline := range batch.Present(&counted, nil).Groups {
		fmt.Println(headline.Count, headline.Title)
		for _, entry := range headline.Variants {
			fmt.Println(" ", entry.Count, entry.Reason)
		}
	}
	// Output:
	// 2 order <num> failed
	//   2 card was refused by the bank
}

func TestAMailSaysWhatItSaysWhenItWasWritten(t *testing.T) {
	came := time.Date(2026, 3, 9, 3, 17, 42, 500_000_000, time.UTC)
	at := func(date string, received time.Time) time.Time {
		m := message.New("nagios@mon1", []string{"ops@x"}, []byte("Subject: ** PROBLEM Service Alert: db1/Disk is CRITICAL **\nDate: "+date+"\n\nx\n"))
		m.Received = received
		recogniser, err := recognise.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		c := standard(t)
		c.Meanings = recogniser
		return only(t, c.Classify(m)).Said
	}
	const soon, before = "Mon, 9 Mar 2026 03:17:42 +0000", "Mon, 9 Mar 2026 03:17:41 +0000"
	for name, order := range map[string][2]time.Time{
		"of mails of one second the one that comes first":   {at(soon, came), at(soon, came.Add(time.Millisecond))},
		"of these also those that come hours later":         {at(soon, came.Add(time.Hour)), at(soon, came.Add(time.Hour+time.Second))},
		"the one that was written first, though it is late": {at(before, came.Add(time.Hour)), at(soon, came)},
	} {
		if !order[0].Before(order[1]) {
			t.Errorf("%s: %s is not before %s", name, order[0], order[1])
		}
	}
	for name, date := range map[string]string{
		"none": "", "nonsense": "yesterday", "a clock that is ahead": "Mon, 9 Mar 2026 03:17:50 +0000", "one without a battery": "Thu, 1 Jan 1970 00:00:17 +0000",
	} {
		if got := at(date, came); !got.Equal(came) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
