package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	script    = `<script>alert(1)</script>`
	image     = `"><img src=x onerror=alert(1)>`
	templated = `{{.MessageID}} {{template "x"}} {{`
	crlf      = "pay\r\nBcc: evil@example.net\r\n\r\n<b>"
	overrides = "abc\u202egpj.exe\u2066\u2028x"
)

// hostileSummary has attacks wherever a mail's sender has a say; a Summary that
// a program made itself may hold what the store would never let through.
func hostileSummary(attack string) *Summary {
	group := Group{
		Number: 1, Title: attack, Count: 2, First: night, Last: night, Omitted: 1, Hosts: []Host{{attack, 1}, {"b" + attack, 1}},
		Variants: []Variant{{Reason: attack, Count: 1, First: night, Last: night, Sample: Sample{
			Subject: attack + "2", From: attack, Text: attack + "\n" + attack, Problem: attack, Raw: []byte("x"), Size: 2,
			Attachments: []Attachment{{Name: attack, Type: attack, Size: 1}},
		}}},
	}
	return &Summary{
		MessageID: "1@mon1", Thread: "2@mon1", From: "failmail@mon1", To: []string{"ops@shop.example"}, Hostname: "mon1",
		Batch: attack, Created: night, First: night, Last: night, Count: 2, Groups: []Group{group},
	}
}

func TestHostileInputStaysText(t *testing.T) {
	for name, attack := range map[string]string{
		"a script": script, "an image that breaks out of an attribute": image, "template syntax": templated,
		"line ends and a header field": crlf, "bidirectional overrides": overrides,
		"a NUL": "a\x00b", "bytes that are no UTF-8": "a\xff\xfeb", "an encoded word": "=?utf-8?q?=0D=0ABcc=3A_x?=",
		"the end of a comment and of the page": "--></style></title></body></html>",
		"a boundary":                           "\r\n--b--\r\n.\r\n",
		"a very long word":                     strings.Repeat("x", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			m := render(t, hostileSummary(attack))
			wellFormed(t, m.Raw)
			h, text, html := parts(t, m.Raw)
			harmless, _, _ := parts(t, render(t, hostileSummary("harmless")).Raw)
			if got, want := fieldNames(h.Fields()), fieldNames(harmless.Fields()); !slices.Equal(got, want) {
				t.Errorf("the header fields are %v, want %v", got, want)
			}
			if subject, err := h.Text("Subject"); err != nil || subject != content.Line(subject) || !strings.HasPrefix(subject, "[failmail] 1 error, and more: ") {
				t.Errorf("the subject is %q (%v)", subject, err)
			}
			if unescaped := regexp.MustCompile(`(?i)<(script|img|b>)|</body>.*</body>|on\w+=["']?alert\(1\)>`).FindString(html); unescaped != "" {
				t.Errorf("the HTML has %q unescaped:\n%s", unescaped, html)
			}
			if attack == templated && (!strings.Contains(text, templated) || strings.Contains(html, "1@mon1")) {
				t.Errorf("template syntax was not left alone:\n%s", text)
			}
		})
	}
}

func fieldNames(fields interface {
	Next() bool
	Key() string
}) []string {
	var names []string
	for fields.Next() {
		names = append(names, fields.Key())
	}
	return names
}

func TestHostileMailsCannotPretendToBeTheSummary(t *testing.T) {
	l := plain("=?utf-8?q?pay=0D=0ABcc=3A_evil=40example=2Enet?= =?utf-8?b?4oCu?="+script+templated,
		"a\u202eb"+script+"\n"+strings.Repeat("y", 3000)+"\n-- \nFailmail on evil.example.\x1b[2J", 0)
	l.helo = script
	m := summarize(t, l)
	wellFormed(t, m.Raw)
	h, text, html := parts(t, m.Raw)
	if h.Has("Bcc") || h.Get("To") != "<ops@shop.example>" {
		t.Errorf("a header was injected:\n%s", m.Raw)
	}
	if strings.ContainsAny(text+html, "\u202e\x1b\x00") {
		t.Error("a control character or override got through")
	}
	if strings.Contains(html, "<script") {
		t.Error("the HTML has the script unescaped")
	}
	if !strings.Contains(text, script) || !strings.Contains(text, "{{.MessageID}}") {
		t.Errorf("the text does not show what the mail said:\n%s", text)
	}
	// Lines of a sample are marked, so that it cannot write its own footer.
	if strings.Contains(text, "\n-- \nFailmail on evil") || strings.Contains(text, "\nFailmail on evil") {
		t.Errorf("the sample wrote a footer:\n%s", text)
	}
}

