package failmail_test

import (
	"context"
	"errors"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

func message() *failmail.Message {
	return failmail.NewMessage("app@example.com", []string{"ops@example.com"}, []byte("Subject: x\r\n\r\nx\r\n"))
}

func newProxy(t *testing.T, config failmail.Config) *failmail.Proxy {
	t.Helper()
	config.Store = memory.New(store.Limits{})
	config.FailDir = filepath.Join(t.TempDir(), "failed")
	p, err := failmail.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRunServesUntilItsContextEnds(t *testing.T) {
	p := newProxy(t, failmail.Config{Bind: "localhost:0"})
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- p.Run(ctx) }()
	cancel()
	if err := <-result; err != nil {
		t.Errorf("Run returned %v after an orderly end", err)
	}
}

func TestShutdownEndsRun(t *testing.T) {
	p := newProxy(t, failmail.Config{Bind: "localhost:0"})
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := p.Run(t.Context()); !errors.Is(err, failmail.ErrStarted) {
		t.Errorf("Run after Shutdown returned %v", err)
	}
}

func TestSubmitNeedsARunningProxyAndGoodAddresses(t *testing.T) {
	p := newProxy(t, failmail.Config{Bind: failmail.NoListener})
	if err := p.Submit(t.Context(), message()); !errors.Is(err, failmail.ErrNotRunning) {
		t.Errorf("before Start: %v", err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.Addr() != nil {
		t.Errorf("a proxy without a listener has the address %v", p.Addr())
	}
	for name, m := range map[string]*failmail.Message{
		"no recipients": {Raw: []byte("Subject: x\r\n\r\nx\r\n")},
		"a line break":  {To: []string{"ops@example.com>\r\nDATA"}, Raw: []byte("x")},
		"a DEL":         {To: []string{"ops\x7f@example.com"}, Raw: []byte("x")},
		"a quoted tab":  {From: "\"a\tb\"@example.com", To: []string{"ops@example.com"}, Raw: []byte("x")},
		"a bare space":  {To: []string{"on call@example.com"}, Raw: []byte("x")},
		"nobody":        {To: []string{"ops@example.com", ""}, Raw: []byte("x")},
	} {
		if err := p.Submit(t.Context(), m); err == nil {
			t.Errorf("a message with %s was accepted", name)
		}
	}
	byHand := &failmail.Message{To: []string{"root"}, Raw: []byte("Subject: x\n\nx\n")}
	if err := p.Submit(t.Context(), byHand); err != nil {
		t.Error(err)
	}
	if byHand.ID != "" || strings.Contains(string(byHand.Raw), "\r") {
		t.Errorf("Submit changed its message: %+v", byHand)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Submit(t.Context(), message()); !errors.Is(err, failmail.ErrNotRunning) {
		t.Errorf("after Shutdown: %v", err)
	}
}

func TestStartReportsWhatItCannotUse(t *testing.T) {
	taken := startProxy(t, failmail.Config{})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		config failmail.Config
		wants  []string
	}{
		"an address in use": {
			failmail.Config{Bind: taken.Addr().String()},
			[]string{taken.Addr().String(), "in use", "Config.Bind"},
		},
		"an archive that is a file": {
			failmail.Config{Bind: "localhost:0", AllDir: file},
			[]string{file, "Config.AllDir"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(t, test.config)
			err := p.Start(t.Context())
			if err == nil {
				p.Shutdown(t.Context())
				t.Fatal("started")
			}
			for _, want := range test.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
			if err := p.Shutdown(t.Context()); err == nil {
				t.Error("Shutdown of a proxy that failed to start returned nil")
			}
		})
	}
}

func TestAMailIsRefusedForNowWhenTheStoreIsDown(t *testing.T) {
	s := memory.New(store.Limits{})
	p := startProxy(t, failmail.Config{Store: s})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	err := smtp.SendMail(p.Addr().String(), nil, "app@example.com", []string{"ops@example.com"}, []byte("Subject: x\r\n\r\nx\r\n"))
	wantReply(t, err, 452, "4.3.1 ")
}

func TestNewNamesEveryMistake(t *testing.T) {
	_, err := failmail.New(failmail.Config{
		Bind: "2525", Relay: "mail.example.com box", From: "Ops <ops@example.com>", Wait: -1, MaxMessageSize: -1,
		Hostname: "a b", AllDir: "mails", FailDir: "mails",
	})
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		t.Fatalf("got %v", err)
	}
	fields := make(map[string]bool)
	for _, e := range joined.Unwrap() {
		var field *failmail.FieldError
		if !errors.As(e, &field) {
			t.Errorf("%v is no FieldError", e)
			continue
		}
		fields[field.Field] = true
	}
	for _, want := range []string{"Bind", "Relay", "From", "Wait", "MaxMessageSize", "Hostname", "AllDir"} {
		if !fields[want] {
			t.Errorf("no error for %s in: %v", want, err)
		}
	}
	if _, err := failmail.New(failmail.Config{Bind: "localhost:25"}); err == nil {
		t.Error("a proxy that is its own relay was accepted")
	}
}

func TestAMailTooLargeIsRefusedForGood(t *testing.T) {
	p := startProxy(t, failmail.Config{MaxMessageSize: 1000})
	err := smtp.SendMail(p.Addr().String(), nil, "a@example.com", []string{"b@example.com"}, []byte(strings.Repeat("x", 2000)))
	wantReply(t, err, 552, "5.3.4 Message is larger than 1000 bytes")
}

func wantReply(t *testing.T, err error, code int, text string) {
	t.Helper()
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code != code || !strings.HasPrefix(reply.Msg, text) {
		t.Errorf("got %v, want the reply %d %s", err, code, text)
	}
}

// A named Sender says what people call it.
type named string

func (named) Send(context.Context, *failmail.Mail) error { return nil }
func (n named) String() string                           { return string(n) }

func TestASenderIsCalledWhatItSays(t *testing.T) {
	unnamed := failmail.SenderFunc(func(context.Context, *failmail.Mail) error { return nil })
	for want, sender := range map[string]failmail.Sender{"the queue": named("the queue"), "": unnamed} {
		if name := newProxy(t, failmail.Config{Bind: failmail.NoListener, Sender: sender}).Relay().Name; name != want {
			t.Errorf("it is called %q, want %q", name, want)
		}
	}
}
