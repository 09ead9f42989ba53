package deliver_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-maildir"

	"github.com/hut8labs/failmail/internal/sink"
	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/deliver/sendertest"
)

func TestSMTPConforms(t *testing.T) {
	for name, limits := range map[string]deliver.Limits{
		"with a connection for each mail":     {},
		"with connections that are kept":      {IdleTimeout: time.Minute},
		"with one connection for a few mails": {IdleTimeout: time.Minute, MaxConns: 1, MaxMails: 4},
	} {
		t.Run(name, func(t *testing.T) {
			sendertest.Run(t, func(t *testing.T) sendertest.Fixture {
				s, err := sink.Start("127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(s.Stop)
				return sendertest.Fixture{
					Sender: &deliver.SMTP{Addr: s.Addr(), Hostname: "test", Limits: limits}, Concurrent: true,
					Received: func() []deliver.Mail { return collected(s) },
					Refuse:   func(r sendertest.Refusal) { refuse(s, r) },
				}
			})
		})
	}
}

func collected(s *sink.Sink) (mails []deliver.Mail) {
	for _, m := range s.Mails() {
		mails = append(mails, deliver.Mail{From: m.From, To: m.To, Raw: m.Raw})
	}
	return mails
}

func refuse(s *sink.Sink, r sendertest.Refusal) {
	switch r {
	case sendertest.Accept:
		s.Refuse(nil)
	case sendertest.RefuseForNow:
		s.RefuseAll(451, "later")
	case sendertest.RefuseForGood:
		s.RefuseAll(550, "never")
	}
}

func TestLMTPConforms(t *testing.T) {
	sendertest.Run(t, func(t *testing.T) sendertest.Fixture {
		peer := testutil.Start(t, testutil.Config{LMTP: true, Unix: true})
		return sendertest.Fixture{
			Sender:     &deliver.SMTP{Addr: peer.Addr, LMTP: true, Limits: deliver.Limits{IdleTimeout: time.Minute}},
			Concurrent: true,
			Received: func() (mails []deliver.Mail) {
				for _, m := range peer.Mails() {
					mails = append(mails, deliver.Mail{From: m.From, To: m.To, Raw: []byte(m.Raw)})
				}
				return mails
			},
			Refuse: func(r sendertest.Refusal) {
				peer.Play(map[sendertest.Refusal]testutil.Script{
					sendertest.RefuseForNow:  {"RCPT": "450 4.2.2 full"},
					sendertest.RefuseForGood: {"RCPT": "550 5.1.1 unknown"},
				}[r])
			},
		}
	})
}

// The first relay is gone, so all goes to the second.
func TestFailoverConforms(t *testing.T) {
	sendertest.Run(t, func(t *testing.T) sendertest.Fixture {
		s, err := sink.Start("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Stop)
		sender, err := deliver.Open([]deliver.Relay{
			{Protocol: deliver.ProtocolSMTP, Addr: "unix:/nowhere/socket"},
			{Protocol: deliver.ProtocolSMTP, Addr: s.Addr()},
		}, deliver.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return sendertest.Fixture{
			Sender: sender, Concurrent: true,
			Received: func() []deliver.Mail { return collected(s) },
			Refuse:   func(r sendertest.Refusal) { refuse(s, r) },
		}
	})
}

func TestMaildirConforms(t *testing.T) {
	sendertest.Run(t, func(t *testing.T) sendertest.Fixture {
		dir := filepath.Join(t.TempDir(), "fail")
		return sendertest.Fixture{
			Sender: &deliver.Maildir{Dir: dir}, Concurrent: true,
			Received: func() (mails []deliver.Mail) {
				for _, raw := range mailsIn(t, dir) {
					mails = append(mails, withoutEnvelope(t, raw))
				}
				return mails
			},
		}
	})
}

func TestDebugConforms(t *testing.T) {
	sendertest.Run(t, func(*testing.T) sendertest.Fixture {
		var out bytes.Buffer
		return sendertest.Fixture{
			Sender: &deliver.Debug{Output: &out}, Concurrent: true,
			Received: func() []deliver.Mail { return printed(out.String()) },
		}
	})
}

// mailsIn returns the mails of a maildir that may not exist yet, in no order.
func mailsIn(t *testing.T, dir string) (mails []string) {
	t.Helper()
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return nil
	}
	if _, err := maildir.Dir(dir).Unseen(); err != nil { // moves new to cur
		t.Fatal(err)
	}
	messages, err := maildir.Dir(dir).Messages()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		r, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		// On disk lines end in LF.
		mails = append(mails, strings.ReplaceAll(string(raw), "\n", "\r\n"))
	}
	return mails
}

// withoutEnvelope reads the fields that Maildir puts in front of a mail.
func withoutEnvelope(t *testing.T, raw string) (m deliver.Mail) {
	t.Helper()
	line, rest, _ := strings.Cut(raw, "\r\n")
	from, ok := strings.CutPrefix(line, "Return-Path: <")
	if !ok {
		t.Fatalf("the file begins with %q", line)
	}
	m.From = strings.TrimSuffix(from, ">")
	for {
		line, after, _ := strings.Cut(rest, "\r\n")
		to, ok := strings.CutPrefix(line, "X-Envelope-To: <")
		if !ok {
			m.Raw = []byte(rest)
			return m
		}
		m.To = append(m.To, strings.TrimSuffix(to, ">"))
		rest = after
	}
}

// printed reads what Debug wrote.
func printed(out string) (mails []deliver.Mail) {
	rule := strings.Repeat("-", 72) + "\n"
	blocks := strings.Split(out, rule)
	for i := 1; i < len(blocks); i += 2 { // what lies between two rules
		envelope, raw, _ := strings.Cut(blocks[i], "\n\n")
		m := deliver.Mail{Raw: []byte(strings.ReplaceAll(strings.TrimSuffix(raw, "\n"), "\n", "\r\n"))}
		for line := range strings.Lines(envelope + "\n") {
			if from, ok := strings.CutPrefix(line, "MAIL FROM:<"); ok {
				m.From = strings.TrimSuffix(from, ">\n")
			}
			if to, ok := strings.CutPrefix(line, "RCPT TO:<"); ok {
				m.To = append(m.To, strings.TrimSuffix(to, ">\n"))
			}
		}
		mails = append(mails, m)
	}
	return mails
}
