package deliver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

func TestPermanent(t *testing.T) {
	base := errors.New("no such user")
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"nil is not permanent", nil, false},
		{"an error is temporary", base, false},
		{"a marked error is permanent", deliver.Permanent(base), true},
		{"a wrapped marked error is permanent", fmt.Errorf("relay: %w", deliver.Permanent(base)), true},
		{"an error marked twice is permanent", deliver.Permanent(deliver.Permanent(base)), true},
		{"a marked error among others is permanent", errors.Join(errors.New("x"), deliver.Permanent(base)), true},
		{"a partly refused mail is not permanent as a whole",
			&deliver.RefusedError{Refused: map[string]error{"a@x": deliver.Permanent(base)}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := deliver.IsPermanent(tt.err); got != tt.want {
				t.Errorf("IsPermanent(%v) = %v", tt.err, got)
			}
		})
	}
}

func TestPermanentOfNilIsNil(t *testing.T) {
	if err := deliver.Permanent(nil); err != nil {
		t.Errorf("Permanent(nil) = %v", err)
	}
}

func TestPermanentKeepsTheError(t *testing.T) {
	base := errors.New("no such user")
	err := deliver.Permanent(base)
	if err.Error() != base.Error() || !errors.Is(err, base) {
		t.Errorf("Permanent(%v) = %v", base, err)
	}
}

func TestRefusedErrorListsRecipientsInOrder(t *testing.T) {
	err := &deliver.RefusedError{Refused: map[string]error{
		"c@x": errors.New("full"), "a@x": deliver.Permanent(errors.New("unknown")), "b@x": errors.New("slow"),
	}}
	const want = "refused for <a@x>: unknown; <b@x>: slow; <c@x>: full"
	for range 10 { // the order of a map differs from call to call
		if got := err.Error(); got != want {
			t.Fatalf("Error() = %q, want %q", got, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	tests := []struct {
		attempts int
		want     time.Duration // before it is spread
	}{
		{-1, 5 * time.Second}, {0, 5 * time.Second}, // out of range, yet no panic
		{1, 5 * time.Second}, {2, 10 * time.Second}, {3, 20 * time.Second}, {4, 40 * time.Second},
		{5, 80 * time.Second}, {6, 160 * time.Second}, {7, 5 * time.Minute}, {9, 5 * time.Minute},
		{10, 5 * time.Minute}, {64, 5 * time.Minute}, {1 << 40, 5 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("after %d attempts", tt.attempts), func(t *testing.T) {
			lowest, highest := tt.want, tt.want
			for range 1000 {
				got := deliver.Backoff(tt.attempts)
				lowest, highest = min(lowest, got), max(highest, got)
			}
			if lowest < tt.want*8/10 || highest > tt.want*12/10 {
				t.Errorf("from %v to %v, want within a fifth of %v", lowest, highest, tt.want)
			}
			if highest-lowest < tt.want/5 {
				t.Errorf("from %v to %v is hardly spread", lowest, highest)
			}
		})
	}
}

func TestSenderFunc(t *testing.T) {
	failure := errors.New("failure")
	var got *deliver.Mail
	var s deliver.Sender = deliver.SenderFunc(func(_ context.Context, m *deliver.Mail) error { got = m; return failure })
	m := to("a@x")
	if err := s.Send(t.Context(), m); err != failure || got != m {
		t.Errorf("Send = %v with %p, want %v with %p", err, got, failure, m)
	}
}

func TestDebugPrintsEnvelopeAndMail(t *testing.T) {
	var out bytes.Buffer
	m := to("a@x", "b@x")
	m.Raw = []byte("Subject: s\r\n\r\n.dot\r\nGrüße\r\n")
	if err := (&deliver.Debug{Output: &out}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	rule := strings.Repeat("-", 72)
	want := rule + "\nMAIL FROM:<failmail@x>\nRCPT TO:<a@x>\nRCPT TO:<b@x>\n\nSubject: s\n\n.dot\nGrüße\n\n" + rule + "\n"
	if got := out.String(); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

func TestDebugReportsAFailedWrite(t *testing.T) {
	closed := errors.New("closed")
	if err := (&deliver.Debug{Output: failingWriter{closed}}).Send(t.Context(), to("a@x")); !errors.Is(err, closed) {
		t.Errorf("Send = %v, want %v", err, closed)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestDebugKeepsConcurrentMailsApart(t *testing.T) {
	var out bytes.Buffer // not safe for concurrent use by itself
	d := &deliver.Debug{Output: &out}
	var senders sync.WaitGroup
	for i := range 20 {
		senders.Go(func() { d.Send(t.Context(), to(fmt.Sprintf("%d@x", i))) })
	}
	senders.Wait()
	seen := make(map[string]bool)
	for _, m := range printed(out.String()) {
		if len(m.To) == 1 && string(m.Raw) == string(to().Raw) {
			seen[m.To[0]] = true
		}
	}
	if len(seen) != 20 {
		t.Errorf("only %d of 20 mails are whole:\n%s", len(seen), out.String())
	}
}
