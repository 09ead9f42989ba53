package batch_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
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
	// Output: true Timeout after <num> ms on <ip>
}

// What no mail of a variant has differently need not be masked.
func ExampleSharedReason() {
	group, _ := batch.Compile(batch.DefaultGroup)
	c := batch.Classifier{Batch: group, Group: group}
	var b store.Batch
	for _, second := range []string{"3", "4"} {
		for _, e := range c.Classify(mailOf("Subject: shop\n\nHTTP 503 after " + second + " tries\n")) {
			b.Add(&e, store.Limits{}.WithDefaults())
		}
	}
	v := b.Groups[0].Variants[0]
	fmt.Println(v.Reason, "-", batch.SharedReason(v))
	// Output: HTTP <num> after <num> tries - HTTP 503 after <num> tries
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
	for _, e := range c.Classify(mailOf("Subject: disk full\n\nonly 17 bytes left\n")) {
		fmt.Println(e.Title, "-", e.Reason)
	}
	// Output: disk full - only <num> bytes left
}

// What a mute is about, before it is made.
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
