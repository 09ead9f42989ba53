package message_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/hut8labs/failmail/pkg/message"
)

func TestNewMessage(t *testing.T) {
	before := time.Now()
	m := message.New("app@example.com", []string{"a@x", "b@x"}, []byte("Subject: hello\n\nbody\n"))
	if m.From != "app@example.com" || !slices.Equal(m.To, []string{"a@x", "b@x"}) {
		t.Errorf("envelope is %q to %q", m.From, m.To)
	}
	if want := "Subject: hello\r\n\r\nbody\r\n"; string(m.Raw) != want {
		t.Errorf("Raw = %q, want %q", m.Raw, want)
	}
	if m.ID == "" {
		t.Error("no ID")
	}
	if other := message.New("", nil, nil); other.ID == m.ID {
		t.Errorf("two messages share the ID %q", m.ID)
	}
	if m.Received.Before(before) {
		t.Errorf("Received = %v, before the call at %v", m.Received, before)
	}
	if m.Subject() != "hello" || m.Body() != "body" || m.Problem != "" {
		t.Errorf("subject %q, body %q, problem %q", m.Subject(), m.Body(), m.Problem)
	}
}

func TestNewMessageOfOddMails(t *testing.T) {
	tests := []struct{ name, raw, subject, body, problem string }{
		{"an empty mail is described", "", "", "", "empty message"},
		{"a mail of one line end has no header section", "\r\n", "", "", "no header section"},
		{"a mail that starts with its body after an empty line", "\r\nbody\r\n", "", "body", "no header section"},
		{"plain text without a header section is all body", "disk full\non sda\n", "", "disk full\non sda", "no header section"},
		{"text whose first line has a colon but no field name is body", "disk full: sda\n\nbye\n", "", "disk full: sda\n\nbye", "no header section"},
		{"a first line that is a continuation is body", " x: y\n\nbody\n", "", " x: y\n\nbody", "no header section"},
		{"a header without an empty line after it", "Subject: only\n", "only", "", ""},
		{"a header without a line end", "Subject: only", "only", "", ""},
		{"a header and an empty body", "Subject: s\n\n", "s", "", ""},
		{"LF line ends", "Subject: s\nTo: x\n\none\ntwo\n", "s", "one\ntwo", ""},
		{"CR line ends", "Subject: s\rTo: x\r\rone\rtwo\r", "s", "one\ntwo", ""},
		{"an mbox line before the header is dropped", "From app Thu Jan  1 00:00:00 1970\nSubject: s\n\nbody\n", "s", "body", ""},
		{"an mbox line alone is an empty mail", "From app Thu Jan  1 00:00:00 1970\n", "", "", "empty message"},
		{"a broken field ends the header and keeps what came before", "Subject: s\nno colon here\n\nbody\n", "s", "body", "malformed header"},
		{"a field name with a space inside is broken", "Subject: s\nX Y: z\n\nbody\n", "s", "body", "malformed header"},
		{"a NUL in a field", "Subject: a\x00b\n\nbody\n", "a b", "body", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := message.New("", nil, []byte(tt.raw))
			if got := m.Subject(); got != tt.subject {
				t.Errorf("Subject() = %q, want %q", got, tt.subject)
			}
			if got := m.Body(); got != tt.body {
				t.Errorf("Body() = %q, want %q", got, tt.body)
			}
			if tt.problem == "" && m.Problem != "" || !strings.Contains(m.Problem, tt.problem) {
				t.Errorf("Problem = %q, want %q", m.Problem, tt.problem)
			}
			if want := string(message.NormalizeLines([]byte(tt.raw))); string(m.Raw) != want {
				t.Errorf("Raw = %q, want %q", m.Raw, want)
			}
		})
	}
}

func TestFromFieldWithSpaceBeforeColonIsKept(t *testing.T) {
	m := message.New("", nil, []byte("From : a@x\nSubject: s\n\nbody\n"))
	if got := m.Header.Get("From"); got != "a@x" {
		t.Errorf("From = %q, want %q", got, "a@x")
	}
}