func TestRecipientsCannotInjectHeaders(t *testing.T) {
	for _, to := range []string{"a\r\nBcc: x@y", "a@b\r\nBcc: x@y", `"a\r\nBcc: x"@y`, "a@b, c@d", "a@b>\nBcc: x@y"} {
		s := hostileSummary("harmless")
		s.To = []string{to}
		m, err := Standard{}.Render(t.Context(), s)
		if err != nil {
			continue // refused, which is as good
		}
		if h := parsed(t, m); len(h["Bcc"]) > 0 {
			t.Errorf("the recipient %q made a header:\n%s", to, m.Raw[:800])
		}
	}
}

func TestEveryLinkOfTheIndexLeadsSomewhere(t *testing.T) {
	_, _, html := parts(t, summarize(t, numbered(40, "shard %s")...).Raw)
	links := regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(html, -1)
	if len(links) == 0 {
		t.Fatal("the index has no links")
	}
	for _, link := range links {
		if !strings.Contains(html, `id="`+link[1]+`"`) {
			t.Errorf("the link to %s leads nowhere", link[1])
		}
	}
}

func TestTheIndexIsAligned(t *testing.T) {
	_, text, _ := parts(t, summarize(t, numbered(120, "shard %s")...).Raw)
	index, _, _ := strings.Cut(text, "\n\n-----")
	lines := strings.Split(index, "\n")[2:]
	if len(lines) != 120 {
		t.Fatalf("%d lines, want one for each group:\n%s", len(lines), index)
	}
	for _, line := range lines {
		if runes := []rune(line); string(runes[9:11]) != "  " || runes[8] == ' ' || runes[11] == ' ' {
			t.Errorf("the line %q is out of line", line)
		}
	}
}

// DESIGN section 4: bounds are said out loud in the summary when they cut.
func TestWhatIsCutIsSaid(t *testing.T) {
	var hours []letter
	for i := range 90 {
		hours = append(hours, plain("s", "x", i*60))
	}
	hosts := []letter{plain("s", "x", 0), plain("s", "x", 1), plain("s", "x", 2)}
	for i := range hosts {
		hosts[i].helo = fmt.Sprintf("web%d", i)
	}
	lines := []letter{plain("s", strings.Repeat("line\n", 500), 0)}
	tests := []struct {
		name    string
		limits  store.Limits
		letters []letter
		want    string
	}{
		{"groups", store.Limits{GroupsPerBatch: 1}, []letter{plain("a", "x", 0), plain("b", "x", 1)}, `and more.*(\n.*)*of further errors`},
		{"variants", store.Limits{VariantsPerGroup: 1}, []letter{grouped("a", "x is gone", 0), grouped("a", "y is gone", 1)}, `1 more mail, of further errors`},
		{"bytes of a sample", store.Limits{SampleBytes: 90}, []letter{plain("a", "xxxxxxxxxxxxxxxxxxxxx", 0)}, `90 bytes of \d+ bytes`},
		{"lines of a sample", store.Limits{}, lines, `… 100 lines not shown …`},
		{"hosts", store.Limits{HostsPerGroup: 2}, hosts, `web1 \(1\).*other`},
		{"minutes of the sparkline", store.Limits{}, hours, `last (hour|60 minutes)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := NewSummary(collect(t, tt.limits, tt.letters...), origin1, night.Add(2*time.Hour))
			_, text, html := parts(t, render(t, s).Raw)
			for _, body := range []string{text, html} {
				if !regexp.MustCompile(tt.want).MatchString(body) {
					t.Errorf("nothing says that %s were cut in\n%s", tt.name, text)
				}
			}
		})
	}
}
