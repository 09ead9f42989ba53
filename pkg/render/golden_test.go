package render

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

const rtlMail = `From: =?utf-8?b?2YbYuNin2YU=?= <app@web1.shop.example>
Subject: =?utf-8?b?2YHYtNmEINin2YTYrtin2K/ZhQ==?= 42
Content-Type: text/plain; charset=utf-8

تعذر الاتصال بالخادم db1 (error 42)
שגיאה: הדיסק מלא
`

const scriptsMail = `From: =?iso-2022-jp?b?GyRCNEY7axsoQg==?= <app@web1.shop.example>
Subject: =?koi8-r?b?79vJwsvB?= / =?utf-8?q?=CE=A3=CF=86=CE=AC=CE=BB=CE=BC=CE=B1?= / =?utf-8?b?6Zqc5a6z?=
Content-Type: text/plain; charset=utf-8

Ошибка: диск заполнен
Σφάλμα: ο δίσκος είναι γεμάτος
障害: ディスクがいっぱいです
त्रुटि: डिस्क भर गई है
`

const attachmentsMail = `From: scanner@web1.shop.example
Subject: scan report
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: application/pdf; name="report.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="report.pdf"

JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PD4+CmVuZG9iago=
--b
Content-Type: text/csv
Content-Disposition: attachment; filename="hosts.csv"

web1,ok
--b--
`

const onlyPDF = `From: scanner@web1.shop.example
Subject: scan of the basement
Content-Type: application/pdf; name="basement.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PD4+CmVuZG9iago=
`

// varied are 12 hosts with 6 kinds of content under 4 subjects.
func varied() []letter {
	var letters []letter
	for i := range 60 {
		l := grouped(fmt.Sprintf("alert %c", 'A'+i%4), "disk "+strings.Repeat("x", i%6+1)+" failed", i*7)
		l.helo = fmt.Sprintf("web%d.shop.example", i%12+1)
		letters = append(letters, l)
	}
	return letters
}

func longTrace() string {
	var text strings.Builder
	text.WriteString("java.lang.StackOverflowError: too deep\n")
	for i := 0; text.Len() < 2<<20; i++ {
		fmt.Fprintf(&text, "\tat example.shop.Tree.visit%d(Tree.java:%d)\n", i, i%900)
	}
	return text.String()
}