// Problem goes to logs and summaries.
func TestProblemIsOneShortLine(t *testing.T) {
	for name, raw := range map[string]string{
		"a broken line with a terminal's escape sequence": "Subject: s\nbroken \x1b[31m line\n\nbody\n",
		"a broken line that is continued":                 "Subject: s\nbroken\n line\n\nbody\n",
		"a broken line of 100,000 bytes":                  "Subject: s\n" + strings.Repeat("x", 100_000) + "\n\nbody\n",
		"a field name that is not ASCII":                  "Subject: s\nGr\xfc\xdfe: x\n\nbody\n",
	} {
		t.Run(name, func(t *testing.T) {
			m := message.New("", nil, []byte(raw))
			if m.Problem == "" {
				t.Fatal("no problem was found")
			}
			if strings.IndexFunc(m.Problem, unicode.IsControl) >= 0 || m.Problem != strings.ToValidUTF8(m.Problem, "?") {
				t.Errorf("Problem has control characters or invalid UTF-8: %.100q", m.Problem)
			}
			if len(m.Problem) > 2000 {
				t.Errorf("Problem has %d bytes", len(m.Problem))
			}
		})
	}
}

func TestComplete(t *testing.T) {
	m := &message.Message{ID: "mine", Received: time.Unix(7, 0), From: "f", To: []string{"t"},
		Helo: "web1", RemoteAddr: "10.0.0.1", Raw: []byte("Subject: s\n\nbody\n")}
	c := message.Complete(m)
	if c == m {
		t.Fatal("Complete returned its argument")
	}
	if m.Header.Has("Subject") || string(m.Raw) != "Subject: s\n\nbody\n" {
		t.Errorf("the argument was changed: %q", m.Raw)
	}
	if c.ID != "mine" || !c.Received.Equal(time.Unix(7, 0)) || c.From != "f" || c.To[0] != "t" || c.Host() != "web1" {
		t.Errorf("what was set by hand is lost: %+v", c)
	}
	if c.Subject() != "s" || c.Body() != "body" || string(c.Raw) != "Subject: s\r\n\r\nbody\r\n" {
		t.Errorf("subject %q, body %q, raw %q", c.Subject(), c.Body(), c.Raw)
	}
}

func TestCompleteFillsInIDAndTime(t *testing.T) {
	c := message.Complete(&message.Message{})
	if c.ID == "" || c.Received.IsZero() || c.Problem == "" {
		t.Errorf("ID %q, Received %v, Problem %q", c.ID, c.Received, c.Problem)
	}
}

func TestCompleteFollowsANewRaw(t *testing.T) {
	m := message.New("", nil, []byte("no header"))
	if m.Body() != "no header" || m.Problem == "" {
		t.Fatalf("body %q, problem %q", m.Body(), m.Problem)
	}
	m.Raw = []byte("Subject: s\n\nnew\n")
	c := message.Complete(m)
	if c.Subject() != "s" || c.Body() != "new" {
		t.Errorf("subject %q, body %q are those of the old Raw", c.Subject(), c.Body())
	}
	if c.Problem != "" {
		t.Errorf("Problem = %q is that of the old Raw", c.Problem)
	}
	if m.Body() != "no header" {
		t.Errorf("the argument's body changed to %q", m.Body())
	}
}

func TestHost(t *testing.T) {
	const addr = "192.0.2.7"
	tests := []struct{ name, helo, remote, want string }{
		{"a real name", "web1.example.com", addr, "web1.example.com"},
		{"a short name", "web1", addr, "web1"},
		{"localhost is told apart by address", "localhost", addr, addr},
		{"localhost in capitals is localhost", "LOCALHOST", addr, addr},
		{"localhost.localdomain is told apart by address", "localhost.localdomain", addr, addr},
		{"an address literal", "[127.0.0.1]", addr, addr},
		{"an IPv6 literal", "[IPv6:::1]", addr, addr},
		{"a bare IPv4 address", "127.0.0.1", addr, addr},
		{"a bare IPv6 address", "::1", addr, addr},
		{"no greeting", "", addr, addr},
		{"a greeting of control characters only", "\x01\x02", addr, addr},
		{"control characters do not reach the name", "web1\x1b[31m", addr, "web1"},
		{"localhost without an address", "localhost", "", "localhost"},
		{"nothing at all", "", "", "localhost"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &message.Message{Helo: tt.helo, RemoteAddr: tt.remote}
			if got := m.Host(); got != tt.want {
				t.Errorf("Host() = %q, want %q", got, tt.want)
			}
		})
	}
}
