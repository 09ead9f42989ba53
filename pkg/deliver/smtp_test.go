package deliver_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// to returns a mail for the given recipients.
func to(recipients ...string) *deliver.Mail {
	return &deliver.Mail{
		From: "failmail@x", To: recipients, MessageID: "1@x",
		Raw: []byte("Subject: s\r\n\r\nbody\r\n"),
	}
}

func TestSMTPSpeaksTheseBytes(t *testing.T) {
	r := testutil.Start(t, testutil.Config{})
	m := to("a@x", "b@x")
	m.Raw = []byte("Subject: s\r\n\r\n.\r\n.leading\r\n..two\r\nmid.dle\r\ncaf=C3=A9 Gr\xc3\xbc\xc3\x9fe\r\n\r\n")
	sender := &deliver.SMTP{Addr: r.Addr, Hostname: "proxy.example.com"}
	if err := sender.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	commands, mails := r.Commands(), r.Mails()
	want := []string{"EHLO proxy.example.com", "MAIL FROM:<failmail@x>", "RCPT TO:<a@x>", "RCPT TO:<b@x>", "DATA", "QUIT"}
	if !slices.Equal(commands, want) {
		t.Errorf("commands %q, want %q", commands, want)
	}
	if len(mails) != 1 || mails[0].Raw != string(m.Raw) {
		t.Errorf("mails %+v, want one of %q", mails, m.Raw)
	}
}

