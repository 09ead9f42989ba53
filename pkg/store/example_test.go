package store_test

import (
	"context"
	"fmt"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

var (
	night  = time.Date(2026, time.March, 9, 3, 17, 0, 0, time.UTC)
	window = store.Window{Wait: 30 * time.Second, MaxWait: 5 * time.Minute}
)

func entry(after time.Duration) store.Entry {
	return store.Entry{
		Group: "disk full", Title: "disk full", Fingerprint: "v1:1", Host: "db1",
		Recipients: []string{"ops@example.com"}, Received: night.Add(after), Window: window,
	}
}

// A batch from its first mail to the relay.
func Example() {
	ctx := context.Background()
	s := memory.New(store.Limits{})
	if err := s.Record(ctx, []store.Entry{entry(0), entry(time.Second)}); err != nil {
		fmt.Println(err)
	}
	due, err := s.NextDue(ctx)
	fmt.Println(due.Format(time.TimeOnly), err)

	b, err := s.Claim(ctx, due, time.Minute)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(b.Count, b.Groups[0].Title)
	err = s.Seal(ctx, b.ID, []store.Outgoing{{MessageID: "1@example.com", To: []string{"ops@example.com"}, Mail: []byte("Subject: 2 mails\r\n\r\n")}})
	if err != nil {
		fmt.Println(err)
	}
	pending, err := s.Pending(ctx)
	fmt.Println(pending.Batches, pending.Outbox, err)
	// Output:
	// 03:17:31 <nil>
	// 2 disk full
	// 0 1 <nil>
}

// Sessions that record at the same time share a commit.
func ExampleNewCommitter() {
	s := memory.New(store.Limits{})
	c := store.NewCommitter(s)
	fmt.Println(c.Record(context.Background(), entry(0)))
	c.Close()
	pending, err := s.Pending(context.Background())
	fmt.Println(pending.Mails, err)
	// Output:
	// <nil>
	// 1 <nil>
}

// Engines merge what a commit brings before they look at what they have.
func ExampleAdditions() {
	additions := store.Additions([]store.Entry{entry(0), entry(time.Second)}, nil, store.Limits{}.WithDefaults().Unbounded())
	fmt.Println(len(additions))
	// Output: 1
}

// Engines keep what varies as text.
func ExampleDecodeVarying() {
	var v store.Varying
	v.Add([]store.Value{{Text: "web1"}})
	v.Add([]store.Value{{Text: "web2"}})
	again, err := store.DecodeVarying(v.Encode())
	fmt.Println(again.Variations()[0].Distinct, err)
	// Output: 2 <nil>
}

// An engine with a journal writes down what a commit adds, and reads it back.
func ExampleEncodeAdditions() {
	additions := store.Additions([]store.Entry{entry(0), entry(time.Second)}, nil, store.Limits{}.Unbounded())
	encoded, err := store.EncodeAdditions(additions)
	if err != nil {
		fmt.Println(err)
	}
	decoded, err := store.DecodeAdditions(encoded)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(decoded[0].Count, decoded[0].Groups[0].Title)
	// Output: 2 disk full
}
