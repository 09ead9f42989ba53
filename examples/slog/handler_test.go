package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"go.uber.org/goleak"

	"github.com/hut8labs/failmail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A mailbox takes the place of a Proxy.
type mailbox struct {
	mu    sync.Mutex
	mails []*failmail.Message
}

func (b *mailbox) Submit(ctx context.Context, m *failmail.Message) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append(b.mails, m)
	return nil
}

func (b *mailbox) logger() *slog.Logger {
	return slog.New(newMailHandler(b, mailOptions{From: "app@example.com", To: []string{"ops@example.com"}, Prefix: "shop"}))
}

func TestConformsToSlog(t *testing.T) {
	var box *mailbox
	slogtest.Run(t, func(*testing.T) slog.Handler {
		box = &mailbox{}
		return newMailHandler(box, mailOptions{To: []string{"ops@example.com"}, Level: slog.LevelDebug})
	}, func(t *testing.T) map[string]any {
		if len(box.mails) != 1 {
			t.Fatalf("%d mails", len(box.mails))
		}
		return recordOf(box.mails[0])
	})
}

// recordOf reads a mail back the way slogtest wants to see it.
func recordOf(m *failmail.Message) map[string]any {
	record := map[string]any{}
	if date := m.Header.Get("Date"); date != "" {
		record[slog.TimeKey] = date
	}
	record[slog.LevelKey], record[slog.MessageKey], _ = strings.Cut(m.Subject(), ": ")
	for line := range strings.Lines(m.Body()) {
		path, value, found := strings.Cut(strings.TrimSuffix(line, "\n"), " = ")
		if !found {
			continue
		}
		group := record
		keys := strings.Split(path, ".")
		for _, key := range keys[:len(keys)-1] {
			inner, ok := group[key].(map[string]any)
			if !ok {
				inner = map[string]any{}
				group[key] = inner
			}
			group = inner
		}
		group[keys[len(keys)-1]] = value
	}
	return record
}

func TestAMailTellsTheRecord(t *testing.T) {
	box := &mailbox{}
	log := box.logger()
	log.Warn("not worth a mail")
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // as that of a request whose client has gone
	log.With("host", "web1").WithGroup("order").ErrorContext(ctx, "Zahlung fehlgeschlagen: 12 €\r\nBcc: evil@example.com",
		"id", 4711, "error", errors.New("first line\nsecond line"))
	if len(box.mails) != 1 {
		t.Fatalf("%d mails", len(box.mails))
	}
	m := box.mails[0]
	if got, want := m.Subject(), "[shop] ERROR: Zahlung fehlgeschlagen: 12 €"; !strings.HasPrefix(got, want) {
		t.Errorf("the subject is %q, want %q", got, want)
	}
	if got := m.Header.Get("Bcc"); got != "" {
		t.Errorf("the message smuggled in a field: %q", got)
	}
	for _, want := range []string{"host = web1\n", "order.id = 4711\n", "order.error = first line\nsecond line\n", "at github.com/hut8labs/failmail/examples/slog.TestAMailTellsTheRecord (handler_test.go:"} {
		if !strings.Contains(m.Body(), want) {
			t.Errorf("the text lacks %q:\n%s", want, m.Body())
		}
	}
}

func TestDerivedLoggersDoNotDisturbEachOther(t *testing.T) {
	box := &mailbox{}
	base := box.logger().With("a", 1)
	var loggers sync.WaitGroup
	for i := range 20 {
		loggers.Go(func() {
			log := base.With("i", i)
			log.Error(strconv.Itoa(i), "also", i)
		})
	}
	loggers.Wait()
	for _, m := range box.mails {
		_, i, _ := strings.Cut(m.Subject(), "ERROR: ")
		if want := "a = 1\ni = " + i + "\nalso = " + i + "\n"; !strings.Contains(m.Body(), want) {
			t.Errorf("%s lacks %q:\n%s", i, want, m.Body())
		}
	}
	if len(box.mails) != 20 {
		t.Errorf("%d mails", len(box.mails))
	}
}

func TestTheProgramMailsItsErrors(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var summaries []*failmail.Message
	var terminal bytes.Buffer
	err := run(ctx, slog.NewTextHandler(&terminal, nil), failmail.Config{
		Bind:        failmail.NoListener,
		Wait:        time.Millisecond,
		FlushOnExit: true,
		Store:       failmail.NewMemoryStore(),
		FailDir:     t.TempDir(),
		Sender: failmail.SenderFunc(func(_ context.Context, m *failmail.Mail) error {
			summaries = append(summaries, failmail.NewMessage(m.From, m.To, m.Raw))
			end()
			return nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, summary := range summaries {
		text.WriteString(summary.Body())
	}
	for _, want := range []string{"[shop] ERROR: payment failed", "order.id = 4711", "order.error = card declined", "[shop] ERROR: no stock", "item.sku = A-17"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the summaries lack %q:\n%s", want, text.String())
		}
	}
	if !strings.Contains(terminal.String(), "msg=ready") || strings.Contains(text.String(), "ready") {
		t.Errorf("what is no error belongs to the terminal alone, which has\n%s", terminal.String())
	}
}
