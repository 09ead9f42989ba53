package deliver_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

func TestSMTPSpeaksTheseBytes(t *testing.T) {
	r := startRelay(t, nil)
	m := to("a@x", "b@x")
	m.Raw = []byte("Subject: s\r\n\r\n.\r\n.leading\r\n..two\r\nmid.dle\r\ncaf=C3=A9 Gr\xc3\xbc\xc3\x9fe\r\n\r\n")
	sender := &deliver.SMTP{Addr: r.addr, Hostname: "proxy.example.com"}
	if err := sender.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	commands, data := r.seen()
	want := []string{"EHLO proxy.example.com", "MAIL FROM:<failmail@x>", "RCPT TO:<a@x>", "RCPT TO:<b@x>", "DATA", "QUIT"}
	if !slices.Equal(commands, want) {
		t.Errorf("commands %q, want %q", commands, want)
	}
	wire := "Subject: s\r\n\r\n..\r\n..leading\r\n...two\r\nmid.dle\r\ncaf=C3=A9 Gr\xc3\xbc\xc3\x9fe\r\n\r\n.\r\n"
	if !slices.Equal(data, []string{wire}) {
		t.Errorf("data %q, want %q", data, wire)
	}
}

func TestSMTPSendsTheNullReversePath(t *testing.T) {
	r := startRelay(t, nil)
	m := to("a@x")
	m.From = ""
	if err := (&deliver.SMTP{Addr: r.addr}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	commands, _ := r.seen()
	if !slices.Contains(commands, "MAIL FROM:<>") {
		t.Errorf("commands %q", commands)
	}
	if ehlo := commands[0]; !strings.HasPrefix(ehlo, "EHLO ") || len(ehlo) < 6 {
		t.Errorf("greeting without a name: %q", ehlo)
	}
}

func TestSMTPFallsBackToHELO(t *testing.T) {
	r := startRelay(t, map[string]string{"EHLO": "502 what?"})
	if err := (&deliver.SMTP{Addr: r.addr, Hostname: "me"}).Send(t.Context(), to("a@x")); err != nil {
		t.Fatal(err)
	}
	if commands, data := r.seen(); !slices.Contains(commands, "HELO me") || len(data) != 1 {
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
		{"a relay that hangs up at the greeting", "greeting", drop, false, []string{"greeting"}},
		{"a relay that hangs up at EHLO", "EHLO", drop, false, []string{"EHLO"}},
		{"a relay that hangs up at MAIL", "MAIL", drop, false, []string{"MAIL"}},
		{"a relay that hangs up at RCPT", "RCPT", drop, false, []string{"RCPT"}},
		{"a relay that hangs up at DATA", "DATA", drop, false, []string{"DATA"}},
		{"a relay that hangs up at the end of the data", "end", drop, false, []string{"end of DATA"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := startRelay(t, map[string]string{tt.step: tt.reply})
			err := (&deliver.SMTP{Addr: r.addr}).Send(t.Context(), to("a@x", "b@x"))
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
			for _, word := range append(tt.says, r.addr) {
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
		script    map[string]string
		permanent map[string]bool // of each refused recipient
		mails     int
	}{
		{"the first refused for good", map[string]string{"RCPT TO:<a@x>": "550 5.1.1 unknown"}, map[string]bool{"a@x": true}, 1},
		{"the second put off", map[string]string{"RCPT TO:<b@x>": "450 4.2.1 full"}, map[string]bool{"b@x": false}, 1},
		{"one put off and one refused", map[string]string{"RCPT TO:<a@x>": "450 full", "RCPT TO:<b@x>": "550 unknown"}, map[string]bool{"a@x": false, "b@x": true}, 0},
		{"all refused for good", map[string]string{"RCPT": "550 unknown"}, map[string]bool{"a@x": true, "b@x": true}, 0},
		{"all put off", map[string]string{"RCPT": "450 full"}, map[string]bool{"a@x": false, "b@x": false}, 0},
		{"a reply nobody expects is not final", map[string]string{"RCPT TO:<a@x>": "354 what"}, map[string]bool{"a@x": false}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := startRelay(t, tt.script)
			err := (&deliver.SMTP{Addr: r.addr}).Send(t.Context(), to("a@x", "b@x"))
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
				} else if !strings.Contains(reason.Error(), "RCPT") || !strings.Contains(reason.Error(), r.addr) {
					t.Errorf("%q does not name the step and the relay", reason)
				}
			}
			if _, data := r.seen(); len(data) != tt.mails {
				t.Errorf("%d mails were sent, want %d", len(data), tt.mails)
			}
		})
	}
}

func TestSMTPMailRefusedAfterOneRecipientWasIsRefusedForAll(t *testing.T) {
	r := startRelay(t, map[string]string{"RCPT TO:<a@x>": "550 unknown", "end": "451 later"})
	err := (&deliver.SMTP{Addr: r.addr}).Send(t.Context(), to("a@x", "b@x"))
	var refused *deliver.RefusedError
	if err == nil || errors.As(err, &refused) || deliver.IsPermanent(err) {
		t.Errorf("Send = %v, want a temporary error for the whole mail", err)
	}
}

func TestSMTPAcceptedMailStaysAcceptedWhateverQUITDoes(t *testing.T) {
	for name, reply := range map[string]string{
		"a refusal": "500 never heard of it", "a dropped connection": drop, "garbage": "bye bye",
	} {
		t.Run(name, func(t *testing.T) {
			r := startRelay(t, map[string]string{"QUIT": reply})
			if err := (&deliver.SMTP{Addr: r.addr}).Send(t.Context(), to("a@x")); err != nil {
				t.Errorf("Send = %v", err)
			}
		})
	}
	t.Run("silence until the context ends", func(t *testing.T) {
		r := startRelay(t, map[string]string{"QUIT": hang})
		if err := sendAndCancel(t, r); err != nil {
			t.Errorf("Send = %v", err)
		}
	})
}

// sendAndCancel cancels the context once the relay has stopped answering.
func sendAndCancel(t *testing.T, r *relay) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- (&deliver.SMTP{Addr: r.addr}).Send(ctx, to("a@x")) }()
	select {
	case <-r.hung:
	case err := <-result:
		t.Fatalf("Send = %v before the context ended", err)
	}
	cancel()
	select {
	case err := <-result:
		return err
	case <-time.After(patience / 2): // the relay hangs up after patience
		t.Fatal("Send does not return although its context has ended")
		return nil
	}
}

func TestSMTPReturnsWhenTheContextEnds(t *testing.T) {
	for _, step := range []string{"greeting", "EHLO", "MAIL", "RCPT", "DATA", "end"} {
		t.Run("at "+step, func(t *testing.T) {
			err := sendAndCancel(t, startRelay(t, map[string]string{step: hang}))
			if !errors.Is(err, context.Canceled) || deliver.IsPermanent(err) {
				t.Errorf("Send = %v, permanent %v; want a temporary %v", err, deliver.IsPermanent(err), context.Canceled)
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
			r := startRelay(t, nil)
			if err := (&deliver.SMTP{Addr: r.addr}).Send(t.Context(), m); err == nil {
				t.Error("Send says the mail was accepted")
			}
			commands, data := r.seen()
			if strings.Contains(strings.Join(commands, "\n"), "evil") || len(data) > 0 {
				t.Errorf("the relay got %q", commands)
			}
		})
	}
}
