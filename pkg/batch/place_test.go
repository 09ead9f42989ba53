package batch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

func mailWith(header, body string) *message.Message {
	return message.New("app@web1", []string{"ops@example.com", "dev@example.com"}, []byte(header+"\n\n"+body+"\n"))
}

func TestAMailMaySayItselfWhereItBelongs(t *testing.T) {
	c := &batch.Classifier{Batch: constant("b"), Group: constant("g")}
	e := only(t, c.Classify(mailWith("Subject: s\nX-Failmail-Group: =?utf-8?q?Zahlung_f=C3=A4llig?=\nX-Failmail-Split: team", "x")))
	if e.Group != "Zahlung fällig" || e.Batch != "team" {
		t.Errorf("group %q, batch %q", e.Group, e.Batch)
	}
	fails := batch.GrouperFunc(func(*message.Message) (string, error) { return "", errors.New("no") })
	c = &batch.Classifier{Batch: constant("b"), Group: fails}
	if e := only(t, c.Classify(mailWith("X-Failmail-Group: own", "x"))); e.Group != "own" {
		t.Errorf("a grouper that fails won over the mail: %q", e.Group)
	}
}

func TestEachRecipientHasABatch(t *testing.T) {
	c := &batch.Classifier{Batch: constant("b"), Group: constant("g"), EachRecipient: true}
	entries := c.Classify(mailWith("Subject: s", "x"))
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprint(e.Batch, e.Recipients))
	}
	if want := []string{"b for ops@example.com[ops@example.com]", "b for dev@example.com[dev@example.com]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	one := message.New("", []string{"ops@example.com"}, []byte("Subject: s\n\nx\n"))
	if e := only(t, c.Classify(one)); e.Batch != entries[0].Batch {
		t.Errorf("a mail to one recipient alone is in the batch %q, one to two in %q", e.Batch, entries[0].Batch)
	}
}

func TestAHashIsNoHeadline(t *testing.T) {
	c := &batch.Classifier{Batch: constant(""), Group: compile(t, "fingerprint")}
	e := only(t, c.Classify(mailWith("Subject: s", "disk sda1 failed")))
	if e.Title != "disk sda<num> failed" || e.Group != e.Fingerprint {
		t.Errorf("title %q, group %q", e.Title, e.Group)
	}
	if e := only(t, c.Classify(mailWith("Subject: s\nX-Failmail-Group: v1: released", "x"))); e.Title != "v1: released" {
		t.Errorf("title %q", e.Title)
	}
}

func value(label, text string) store.Value { return store.Value{Label: label, Text: text} }

