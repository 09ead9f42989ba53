package batch_test

import (
	"cmp"
	"fmt"
	"testing"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// variantOf counts mails, which must all have the same fingerprint.
func variantOf(t *testing.T, mails ...string) *store.Variant {
	t.Helper()
	c := &batch.Classifier{Batch: constant("b"), Group: constant("g")}
	b := &store.Batch{}
	for _, raw := range mails {
		for _, entry := range c.Classify(message.New("", []string{"ops"}, []byte(raw))) {
			b.Add(&entry, store.Limits{}.WithDefaults())
		}
	}
	if len(b.Groups[0].Variants) != 1 {
		t.Fatalf("%d variants, want 1", len(b.Groups[0].Variants))
	}
	return b.Groups[0].Variants[0]
}

func TestTheReasonShowsWhatAllMailsShare(t *testing.T) {
	numbered := func(format string, n ...any) (mails []string) {
		for _, i := range n {
			mails = append(mails, fmt.Sprintf(format, i))
		}
		return mails
	}
	tests := []struct {
		name    string
		mails   []string
		want    string
		without string // a sample, if that is something else
	}{
		{"a number that is always the same", numbered("Subject: s\n\norder %d failed: HTTP 503\n", 1, 2, 3), "order <num> failed: HTTP 503", ""},
		{"all of a single mail, but for the time", []string{"Subject: s\n\n2026-03-09 03:17:42 order 17 of web1 failed in 23 ms\n"}, "<time> order 17 of web1 failed in 23 ms", ""},
		{"nothing where everything varies", numbered("Subject: s\n\norder %d failed\n", 1, 2), "order <num> failed", ""},
		{"the same label twice", numbered("Subject: s\n\nsum 7, sum %d failed\n", 1, 2), "sum 7, sum <num> failed", "sum <num>, sum <num> failed"},
		{"the subject, if it says most", numbered("Subject: order %d failed on db 4\n\n", 1, 2), "order <num> failed on db 4", ""},
		{"a value of the subject is not taken for one of the text", []string{"Subject: order 1\n\norder 5 failed\n", "Subject: order 2\n\norder 5 failed\n"}, "order 5 failed", "order <num> failed"},
		{"nor the other way round", []string{"Subject: order 5\n\norder 1 failed\n", "Subject: order 5\n\norder 2 failed\n"}, "order <num> failed", ""},
		{"the message of an exception", numbered("Subject: s\n\nTraceback (most recent call last):\n  File \"/srv/a.py\", line 3, in f\n    x()\n  File \"/srv/b.py\", line 4, in x\n    y()\nValueError: HTTP 503 for order %d\n", 1, 2),
			"ValueError: HTTP 503 for order <num>", ""},
		{"no placeholder at all", []string{"Subject: s\n\nthe disk failed\n"}, "the disk failed", ""},
		{"more values than are kept", numbered("Subject: s\n\na 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j %d failed\n", 1, 2), "a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i <num> j <num> failed", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := variantOf(t, tt.mails...)
			before := v.Varying.Encode()
			if got := batch.SharedReason(v); got != tt.want {
				t.Errorf("got %q, want %q (masked %q)", got, tt.want, v.Reason)
			}
			if v.Varying.Encode() != before {
				t.Error("the variant was changed")
			}
			v.Sample = nil
			without := cmp.Or(tt.without, tt.want)
			if got := batch.SharedReason(v); got != without {
				t.Errorf("without a sample: %q, want %q", got, without)
			}
		})
	}
}
