package batch_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/recognise"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

func mailOf(raw string) *message.Message {
	return message.New("app@web1.example.com", []string{"ops@example.com"}, []byte(raw))
}

func ExampleCompile() {
	m := mailOf("Subject: [shop] order 4711 failed\nX-Service: checkout\n\n")
	for _, expression := range []string{
		"subject", "masked-subject", "header:X-Service,from", `{{submatch "\\[(\\w+)\\]" .Subject}}`, "subjekt",
	} {
		grouper, err := batch.Compile(expression)
		if err != nil {
			fmt.Println("wrong")
			continue
		}
		fmt.Println(grouper.Group(m))
	}
	// Output:
	// [shop] order 4711 failed <nil>
	// [shop] order <num> failed <nil>
	// checkout / app@web1.example.com <nil>
	// shop <nil>
	// wrong
}

func ExampleKeys() {
	fmt.Println(slices.Contains(batch.Keys(), batch.DefaultGroup))
	// Output: true
}

func ExampleMask() {
	fmt.Println(batch.Mask("2026-03-09 03:17:42 user=anna from 203.0.113.7: order 4711 failed after 250ms"))
	// Output: <time> user=<user> from <ip>: order <num> failed after <duration>
}

// The same error on another machine, at another time, with other values.
func ExampleFingerprintOf() {
	one := batch.FingerprintOf(mailOf("Subject: ERROR\n\nTimeout after 3001 ms on 203.0.113.7\n"))
	two := batch.FingerprintOf(mailOf("Subject: ERROR\n\nTimeout after 47 ms on 198.51.100.2\n"))
	fmt.Println(one.ID == two.ID, one.Reason)
	// Output: true Timeout after <duration> on <ip>
}

// A Grouper from elsewhere cannot hold up the mails.
func ExampleGuard() {
	guarded := batch.Guard(batch.GrouperFunc(func(m *message.Message) (string, error) { return m.Host(), nil }))
	m := mailOf("Subject: x\n\n")
	m.Helo = "web1.example.com"
	fmt.Println(guarded.Group(m))
	// Output: web1.example.com <nil>
}

func ExampleParseMute() {
	now := time.Date(2026, time.March, 9, 3, 17, 0, 0, time.UTC)
	mute, err := batch.ParseMute("connection refused", "db maintenance", now, 2*time.Hour)
	fmt.Println(mute.Pattern, mute.Until.Format(time.TimeOnly), err)
	// Output: connection refused 05:17:00 <nil>
}

// A mail becomes what a store counts.
func ExampleClassifier() {
	byBatch, _ := batch.Compile(batch.DefaultBatch)
	byGroup, _ := batch.Compile(batch.DefaultGroup)
	c := batch.Classifier{Batch: byBatch, Group: byGroup, Window: store.Window{Wait: 30 * time.Second, MaxWait: 5 * time.Minute}}
	for _, e := range c.Classify(mailOf("Subject: disk full\n\nerror: only 17 bytes left\n")) {
		fmt.Println(e.Title, "-", e.Reason)
	}
	// Output: disk full - error: only <size> left
}

// What Failmail 1.0 knew an error by, so that its mutes go on.
func ExampleFormer() {
	fmt.Println(batch.Former(mailOf("Subject: disk full\n\nerror: only 17 bytes left\n")) == batch.Former(mailOf("Subject: disk full\n\nerror: only 18 bytes left\n")))
	// Output: true
}

func ExampleMutedThings() {
	p := &store.Problem{Things: []store.ProblemThing{
		{Thing: meaning.Thing{Source: "app@x", Object: "disk on srv8"}}, {Thing: meaning.Thing{Source: "app@x", Object: "disk on srv9"}},
	}}
	for _, thing := range batch.MutedThings(p) {
		fmt.Println(thing.Object)
	}
	// Output:
	// disk on srv8
	// disk on srv9
}

func ExampleMatching() {
	m, err := batch.ParseMute("^disk", "bigger ones are on their way", time.Now(), time.Hour)
	if err != nil {
		fmt.Println(err)
	}
	open := []*store.Batch{{Groups: []*store.Group{{Title: "disk full on db1", Count: 7}, {Title: "host down", Count: 1}}}}
	for _, match := range batch.Matching(m, open) {
		fmt.Println(match.Title, match.Mails)
	}
	fmt.Println(batch.MutesEverything(m))
	// Output:
	// disk full on db1 7
	// false
}

// What two occurrences of an error have in common.
func ExampleIdentityOf() {
	id := batch.IdentityOf(mailOf("Subject: [shop] ERROR\n\ndisk 97% full on db1\n"), batch.Said{})
	fmt.Println(id.Lines)
	id = batch.IdentityOf(mailOf("Subject: s\n\nTraceback (most recent call last):\n  File \"/srv/a.py\", line 88, in f\n    g()\nKeyError: 17\n"), batch.Said{})
	fmt.Println(id.Types, id.Frames)
	// Output:
	// [[shop] ERROR disk <num>% full on db<num>]
	// [KeyError] [a.py f]
}

// Fingerprints that a person has typed.
func ExampleCheckFingerprints() {
	fmt.Println(batch.CheckFingerprints("v2:0123456789abcdef", "v2:fedcba9876543210"))
	fmt.Println(batch.CheckFingerprints("v2:disk"))
	// Output:
	// <nil>
	// "v2:disk" is not a fingerprint: that is "v2:" and 16 hexadecimal digits, as failmail explain and the summaries show it
}

// The store counts an error of a known sender once for each thing it is about.
func ExampleWithoutThing() {
	fmt.Println(batch.WithoutThing("v2:0123456789abcdef+fedcba9876543210"))
	fmt.Println(batch.WithoutThing("v2:0123456789abcdef"))
	// Output:
	// v2:0123456789abcdef
	// v2:0123456789abcdef
}

// What an engine keeps of a problem has a headline as the summaries have it, and a batch
// says which problems its mails leave open.
func ExampleOpenProblems() {
	group := batch.GrouperFunc(func(*message.Message) (string, error) { return "disks", nil })
	c := &batch.Classifier{Batch: group, Group: group}
	s := memory.New(store.Limits{})
	if err := s.Record(context.Background(), c.Classify(mailOf("Subject: disk full\n\nerror: no space on /var\n"))); err != nil {
		fmt.Println(err)
	}
	open, err := s.Open(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for id := range batch.OpenProblems(open[0], nil) {
		p, _, err := s.Problem(context.Background(), id)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(batch.Headline(p, nil), p.Count)
	}
	// Output: error: no space on /var 1
}

// Whatever is wrong with a thing that a known sender watches is one entry.
func ExampleEntriesOf() {
	meanings, err := recognise.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	all := batch.GrouperFunc(func(*message.Message) (string, error) { return "", nil })
	bySubject, err := batch.Compile(batch.DefaultGroup)
	if err != nil {
		fmt.Println(err)
		return
	}
	c := &batch.Classifier{Batch: all, Group: bySubject, Meanings: meanings}
	var b store.Batch
	var fingerprints []string
	for _, subject := range []string{"UPS rack1@localhost on battery", "UPS rack1@localhost battery is low"} {
		for _, entry := range c.Classify(mailOf("Subject: NUT notification: " + subject + "\n\n" + subject + "\n")) {
			b.Add(&entry, store.Limits{}.WithDefaults())
			fingerprints = append(fingerprints, batch.WithoutThing(entry.Fingerprint))
		}
	}
	entries := batch.EntriesOf(&b, nil)
	fmt.Println(fingerprints[0] == fingerprints[1], entries.Of(fingerprints[0]) == entries.Of(fingerprints[1]))
	// Output: false true
}