func TestValuesSayWhatTheReasonHasPlaceholdersFor(t *testing.T) {
	tests := []struct {
		name, subject, body string
		want                []store.Value
	}{
		{"of subject and text", "order 17 failed", "at 03:17:42 the port 443 of db1.example.com refused",
			[]store.Value{value("order <num>", "17"), value("the port <num>", "443"), value("of <host>", "db1.example.com")}},
		{"of the line that tells", "s", "Hello you there\nuser=anna failed",
			[]store.Value{value("user=<user>", "anna")}},
		{"of an exception", "s", "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\nKeyError: 'order-17'",
			[]store.Value{value("subject", "s"), value("message", "KeyError: '<value>'"), value("KeyError: <value>", "order-17")}},
		{"none", "s", "disk failed", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := batch.FingerprintOf(mailWith("Subject: "+tt.subject, tt.body)).Values
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestMutedMailsAreCountedInAGroupOfTheirOwn(t *testing.T) {
	now := time.Date(2026, 3, 9, 3, 17, 42, 0, time.UTC)
	m := mailWith("Subject: db timeout", "connection to 10.0.0.1 failed")
	m.Received = now
	fingerprint := batch.FingerprintOf(m).ID
	tests := []struct {
		name, what string
		at         time.Time
		muted      bool
	}{
		{"by the subject", "^db time", now, true},
		{"by the reason", "connection to <ip>", now, true},
		{"by the fingerprint", fingerprint, now, true},
		{"by another pattern", "disk", now, false},
		{"by another fingerprint", "v2:0000000000000000", now, false},
		{"when it has ended", "db", now.Add(-3 * time.Hour), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mute, err := batch.ParseMute(tt.what, "deploy of 4711", tt.at, 2*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			mute.ID = 7
			mutes := &batch.Mutes{}
			mutes.Set([]store.Mute{mute})
			c := &batch.Classifier{Batch: constant("b"), Group: constant("g"), Mutes: mutes}
			e := only(t, c.Classify(m))
			if muted := !e.MutedUntil.IsZero(); muted != tt.muted {
				t.Fatalf("muted = %t", muted)
			}
			if !tt.muted {
				return
			}
			if e.Group != "mute 7" || !e.MutedUntil.Equal(now.Add(2*time.Hour)) || e.Fingerprint != fingerprint ||
				!strings.Contains(e.Title, tt.what) || !strings.Contains(e.Title, "deploy of 4711") || !strings.Contains(e.Title, "05:17") {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestWrongMutesAreExplained(t *testing.T) {
	for name, test := range map[string]struct {
		what, reason string
		duration     time.Duration
		part         string
	}{
		"everything":                {" ", "", time.Hour, "would mute everything"},
		"no time":                   {"x", "", 0, "use one such as 2h"},
		"a bad pattern":             {"a(", "", time.Hour, "backslash"},
		"a short print":             {"v1:zzz", "", time.Hour, `"v1:zzz" looks like a fingerprint and is none`},
		"a cut print":               {"v1:0123456789abcde", "", time.Hour, "16 hexadecimal digits"},
		"a long reason":             {"x", strings.Repeat("ü", 1001), time.Hour, "the reason has 1001 characters, and 1000 are the most"},
		"a long pattern":            {strings.Repeat("x", 60000), "", time.Hour, "the pattern has 60000 characters"},
		"a reason with NUL":         {"x", "a\x00b", time.Hour, `the reason "a\x00b" holds`},
		"a pattern with NUL":        {"a\x00b", "", time.Hour, `the pattern "a\x00b" holds`},
		"a reason that is no UTF-8": {"x", "\xff", time.Hour, "the reason"},
	} {
		if _, err := batch.ParseMute(test.what, test.reason, time.Now(), test.duration); err == nil || !strings.Contains(err.Error(), test.part) || len(err.Error()) > 300 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m, err := batch.ParseMute("x", strings.Repeat("ü", 1000), time.Now(), time.Hour); err != nil || len(m.Reason) != 2000 {
		t.Errorf("a reason of 1,000 characters: %v", err)
	}
}

func TestASlowGrouperDoesNotHoldTheMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var calls atomic.Int32
		g := batch.Guard(batch.GrouperFunc(func(*message.Message) (string, error) { calls.Add(1); <-release; return "late", nil }))
		m := mailWith("Subject: s", "x")
		begin := time.Now()
		if _, err := g.Group(m); err == nil || !strings.Contains(err.Error(), "longer than 5s") {
			t.Errorf("err = %v", err)
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("it took %s", took)
		}
		for range 99 {
			g.Group(m)
		}
		begin = time.Now()
		if _, err := g.Group(m); err == nil || !strings.Contains(err.Error(), "100 calls have not returned") || time.Since(begin) != 0 || calls.Load() != 100 {
			t.Errorf("err = %v after %s and %d calls", err, time.Since(begin), calls.Load())
		}
		close(release)
		synctest.Wait()
		if key, err := g.Group(m); key != "late" || err != nil {
			t.Errorf("when the calls have returned: %q, %v", key, err)
		}
	})
}

func TestAGuardPassesOnWhatAGrouperSays(t *testing.T) {
	m := mailWith("Subject: s", "x")
	if key, err := batch.Guard(constant("g")).Group(m); key != "g" || err != nil {
		t.Errorf("%q, %v", key, err)
	}
	panics := batch.GrouperFunc(func(*message.Message) (string, error) { panic("mood") })
	if _, err := batch.Guard(panics).Group(m); err == nil || !strings.Contains(err.Error(), "mood") {
		t.Errorf("err = %v", err)
	}
	if got, want := fmt.Sprintf("%T", batch.Guard(compile(t, "subject"))), fmt.Sprintf("%T", compile(t, "subject")); got != want {
		t.Errorf("an expression became a %s", got)
	}
}

func TestTheFirstMailOfAGroupIsSentAtOnceButNoStormOfThem(t *testing.T) {
	now := time.Date(2026, 3, 9, 3, 17, 42, 0, time.UTC)
	c := &batch.Classifier{Batch: constant(""), Group: compile(t, "subject"), Quiet: time.Hour}
	first := func(subject string, after time.Duration) bool {
		m := mailWith("Subject: "+subject, "x")
		m.Received = now.Add(after)
		return only(t, c.Classify(m)).Quiet > 0
	}
	for _, step := range []struct {
		subject string
		after   time.Duration
		want    bool
	}{
		{"order 17 failed", 0, true},
		{"order 18 failed", time.Second, false},
		{"disk full", 2 * time.Second, true},
		{"order 19 failed", 59 * time.Minute, false},
		{"order 20 failed", 118 * time.Minute, false},
		{"order 21 failed", 179 * time.Minute, true},
	} {
		if got := first(step.subject, step.after); got != step.want {
			t.Errorf("%q after %s: first = %t", step.subject, step.after, got)
		}
	}
	granted := 0
	for i := range 100 {
		if first("kind "+strings.Repeat("x", i), 5*time.Hour) {
			granted++
		}
	}
	if granted != 10 {
		t.Errorf("%d of 100 kinds were sent at once, want 10", granted)
	}
	if !first("another", 5*time.Hour+6*time.Minute) {
		t.Error("after the window none is sent at once")
	}
}

func TestAFingerprintThatIsRecalledIsTheSame(t *testing.T) {
	c := &batch.Classifier{Batch: constant(""), Group: compile(t, "subject")}
	for i := range 1200 { // twice as many texts as are kept, each one again and again
		subject, body := fmt.Sprintf("Subject: order %d", i%3), fmt.Sprintf("user=u%d failed on disk %s", i%400, strings.Repeat("x", i%300))
		m := mailWith(subject, body)
		e, want := only(t, c.Classify(m)), batch.FingerprintOf(mailWith(subject, body))
		if e.Fingerprint != want.ID || e.Reason != want.Reason || !slices.Equal(e.Values, want.Values) {
			t.Fatalf("%q: got %+v, want %+v", body, e, want)
		}
	}
}