func TestGoldenMails(t *testing.T) {
	html := stormLetters(t, 1, "=?utf-8?q?Zahlungen")
	tests := []struct {
		name    string
		limits  store.Limits
		letters []letter
		change  func(*store.Batch) // what the past has left
	}{
		{"one_mail", store.Limits{}, []letter{plain("disk full on db1", "Good morning,\n\ncannot write to /var/lib/postgresql: no space left on device", 0)}, nil},
		{"482_mails_3_groups", store.Limits{}, stormLetters(t, 482, "[shop] ERROR", "payment-service", "panic in worker"), nil},
		{"40_groups", store.Limits{}, numbered(40, "shard %s is unreachable"), nil},
		{"html_only", store.Limits{}, html, nil},
		{"scripts", store.Limits{}, []letter{{raw: scriptsMail, helo: "web1.shop.example", at: night}, {raw: rtlMail, helo: "web2.shop.example", at: night.Add(90 * time.Second)}}, nil},
		{"long_trace", store.Limits{}, []letter{plain("ERROR in tree", longTrace(), 0)}, nil},
		{"attachments_only", store.Limits{}, []letter{{raw: attachmentsMail, helo: "web1.shop.example", at: night}, {raw: onlyPDF, helo: "web1.shop.example", at: night}}, nil},
		{"unparsable", store.Limits{}, []letter{{raw: "Out of memory\nKilled process 4242 (postgres)\n", helo: "db1.shop.example", at: night}, {raw: "", at: night}}, nil},
		{"omitted", store.Limits{GroupsPerBatch: 2, VariantsPerGroup: 2, HostsPerGroup: 2}, varied(), nil},
		{"many_hosts_and_variants", store.Limits{}, append(varied(), twelveHosts()...), nil},
		{"redaction", store.Limits{}, secretLetters(), nil},
		{"outage", store.Limits{}, stormLetters(t, 60, "payment-service", "panic in worker"), func(b *store.Batch) {
			b.HeldSince = night.Add(-29 * time.Minute)
		}},
		{"new_ongoing_and_back", store.Limits{}, stormLetters(t, 90, "[shop] ERROR", "payment-service", "panic in worker"), remembered},
		{"over_and_ok", store.Limits{}, incidentLetters(), nil},
		{"only_ok", store.Limits{}, incidentLetters()[8:], nil},
		{"muted", store.Limits{}, stormLetters(t, 40, "payment-service", "panic in worker"), func(b *store.Batch) {
			b.Groups[0].Muted, b.Groups[0].Title = true, "payment, muted until 2026-03-09 05:00 CET: deploy of 2.14"
		}},
		{"the_first_of_a_group", store.Limits{}, []letter{plain("disk full on db1", "cannot write to /var/lib/postgresql: no space left on device", 0)}, func(b *store.Batch) {
			b.Early = true
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The load was told before, if there is a mail of it.
			b := collectKnown(t, tt.limits, map[string]store.Standing{
				"db1/Load": {Since: night.Add(-100 * time.Minute), Bad: night.Add(-90 * time.Minute), Count: 3},
			}, tt.letters...)
			if tt.change != nil {
				tt.change(b)
			}
			s := NewSummary(b, origin1, night.Add(5*time.Minute))
			s.Redact(NewRedactor())
			if tt.name == "new_ongoing_and_back" {
				s.NoteRecords(remarked)
			}
			s.MessageID = "1773022662000.fixed@mon1.shop.example"
			raw := render(t, s).Raw
			_, text, html := parts(t, raw)
			compare(t, tt.name+".eml", settled(t, raw))
			compare(t, tt.name+".txt", []byte(text))
			compare(t, tt.name+".html", []byte(html))
		})
	}
}

// remarked is what people said of an ongoing error; another one they had resolved.
func remarked(v *Variant) (record Record) {
	if v.News.State == Ongoing {
		record = Record{Remarks: []string{"acknowledged by ann, 2026-03-09 02:58: looks at it", "owner: the payments team", "noted by bob, 2026-03-08 22:10: <b>the bank</b> is down, ticket 4711"}}
	}
	return record
}

// secretLetters are mails as they should not be sent.
func secretLetters() []letter {
	return []letter{
		plain("login of anna failed: password=hunter2", "POST /login?user=anna&password=hunter2\nAuthorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-1234567\nCookie: session=0123456789abcdef; theme=dark\n\nError: card 4111 1111 1111 1111 declined", 0),
		plain("backup failed", "DB_PASSWORD=hunter2 pg_dump postgres://backup:hunter2@db1/shop\nError: connection refused", 1),
		plain("order 17 failed", "Error: nothing to hide here", 2),
	}
}

// remembered gives the groups of b a past: the first goes on, the second is
// back, and in the third one of two variants is new.
func remembered(b *store.Batch) {
	seen := store.Seen{First: night.Add(-49 * 24 * time.Hour), Last: night.Add(-10 * time.Minute), Count: 1204}
	for i, g := range b.Groups[:2] {
		for j, v := range g.Variants {
			if i == 0 && j == 1 {
				continue
			}
			v.Seen = seen
			if i == 1 {
				v.Seen.Last = night.Add(-73 * time.Hour)
			}
		}
	}
}

func twelveHosts() []letter {
	var letters []letter
	for i := range 24 {
		l := plain("batch job failed", "job "+strings.Repeat("y", i%7+1)+" failed", 400+i)
		l.helo = fmt.Sprintf("job%d.shop.example", i%12+1)
		letters = append(letters, l)
	}
	return letters
}

// compare checks got against a golden file, or rewrites it. The mails keep
// their CRLF line ends.
func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with go test ./pkg/render -update", err)
	}
	if bytes.Equal(got, want) {
		return
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
			t.Fatalf("%s differs from line %d on; if that is right, rewrite it with -update\n got %q\nwant %q",
				path, i+1, line(gotLines, i), line(wantLines, i))
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}
