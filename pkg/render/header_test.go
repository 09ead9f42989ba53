package render

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// wellFormed fails unless raw can be sent as it is, whatever the relay offers.
func wellFormed(t *testing.T, raw []byte) {
	t.Helper()
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		t.Error("the mail does not end in CRLF")
	}
	for i, line := range bytes.Split(raw, []byte("\r\n")) {
		switch {
		case len(line) > 998:
			t.Errorf("line %d has %d bytes", i+1, len(line))
		case bytes.ContainsAny(line, "\r\n\x00"):
			t.Errorf("line %d has a bare CR, LF or NUL: %q", i+1, line)
		case bytes.ContainsFunc(line, func(r rune) bool { return r > '~' }):
			t.Errorf("line %d is not ASCII: %q", i+1, line)
		}
	}
}

func parsed(t *testing.T, m *message.Mail) mail.Header {
	t.Helper()
	msg, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, m.Raw)
	}
	return msg.Header
}

func TestTheHeaderSaysWhatMailProgramsNeed(t *testing.T) {
	letters := stormLetters(t, 482, "[shop] ERROR", "payment-service", "panic in worker")
	s := NewSummary(collect(t, store.Limits{}, letters...), origin1, night)
	m := render(t, s)
	wellFormed(t, m.Raw)
	h := parsed(t, m)
	for name, want := range map[string]string{
		"X-Failmail-Count":         "482",
		"X-Failmail-Groups":        "3",
		"Auto-Submitted":           "auto-generated",
		"Precedence":               "bulk",
		"X-Auto-Response-Suppress": "All",
		"List-Id":                  "Failmail summaries <failmail.mon1.shop.example>",
		"Mime-Version":             "1.0",
		"Message-Id":               "<" + m.MessageID + ">",
		"References":               "<" + s.Thread + ">",
		"From":                     `"Failmail" <failmail@mon1.shop.example>`,
		"Subject":                  "[failmail] 4 new: psycopg2.OperationalError: connection to server at \"<ip>\", port <num> failed: Connection refused",
		"Date":                     "Mon, 09 Mar 2026 03:17:42 +0100",
	} {
		if got := h[name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if date, err := h.Date(); err != nil || !date.Equal(night) {
		t.Errorf("Date is %v (%v), want %v", date, err, night)
	}
	if m.From != "failmail@mon1.shop.example" || !slices.Equal(m.To, []string{"dev@shop.example", "ops@shop.example"}) {
		t.Errorf("the envelope is from %q to %q", m.From, m.To)
	}
	if to, err := h.AddressList("To"); err != nil || len(to) != 2 || to[0].Address != "dev@shop.example" || to[1].Address != "ops@shop.example" {
		t.Errorf("To is %v (%v)", to, err)
	}
}

func TestTheSubjectSaysWhatIsNewAndNamesTheFirst(t *testing.T) {
	long := strings.Repeat("very long ", 60)
	tests := []struct {
		name    string
		letters []letter
		want    string
	}{
		{"one mail", []letter{plain("disk full", "x", 0)}, "[failmail] 1 new: disk full"},
		{"one group", []letter{plain("disk full", "x", 0), plain("disk full", "x", 1)}, "[failmail] 1 new: disk full"},
		{"two groups", []letter{plain("rare", "x", 0), plain("often", "x", 1), plain("often", "x", 2)}, "[failmail] 2 new: often: x"},
		{"no subject", []letter{plain("", "x", 0)}, "[failmail] 1 new: (no subject): x"},
		{"a subject that tells the error", []letter{plain("cannot write to /var: disk full", "disk full", 0)}, "[failmail] 1 new: cannot write to /var: disk full"},
		{"a subject that ends with the type of the error", []letter{plain("[shop] IOException", "java.io.IOException: no space", 0)}, "[failmail] 1 new: [shop] IOException: no space"},
		{"a short subject that the error repeats", []letter{plain("Disk", "ERROR: Disk of web1 is full", 0)}, "[failmail] 1 new: Disk: ERROR: Disk of web1 is full"},
		{"a long error is cut", []letter{plain("alert", long, 0)}, "[failmail] 1 new: alert: " + strings.TrimSpace(long[:92]) + "…"},
		{"a long subject gives way", []letter{plain("a subject that says little of what has happened, at such a length that nobody would read on", "ERROR: disk full", 0)}, "[failmail] 1 new: ERROR: disk full"},
		{"another script", []letter{plain("=?utf-8?q?f=C3=BCr_=E2=82=AC?=", "x", 0)}, "[failmail] 1 new: für €"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := summarize(t, tt.letters...)
			wellFormed(t, m.Raw)
			h, _, _ := parts(t, m.Raw)
			if got, err := h.Text("Subject"); err != nil || got != tt.want {
				t.Errorf("got  %q (%v)\nwant %q", got, err, tt.want)
			}
		})
	}
}

func TestASummaryBeginsAThreadOfItsBatch(t *testing.T) {
	threads, ids := make(map[string]bool), make(map[string]bool)
	for _, key := range []string{"", "team-a", "team-b", "ä <\r\n>"} {
		for first := range 2 {
			b := collect(t, store.Limits{}, plain("s", "x", first), plain("s", "x", 9))
			b.Key = key
			var before string
			for range 2 { // as after a restart
				m := render(t, NewSummary(b, origin1, night))
				h, _, _ := parts(t, m.Raw)
				thread := h.Get("References")
				if thread == "" || before != "" && thread != before || h.Get("In-Reply-To") != thread {
					t.Errorf("batch %q refers to %q, then to %q", key, before, thread)
				}
				if strings.Contains(thread, m.MessageID) {
					t.Errorf("a summary of batch %q refers to itself", key)
				}
				if ids[m.MessageID] {
					t.Errorf("the Message-ID %s was used twice", m.MessageID)
				}
				before, ids[m.MessageID] = thread, true
			}
			if threads[before] {
				t.Errorf("batch %q shares its thread %s with another", key, before)
			}
			threads[before] = true
		}
	}
}

func TestAnIncidentLastsUntilItsBatchKeyIsQuiet(t *testing.T) {
	tests := []struct {
		name  string
		quiet time.Duration // from the last mail to the first one of the next summary
		want  bool
	}{
		{"the mails go on", time.Second, true},
		{"they came before it, and were held", -time.Hour, true},
		{"a pause", backAfter - 1, true},
		{"a silence after which errors are back", backAfter, false},
		{"a day", 24 * time.Hour, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Summary{First: night.Add(tt.quiet)}
			if got := s.Continues(night); got != tt.want {
				t.Errorf("the incident goes on: %v, want %v", got, tt.want)
			}
		})
	}
}

