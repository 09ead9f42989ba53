package render

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// summaryTo returns a summary for n recipients whose addresses have so many bytes.
func summaryTo(t *testing.T, n, length int) *Summary {
	t.Helper()
	s := NewSummary(collect(t, store.Limits{}, plain("s", "x", 0)), origin1, night)
	s.To = nil
	for i := range n {
		s.To = append(s.To, fmt.Sprintf("u%0*d@example.com", length-len("u@example.com"), i))
	}
	return s
}

func TestManyRecipientsAreNotNamedInTheHeader(t *testing.T) {
	for _, tt := range []struct {
		name      string
		n, length int
		named     bool
	}{
		{"one", 1, 20, true},
		{"as many as are named", maxToAddresses, 20, true},
		{"one more", maxToAddresses + 1, 20, false},
		{"100,000", 100_000, 20, false},
		{"long addresses that fit", 8, maxToBytes / 8, true},
		{"long addresses that do not", 9, maxToBytes / 8, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := summaryTo(t, tt.n, tt.length)
			m := render(t, s)
			wellFormed(t, m.Raw)
			if len(m.To) != tt.n {
				t.Errorf("the envelope has %d recipients, want %d", len(m.To), tt.n)
			}
			h := parsed(t, m)
			list, err := h.AddressList("To")
			switch {
			case tt.named && (err != nil || len(list) != tt.n):
				t.Errorf("To has %d addresses (%v), want %d", len(list), err, tt.n)
			case !tt.named && h.Get("To") != "undisclosed-recipients:;":
				t.Errorf("To is %.100q, want a group without members", h.Get("To"))
			}
		})
	}
}

// The library that writes the header folds a field at a cost that grows with the
// square of its length.
func TestASummaryCostsTheSameForAnyNumberOfRecipients(t *testing.T) {
	memory := func(n int) (bytes uint64, m *message.Mail) {
		s := summaryTo(t, n, 20)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err := Standard{}.Render(context.Background(), s)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		return after.TotalAlloc - before.TotalAlloc, m
	}
	memory(1) // parses the templates
	few, _ := memory(1_000)
	many, m := memory(16_000)
	if many > 2*few {
		t.Errorf("a summary for 16,000 recipients takes %d bytes of memory, one for 1,000 %d", many, few)
	}
	if len(m.Raw) > DefaultMaxBytes || strings.Count(string(m.Raw), "@example.com") > maxToAddresses {
		t.Errorf("the mail has %d bytes", len(m.Raw))
	}
}
