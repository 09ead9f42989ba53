package batch_test

import (
	"bytes"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// maxKey is what the store is promised of a key's length.
const maxKey = 500

func compile(t testing.TB, expression string) batch.Grouper {
	t.Helper()
	grouper, err := batch.Compile(expression)
	if err != nil {
		t.Fatal(err)
	}
	return grouper
}

func standard(t testing.TB) *batch.Classifier {
	return &batch.Classifier{Batch: compile(t, batch.DefaultBatch), Group: compile(t, batch.DefaultGroup)}
}

// only returns the one entry of a mail.
func only(t testing.TB, entries []store.Entry) store.Entry {
	t.Helper()
	if len(entries) != 1 {
		t.Fatalf("got %d entries, want 1", len(entries))
	}
	return entries[0]
}

func constant(key string) batch.Grouper {
	return batch.GrouperFunc(func(*message.Message) (string, error) { return key, nil })
}

func TestAnEntrySaysAllThatTheStoreCounts(t *testing.T) {
	c := standard(t)
	c.Window = store.Window{Wait: time.Second, MaxWait: time.Minute}
	m := message.New("app@web1", []string{"ops@x", "root"},
		[]byte("Subject: disk full\nX-Failmail-Split: team-a\n\nError on sda1: 97% used\n"))
	m.Helo, m.Received = "web1.shop.example", time.Date(2026, 3, 9, 3, 17, 42, 0, time.UTC)
	e := only(t, c.Classify(m))
	if e.Batch != "team-a" || e.Group != e.Fingerprint || e.Title != "disk full" || e.Host != "web1.shop.example" {
		t.Errorf("batch %q, group %q, title %q, host %q", e.Batch, e.Group, e.Title, e.Host)
	}
	if want := batch.FingerprintOf(m); e.Fingerprint != want.ID || e.Reason != want.Reason || e.Reason != "Error on sda<num>: <num>% used" {
		t.Errorf("fingerprint %q for %q, want %+v", e.Fingerprint, e.Reason, want)
	}
	if !slices.Equal(e.Recipients, m.To) || !e.Received.Equal(m.Received) || e.Window != c.Window || !bytes.Equal(e.Sample, m.Raw) {
		t.Errorf("recipients, time, window or sample are not the mail's: %+v", e)
	}
}

func compiled(t *testing.T, expression string) batch.Grouper {
	t.Helper()
	g, err := batch.Compile(expression)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAMailThatCannotBePlacedIsKeptUnderTheError(t *testing.T) {
	fails := batch.GrouperFunc(func(*message.Message) (string, error) { return "half a key", errors.New("no team 4711\r\nfound") })
	panics := batch.GrouperFunc(func(*message.Message) (string, error) { panic("bad mood") })
	crashes := batch.GrouperFunc(func(m *message.Message) (string, error) { return m.To[7], nil })
	tests := []struct {
		name         string
		batch, group batch.Grouper
		key, want    string
		title        string // as the error says it
	}{
		{"an error for the batch", fails, constant("g"), "", "cannot batch: no team <num> found", "cannot batch: no team 4711 found"},
		{"an error for the group", constant("b"), fails, "b", "cannot group: no team <num> found", "cannot group: no team 4711 found"},
		{"a panic for the batch", panics, constant("g"), "", "cannot batch: panic: bad mood", "cannot batch: panic: bad mood"},
		{"a panic for the group", constant("b"), panics, "b", "cannot group: panic: bad mood", "cannot group: panic: bad mood"},
		{"a runtime error", constant("b"), crashes, "b", "cannot group: panic: runtime error: index out of range [<num>] with length <num>",
			"cannot group: panic: runtime error: index out of range [7] with length 1"},
		{"an expression that fails for this mail", constant("b"), compiled(t, `{{index .To (len (.Header.Get "X-None"))}}{{if eq .Subject "s"}}{{index .To 4}}{{end}}`), "b",
			"cannot group: index out of range: <num>, at <index .To <num>> (expression:<num>:<num>)", "cannot group: index out of range: 4, at <index .To 4> (expression:1:66)"},
		{"errors in both", fails, panics, "", "cannot batch: no team <num> found", "cannot batch: no team 4711 found"},
		{"no grouper at all", nil, constant("g"), "", "cannot batch: panic: runtime error: invalid memory address or nil pointer dereference",
			"cannot batch: panic: runtime error: invalid memory address or nil pointer dereference"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			c := batch.Classifier{Batch: tt.batch, Group: tt.group, Logger: slog.New(slog.NewTextHandler(&log, nil))}
			m := message.New("", []string{"ops"}, []byte("Subject: s\n\nbody\n"))
			e := only(t, c.Classify(m))
			if e.Batch != tt.key || e.Group != tt.want || e.Title != tt.title {
				t.Errorf("batch %q, group %q, title %q, want batch %q, group %q and title %q", e.Batch, e.Group, e.Title, tt.key, tt.want, tt.title)
			}
			if e.Fingerprint == "" || !bytes.Equal(e.Sample, m.Raw) || len(e.Recipients) != 1 {
				t.Errorf("the mail is lost from %+v", e)
			}
			if !strings.Contains(log.String(), m.ID) || strings.Count(log.String(), "\n") != 1 {
				t.Errorf("the log is %q, want one line that names %s", log.String(), m.ID)
			}
			if at := regexp.MustCompile(` at=\S*/classify_test\.go:\d+`); at.MatchString(log.String()) != (tt.batch != nil && strings.Contains(tt.want, "panic: ")) {
				t.Errorf("the log is %q, want the line of a panic, and only of one", log.String())
			}
			c.Logger = nil
			if again := only(t, c.Classify(m)); again.Group != e.Group {
				t.Errorf("without a logger the group is %q", again.Group)
			}
		})
	}
}

func TestMailsGetATitleWhateverIsMissing(t *testing.T) {
	tests := []struct{ name, raw, title string }{
		{"a subject", "Subject: s\n\nx\n", "s"},
		{"an empty subject", "Subject:\n\nx\n", "(no subject)"},
		{"no subject", "From: a\n\nx\n", "(no subject)"},
		{"a subject of blanks", "Subject: =?utf-8?q?_=09_?=\n\nx\n", "(no subject)"},
		{"control characters become blanks", "Subject: =?utf-8?q?a=00b=0D=0Ac=1B[31m?=\n\nx\n", "a b c"},
		{"bidirectional overrides go", "Subject: =?utf-8?q?a=E2=80=AEb?=\n\nx\n", "a b"},
		{"bytes that are no UTF-8", "Subject: a\xffb\n\nx\n", "a\uFFFDb"},
		{"no header section", "disk full\n", "unparsable: no header section"},
		{"an empty mail", "", "unparsable: empty message"},
		{"a broken header after the subject", "Subject: s\nbroken\n\nx\n", "s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := only(t, standard(t).Classify(message.New("", nil, []byte(tt.raw))))
			if e.Group != e.Fingerprint && e.Group != tt.title || e.Title != tt.title {
				t.Errorf("group %q with title %q, want title %q", e.Group, e.Title, tt.title)
			}
		})
	}
}