func TestSMTPSendsTheNullReversePath(t *testing.T) {
	r := testutil.Start(t, testutil.Config{})
	m := to("a@x")
	m.From = ""
	if err := (&deliver.SMTP{Addr: r.Addr}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	commands := r.Commands()
	if !slices.Contains(commands, "MAIL FROM:<>") {
		t.Errorf("commands %q", commands)
	}
	if ehlo := commands[0]; !strings.HasPrefix(ehlo, "EHLO ") || len(ehlo) < 6 {
		t.Errorf("greeting without a name: %q", ehlo)
	}
}

func TestSMTPFallsBackToHELO(t *testing.T) {
	r := testutil.Start(t, testutil.Config{Script: testutil.Script{"EHLO": "502 what?"}})
	if err := (&deliver.SMTP{Addr: r.Addr, Hostname: "me"}).Send(t.Context(), to("a@x")); err != nil {
		t.Fatal(err)
	}
	if commands := r.Commands(); !slices.Contains(commands, "HELO me") || len(r.Mails()) != 1 {
		t.Errorf("commands %q", commands)
	}
}

func TestSMTPFailures(t *testing.T) {
	tests := []struct {
		name, step, reply string
		permanent         bool
		says              []string // besides the address of the relay
	}{
		{"a busy relay at the greeting", "greeting", "421 too busy", false, []string{"greeting", "421", "too busy"}},
		{"a closed relay at the greeting", "greeting", "554 no service", true, []string{"greeting", "554"}},
		{"EHLO put off", "EHLO", "421 later", false, []string{"EHLO", "421", "later"}},
		{"EHLO refused", "EHLO", "550 bad name", true, []string{"EHLO", "550", "bad name"}},
		{"MAIL put off", "MAIL", "451 4.7.1 greylisted", false, []string{"MAIL", "451", "greylisted"}},
		{"MAIL refused", "MAIL", "553 5.1.8 who are you", true, []string{"MAIL", "553", "who are you"}},
		{"DATA put off", "DATA", "452 disk full", false, []string{"DATA", "452", "disk full"}},
		{"DATA refused", "DATA", "554 no", true, []string{"DATA", "554"}},
		{"the mail put off", "end", "452 4.3.1 disk full", false, []string{"end of DATA", "452", "disk full"}},
		{"the mail refused", "end", "550 5.7.1 spam", true, []string{"end of DATA", "550", "spam"}},
		{"a reply of several lines", "MAIL", "550-5.1.8 first\r\n550 5.1.8 second", true, []string{"MAIL", "550", "first", "second"}},
		{"a reply nobody expects is not final", "DATA", "250 fine", false, []string{"DATA", "250"}},
		{"an end of data nobody expects is not final", "end", "354 more", false, []string{"end of DATA", "354"}},
		{"a greeting that is not SMTP", "greeting", "HTTP/1.1 400 Bad Request", false, []string{"HTTP"}},
		{"a relay that hangs up at the greeting", "greeting", testutil.Drop, false, []string{"greeting"}},
		{"a relay that hangs up at EHLO", "EHLO", testutil.Drop, false, []string{"EHLO"}},
		{"a relay that hangs up at MAIL", "MAIL", testutil.Drop, false, []string{"MAIL"}},
		{"a relay that hangs up at RCPT", "RCPT", testutil.Drop, false, []string{"RCPT"}},
		{"a relay that hangs up at DATA", "DATA", testutil.Drop, false, []string{"DATA"}},
		{"a relay that hangs up at the end of the data", "end", testutil.Drop, false, []string{"end of DATA"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := testutil.Start(t, testutil.Config{Script: testutil.Script{tt.step: tt.reply}})
			err := (&deliver.SMTP{Addr: r.Addr}).Send(t.Context(), to("a@x", "b@x"))
			if err == nil {
				t.Fatal("Send says the mail was accepted")
			}
			if got := deliver.IsPermanent(err); got != tt.permanent {
				t.Errorf("IsPermanent(%v) = %v", err, got)
			}
			var refused *deliver.RefusedError
			if errors.As(err, &refused) {
				t.Errorf("%v claims that the mail was accepted for some recipients", err)
			}
			for _, word := range append(tt.says, r.Addr) {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
		})
	}
}

func TestSMTPRefusedRecipients(t *testing.T) {
	tests := []struct {
		name      string
		script    testutil.Script
		permanent map[string]bool // of each refused recipient
		mails     int
	}{
		{"the first refused for good", testutil.Script{"RCPT TO:<a@x>": "550 5.1.1 unknown"}, map[string]bool{"a@x": true}, 1},
		{"the second put off", testutil.Script{"RCPT TO:<b@x>": "450 4.2.1 full"}, map[string]bool{"b@x": false}, 1},
		{"one put off and one refused", testutil.Script{"RCPT TO:<a@x>": "450 full", "RCPT TO:<b@x>": "550 unknown"}, map[string]bool{"a@x": false, "b@x": true}, 0},
		{"all refused for good", testutil.Script{"RCPT": "550 unknown"}, map[string]bool{"a@x": true, "b@x": true}, 0},
		{"all put off", testutil.Script{"RCPT": "450 full"}, map[string]bool{"a@x": false, "b@x": false}, 0},
		{"a reply nobody expects is not final", testutil.Script{"RCPT TO:<a@x>": "354 what"}, map[string]bool{"a@x": false}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := testutil.Start(t, testutil.Config{Script: tt.script})
			err := (&deliver.SMTP{Addr: r.Addr}).Send(t.Context(), to("a@x", "b@x"))
			var refused *deliver.RefusedError
			if !errors.As(err, &refused) {
				t.Fatalf("Send = %v, want a *RefusedError", err)
			}
			if len(refused.Refused) != len(tt.permanent) {
				t.Errorf("refused %v, want %v", refused.Refused, tt.permanent)
			}
			for address, permanent := range tt.permanent {
				reason := refused.Refused[address]
				if reason == nil || deliver.IsPermanent(reason) != permanent {
					t.Errorf("reason for %s is %v, permanent %v", address, reason, deliver.IsPermanent(reason))
				} else if !strings.Contains(reason.Error(), "RCPT") || !strings.Contains(reason.Error(), r.Addr) {
					t.Errorf("%q does not name the step and the relay", reason)
				}
			}
			if n := len(r.Mails()); n != tt.mails {
				t.Errorf("%d mails were sent, want %d", n, tt.mails)
			}
		})
	}
}

func TestSMTPMailRefusedAfterOneRecipientWasIsRefusedForAll(t *testing.T) {
	r := testutil.Start(t, testutil.Config{Script: testutil.Script{"RCPT TO:<a@x>": "550 unknown", "end": "451 later"}})
	err := (&deliver.SMTP{Addr: r.Addr}).Send(t.Context(), to("a@x", "b@x"))
	var refused *deliver.RefusedError
	if err == nil || errors.As(err, &refused) || deliver.IsPermanent(err) {
		t.Errorf("Send = %v, want a temporary error for the whole mail", err)
	}
}

func TestSMTPAcceptedMailStaysAcceptedWhateverQUITDoes(t *testing.T) {
	for name, reply := range map[string]string{
		"a refusal": "500 never heard of it", "a dropped connection": testutil.Drop, "garbage": "bye bye",
	} {
		t.Run(name, func(t *testing.T) {
			r := testutil.Start(t, testutil.Config{Script: testutil.Script{"QUIT": reply}})
			if err := (&deliver.SMTP{Addr: r.Addr}).Send(t.Context(), to("a@x")); err != nil {
				t.Errorf("Send = %v", err)
			}
		})
	}
	t.Run("silence until the context ends", func(t *testing.T) {
		r := testutil.Start(t, testutil.Config{Script: testutil.Script{"QUIT": testutil.Hang}})
		if err := sendAndCancel(t, r, &deliver.SMTP{Addr: r.Addr}); err != nil {
			t.Errorf("Send = %v", err)
		}
	})
}

// sendAndCancel cancels the context once the relay has stopped answering.
func sendAndCancel(t *testing.T, r *testutil.Peer, sender *deliver.SMTP) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- sender.Send(ctx, to("a@x")) }()
	select {
	case <-r.Hung:
	case err := <-result:
		t.Fatalf("Send = %v before the context ended", err)
	}
	cancel()
	select {
	case err := <-result:
		return err
	case <-time.After(testutil.Patience / 2): // the relay hangs up after Patience
		t.Fatal("Send does not return although its context has ended")
		return nil
	}
}

