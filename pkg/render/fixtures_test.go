package render

import (
	"bytes"
	"fmt"
	"io"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	gomessage "github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"

	"github.com/hut8labs/failmail/internal/storm"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/recognise"
	"github.com/hut8labs/failmail/pkg/store"
)

var (
	cet   = time.FixedZone("CET", 3600)
	night = time.Date(2026, time.March, 9, 3, 17, 42, 0, cet)

	origin1 = Origin{From: "failmail@mon1.shop.example", Hostname: "mon1.shop.example"}
)

// a letter is one mail as it arrives.
type letter struct {
	raw  string
	helo string
	to   []string
	at   time.Time
}

// collect records letters as a proxy would, and lays them out.
func collect(t testing.TB, limits store.Limits, letters ...letter) *store.Batch {
	t.Helper()
	return collectKnown(t, limits, nil, letters...)
}

// collectKnown does so where the store knows how things stand.
func collectKnown(t testing.TB, limits store.Limits, standings map[string]store.Standing, letters ...letter) *store.Batch {
	t.Helper()
	grouper, err := batch.Compile(batch.DefaultGroup)
	if err != nil {
		t.Fatal(err)
	}
	meanings, err := recognise.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := batch.Classifier{
		Meanings: meanings,
		Batch:    batch.GrouperFunc(func(m *receive.Message) (string, error) { return m.Header.Get("X-Failmail-Split"), nil }),
		Group:    grouper,
	}
	b := &store.Batch{}
	for _, l := range letters {
		m := message.New("app@shop.example", l.to, []byte(l.raw))
		m.Helo, m.Received = l.helo, l.at
		if l.to == nil {
			m.To = []string{"ops@shop.example"}
		}
		for _, entry := range c.Classify(m) {
			b.Add(&entry, limits.WithDefaults())
		}
	}
	for _, g := range b.Groups {
		for _, v := range g.Variants {
			v.Standing = standings[v.Meaning.Object]
		}
	}
	return batch.Present(b, nil)
}

// plain returns a letter of a text, seconds after night.
func plain(subject, text string, seconds int) letter {
	return letter{
		raw:  "From: app@web1.shop.example\nSubject: " + subject + "\nContent-Type: text/plain; charset=utf-8\n\n" + text + "\n",
		helo: "web1.shop.example", at: night.Add(time.Duration(seconds) * time.Second),
	}
}

// grouped is plain for a mail that names its group, the word of a user.
func grouped(subject, text string, seconds int) letter {
	l := plain(subject, text, seconds)
	l.raw = "X-Failmail-Group: " + subject + "\n" + l.raw
	return l
}

// stormLetters returns the first n mails of a storm that have one of subjects.
func stormLetters(t testing.TB, n int, subjects ...string) []letter {
	t.Helper()
	var letters []letter
	for _, m := range storm.Mails(1, 700, night.Add(4*time.Minute)) {
		msg, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil {
			t.Fatal(err)
		}
		for _, subject := range subjects {
			if strings.HasPrefix(msg.Header.Get("Subject"), subject) && len(letters) < n {
				at, err := msg.Header.Date()
				if err != nil {
					t.Fatal(err)
				}
				letters = append(letters, letter{raw: string(m.Data), helo: m.Helo, to: m.To, at: at})
			}
		}
	}
	if len(letters) != n {
		t.Fatalf("the storm has only %d such mails", len(letters))
	}
	return letters
}

func render(t testing.TB, s *Summary) *message.Mail {
	t.Helper()
	m, err := Standard{}.Render(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// summaryOf describes what collect counted.
func summaryOf(t testing.TB, letters ...letter) *Summary {
	t.Helper()
	return NewSummary(collect(t, store.Limits{}, letters...), origin1, night.Add(5*time.Minute))
}

// summarize renders it.
func summarize(t testing.TB, letters ...letter) *message.Mail {
	t.Helper()
	return render(t, summaryOf(t, letters...))
}

// parts decodes the text and the HTML of a mail.
func parts(t testing.TB, raw []byte) (header gomessage.Header, text, html string) {
	t.Helper()
	e, err := gomessage.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for r := e.MultipartReader(); ; {
		p, err := r.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, strings.ReplaceAll(string(body), "\r\n", "\n"))
		if want := []string{"text/plain", "text/html"}[len(bodies)-1]; !strings.HasPrefix(p.Header.Get("Content-Type"), want+";") {
			t.Errorf("part %d is %s, want %s", len(bodies), p.Header.Get("Content-Type"), want)
		}
	}
	if len(bodies) != 2 {
		t.Fatalf("%d parts, want text and HTML", len(bodies))
	}
	return e.Header, bodies[0], bodies[1]
}

var boundaryParam = regexp.MustCompile(`boundary=("?)([0-9A-Za-z]+)("?)`)

// settled returns raw with a constant boundary in place of the random one.
func settled(t testing.TB, raw []byte) []byte {
	t.Helper()
	found := boundaryParam.FindSubmatch(raw)
	if found == nil {
		t.Fatalf("no boundary in\n%s", raw)
	}
	return bytes.ReplaceAll(raw, found[2], []byte("BOUNDARY"))
}

func numbered(n int, subject string) []letter {
	var letters []letter
	for i := range n {
		for turn := range 1 + (n-i)/8 {
			letters = append(letters, plain(fmt.Sprintf(subject, named(i)), "cannot reach shard "+named(i), i*5+turn))
		}
	}
	return letters
}

// named returns a word for a number: errors that differ in numbers are one.
func named(i int) string { return string([]byte{byte('a' + i/26), byte('a' + i%26)}) }