func TestLongKeysAreCutOnARuneBoundaryAndKeptApart(t *testing.T) {
	classify := func(key string) store.Entry {
		c := batch.Classifier{Batch: constant(key), Group: constant(key)}
		m := message.New("", nil, []byte("Subject: s\n\nerror "+key+"\n"))
		m.Helo = key
		return only(t, c.Classify(m))
	}
	// Each shift puts another byte of a rune at the cut.
	for shift := range 4 {
		long := strings.Repeat("x", shift) + strings.Repeat("𝔘", 300)
		one, other := classify(long+"1"), classify(long+"2")
		for field, value := range map[string]string{
			"batch": one.Batch, "group": one.Group, "title": one.Title, "host": one.Host, "reason": one.Reason,
		} {
			if len(value) > maxKey || !utf8.ValidString(value) || strings.ContainsRune(value, utf8.RuneError) {
				t.Errorf("the %s has %d bytes: %q", field, len(value), value)
			}
		}
		if !strings.HasPrefix(one.Group, long[:400]) {
			t.Errorf("the beginning of the key is lost: %q", one.Group)
		}
		if one.Batch == other.Batch || one.Group == other.Group || one.Host == other.Host {
			t.Errorf("two keys that differ at the end became one: %q", one.Group)
		}
		if again := classify(long + "1"); again.Group != one.Group || again.Batch != one.Batch {
			t.Errorf("one key became %q and %q", one.Group, again.Group)
		}
	}
	if fits := strings.Repeat("y", maxKey); classify(fits).Group != fits {
		t.Error("a key of the greatest length was cut")
	}
}

func TestKeysAreOneLineWithoutControlCharacters(t *testing.T) {
	hostile := "a\r\nBcc: b\x00\x1b[2J\u202e\u2028c\xff \t d"
	c := batch.Classifier{Batch: constant(hostile), Group: constant(hostile)}
	m := message.New("", nil, []byte("Subject: s\n\nerror\n"))
	m.Helo = hostile
	e := only(t, c.Classify(m))
	for field, value := range map[string]string{"batch": e.Batch, "group": e.Group, "title": e.Title, "host": e.Host} {
		if value != "a Bcc: b c\uFFFD d" || strings.ContainsFunc(value, unicode.IsControl) {
			t.Errorf("the %s is %q", field, value)
		}
	}
}

func TestTheHostIsTheGreetingOrElseTheAddress(t *testing.T) {
	tests := []struct{ name, helo, addr, want string }{
		{"a real name", "web1.shop.example", "192.0.2.7", "web1.shop.example"},
		{"localhost", "localhost", "192.0.2.7", "192.0.2.7"},
		{"an address literal", "[192.0.2.9]", "192.0.2.7", "192.0.2.7"},
		{"a bare address", "192.0.2.9", "192.0.2.7", "192.0.2.7"},
		{"no greeting", "", "2001:db8::1", "2001:db8::1"},
		{"neither", "", "", "localhost"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := message.New("", nil, []byte("Subject: s\n\nx\n"))
			m.Helo, m.RemoteAddr = tt.helo, tt.addr
			if got := only(t, standard(t).Classify(m)).Host; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