func TestOneSummaryKeepsItsMessageID(t *testing.T) {
	s := NewSummary(collect(t, store.Limits{}, plain("s", "x", 0)), origin1, night)
	if one, other := render(t, s), render(t, s); one.MessageID != s.MessageID || other.MessageID != s.MessageID {
		t.Errorf("rendering %s gave %s and %s", s.MessageID, one.MessageID, other.MessageID)
	}
}

func TestRecipientsHaveADomainInTheHeaderOnly(t *testing.T) {
	many := []string{"root"}
	for i := range 39 {
		many = append(many, fmt.Sprintf("team-%03d@a-rather-long-department-name.shop.example", i))
	}
	tests := []struct {
		name   string
		to     []string
		header []string
	}{
		{"a bare local part", []string{"root"}, []string{"root@mon1.shop.example"}},
		{"a bare local part among others", []string{"ops@shop.example", "postmaster"}, []string{"ops@shop.example", "postmaster@mon1.shop.example"}},
		{"a quoted local part", []string{`"on call"@shop.example`}, []string{"on call@shop.example"}},
		{"many recipients", many, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := plain("s", "x", 0)
			l.to = tt.to
			m := summarize(t, l)
			wellFormed(t, m.Raw)
			if want := slices.Sorted(slices.Values(tt.to)); !slices.Equal(m.To, want) {
				t.Errorf("the envelope has %q, want %q", m.To, want)
			}
			to, err := parsed(t, m).AddressList("To")
			if err != nil || len(to) != len(tt.to) {
				t.Fatalf("%d header addresses (%v) for %d recipients", len(to), err, len(tt.to))
			}
			for i, want := range tt.header {
				if to[i].Address != want {
					t.Errorf("address %d is %q, want %q", i, to[i].Address, want)
				}
			}
		})
	}
}

func TestASummaryWithoutGroupsIsStillAMail(t *testing.T) {
	s := &Summary{MessageID: "1@mon1", Thread: "2@mon1", From: "failmail@mon1", To: []string{"ops"}, Hostname: "mon1",
		Created: night, First: night, Last: night.Add(1e9), Count: 7, Omitted: 7}
	m := render(t, s)
	wellFormed(t, m.Raw)
	h := parsed(t, m)
	if h.Get("X-Failmail-Count") != "7" || h.Get("X-Failmail-Groups") != "0" || h.Get("Subject") != "[failmail] 7 mails" {
		t.Errorf("count %q, groups %q, subject %q", h.Get("X-Failmail-Count"), h.Get("X-Failmail-Groups"), h.Get("Subject"))
	}
	if _, text, _ := parts(t, m.Raw); !strings.Contains(text, "7  of further errors") {
		t.Errorf("the text does not say where the mails are:\n%s", text)
	}
}

func TestAFunctionIsARenderer(t *testing.T) {
	want := &message.Mail{}
	r := RendererFunc(func(_ context.Context, s *Summary) (*message.Mail, error) {
		return want, fmt.Errorf("for %d mails", s.Count)
	})
	if got, err := r.Render(t.Context(), &Summary{Count: 3}); got != want || err.Error() != "for 3 mails" {
		t.Errorf("got %v and %v", got, err)
	}
}