func TestSMTPReturnsWhenTheContextEnds(t *testing.T) {
	certificate := testutil.NewCertificate(t, "127.0.0.1")
	for _, step := range []string{"greeting", "EHLO", "STARTTLS", "handshake", "AUTH", "credentials", "MAIL", "RCPT", "DATA", "end"} {
		t.Run("at "+step, func(t *testing.T) {
			r := testutil.Start(t, testutil.Config{
				Script: testutil.Script{step: testutil.Hang}, TLS: certificate.Server(), Extensions: []string{"AUTH PLAIN"},
			})
			sender := &deliver.SMTP{Addr: r.Addr, Auth: deliver.Auth{User: "me", Password: deliver.Password("secret")}}
			err := sendAndCancel(t, r, sender)
			if !errors.Is(err, context.Canceled) || deliver.IsPermanent(err) {
				t.Errorf("Send = %v, permanent %v; want a temporary %v", err, deliver.IsPermanent(err), context.Canceled)
			}
			if deliver.IsUnreachable(err) {
				t.Errorf("%v blames the relay", err)
			}
			if deliver.IsUncertain(err) != (step == "end") {
				t.Errorf("%v: uncertain %v", err, deliver.IsUncertain(err))
			}
		})
	}
}

func TestSMTPNobodyListening(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	err = (&deliver.SMTP{Addr: addr}).Send(t.Context(), to("a@x"))
	if err == nil || deliver.IsPermanent(err) || !strings.Contains(err.Error(), addr) {
		t.Errorf("Send = %v, permanent %v; want a temporary error that names %s", err, deliver.IsPermanent(err), addr)
	}
}

func TestSMTPAddressCannotBringInACommand(t *testing.T) {
	const evil = "a@x>\r\nRCPT TO:<evil@x"
	for name, m := range map[string]*deliver.Mail{
		"as recipient": to(evil),
		"as sender":    {From: evil, To: []string{"a@x"}, Raw: to().Raw},
	} {
		t.Run(name, func(t *testing.T) {
			r := testutil.Start(t, testutil.Config{})
			if err := (&deliver.SMTP{Addr: r.Addr}).Send(t.Context(), m); err == nil {
				t.Error("Send says the mail was accepted")
			}
			commands := r.Commands()
			if strings.Contains(strings.Join(commands, "\n"), "evil") || len(r.Mails()) > 0 {
				t.Errorf("the relay got %q", commands)
			}
		})
	}
}
