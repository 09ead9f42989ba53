package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func TestALongSampleLosesItsMiddle(t *testing.T) {
	const header, limit = "Subject: nightly job\r\n\r\n", 8 << 10
	var lines strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&lines, "copying file %d of 1000\r\n", i)
	}
	text := header + lines.String() + "OSError: No space left\r\n"
	oneLine := header + strings.Repeat("word ", 4000) + "the end"
	base64 := header + strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", 300)
	tests := map[string]struct {
		sample, begins, ends string
		marked               bool
	}{
		"of lines":      {text, header + "copying file 0 of", "\r\nOSError: No space left\r\n", true},
		"of one line":   {oneLine, header + "word ", "the end", true},
		"of base64":     {base64, header + "QUJD", base64[:limit][limit-10:], false},
		"short enough":  {header + "x", header + "x", "x", false},
		"just at limit": {header + strings.Repeat("y", limit-len(header)), header + "y", "y", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var b store.Batch
			b.Add(&store.Entry{Received: time.Now(), Sample: []byte(tt.sample)},
				store.Limits{GroupsPerBatch: 1, VariantsPerGroup: 1, SampleBytes: limit, BatchBytes: 1 << 20})
			v := b.Groups[0].Variants[0]
			got := string(v.Sample)
			if len(got) > limit || v.SampleSize != len(tt.sample) {
				t.Errorf("%d bytes were kept of %d, size %d", len(got), len(tt.sample), v.SampleSize)
			}
			if !strings.HasPrefix(got, tt.begins) || !strings.HasSuffix(got, tt.ends) {
				t.Errorf("got %.60q … %q", got, got[max(0, len(got)-60):])
			}
			head, rest, found := strings.Cut(got, "\r\n[… ")
			if found != tt.marked {
				t.Fatalf("marked: %v", found)
			}
			if !found {
				return
			}
			var left int
			fmt.Sscanf(rest, "%d bytes left out", &left)
			_, tail, _ := strings.Cut(rest, "…]\r\n\r\n")
			if len(head)+left+len(tail) != len(tt.sample) || !strings.HasPrefix(tt.sample, head) || len(got) < limit-2<<10 {
				t.Errorf("%d + %d + %d bytes of %d, %d kept", len(head), left, len(tail), len(tt.sample), len(got))
			}
		})
	}
}
