package render

import (
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/store"
)

// sampleSummaries are for trying templates: one with something in every field,
// and one with as little as can be, which takes the other branches.
func sampleSummaries() []*Summary {
	full := sampleSummary()
	bare := &Summary{
		MessageID: full.MessageID, Thread: full.Thread, From: full.From, To: full.To, Hostname: full.Hostname,
		Created: full.Created, Count: 1, First: full.First, Last: full.Last,
		Groups: []Group{{Number: 1, Title: "t", Count: 1, First: full.First, Last: full.Last, News: News{State: New},
			Variants: []Variant{{Reason: "t", Count: 1, First: full.First, Last: full.Last, News: News{State: New}}}}},
	}
	return []*Summary{full, bare}
}

// sampleSummary has something in every field, for trying templates.
func sampleSummary() *Summary {
	now := time.Date(2026, 3, 9, 3, 17, 42, 0, time.UTC)
	var varying store.Varying
	varying.Add([]store.Value{{Label: "order <num>", Text: "1"}})
	varying.Add([]store.Value{{Label: "order <num>", Text: "2"}})
	varying.Add([]store.Value{{Label: batch.MessageLabel, Text: "one"}})
	varying.Add([]store.Value{{Label: batch.MessageLabel, Text: "other"}})
	variant := Variant{
		Reason: "order <num> failed", Fingerprint: "v2:0123456789abcdef", Count: 2, First: now, Last: now,
		News: News{State: Back, Since: now, Before: now, Silence: time.Hour}, Varying: varying.Variations(),
		Problem: "0123456789abcdef", Page: "https://example.com/problems/0123456789abcdef", Remarks: []string{"owner: ann"},
		Sample: Sample{Subject: "s", From: "app@example.com", Text: "order 1 failed\n", Raw: []byte("x"), Size: 2, Problem: "p", Redacted: true, Cleaned: true,
			Attachments: []Attachment{{Name: "a", Type: "text/plain", Size: 1}}},
	}
	return &Summary{
		MessageID: "1@example.com", Thread: "2@example.com", From: "failmail@example.com", To: []string{"ops@example.com"},
		Hostname: "example.com", Batch: "b", Created: now, Count: 5, First: now, Last: now, New: 1, Omitted: 1, Early: true, HeldSince: now, HeldWhy: "h",
		Groups: []Group{{Number: 1, Title: "t", Count: 3, NewsCount: 2, Ahead: Ahead{now, 1, []string{variant.Fingerprint}}, First: now, Last: now, News: variant.News, Hosts: []Host{{"h", 3}},
			Minutes: []int{1, 2}, Variants: slices.Repeat([]Variant{variant}, details[0].variants+1), Omitted: 1}},
		Well: []Well{{Title: "w", Count: 1}}, Elsewhere: 1,
		Muted: []Muted{{What: "m", Count: 1, First: now, Last: now}},
	}
}
