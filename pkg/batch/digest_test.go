package batch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/recognise"
	"github.com/hut8labs/failmail/pkg/store"
)

// alerts returns a mail of Alertmanager: those of the hosts that fire and of those that
// no longer do.
func alerts(firing, resolved []string, header ...string) *message.Message {
	var b strings.Builder
	b.WriteString(strings.Join(append(header, "From: alertmanager@example.net", ""), "\n"))
	tag := fmt.Sprintf("[FIRING:%d]", len(firing))
	if len(firing) == 0 {
		tag = "[RESOLVED]"
	}
	fmt.Fprintf(&b, "Subject: %s HighLoad (node) =?utf-8?q?=C3=BC?=\n\n%d alerts for alertname=HighLoad\nView in Alertmanager\n", tag, len(firing)+len(resolved))
	for i, host := range slices.Concat(firing, resolved) {
		switch i {
		case len(firing): // first, where none fires
			fmt.Fprintf(&b, "[%d] Resolved\n", len(resolved))
		case 0:
			fmt.Fprintf(&b, "[%d] Firing\n", len(firing))
		}
		fmt.Fprintf(&b, "Labels\nalertname = HighLoad\ninstance = %s\nAnnotations\nsummary = load of %s is 12.4\nSource\n", host, host)
	}
	b.WriteString("Sent by Alertmanager\n")
	return message.New("alertmanager@example.net", []string{"ops@example.com", "dev@example.com"}, []byte(b.String()))
}

func recognising(t testing.TB) *batch.Classifier {
	t.Helper()
	c := standard(t)
	var err error
	if c.Meanings, err = recognise.New(nil); err != nil {
		t.Fatal(err)
	}
	return c
}

// described are entries by what they are about; + are further parts.
func described(entries []store.Entry) (all []string) {
	for _, e := range entries {
		text := string(e.Meaning.Status) + " " + strings.TrimPrefix(e.Meaning.Object, "HighLoad instance = ")
		if e.Part {
			text = "+" + text
		}
		all = append(all, text)
	}
	return all
}

func TestADigestHasAnEntryForEachOfItsParts(t *testing.T) {
	c := recognising(t)
	m := alerts([]string{"db1", "db2"}, []string{"db3"})
	entries := c.Classify(m)
	if got, want := described(entries), []string{"problem db1", "+problem db2", "+recovery db3"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if m.Meaning != entries[0].Meaning || len(m.Further) != 2 || m.Further[1] != entries[2].Meaning {
		t.Errorf("the mail says %+v and %+v", m.Meaning, m.Further)
	}
	for i, e := range entries {
		if e.Batch != entries[0].Batch || e.Title != m.Subject() || e.Group != e.Fingerprint || !slices.Equal(e.Recipients, m.To) || !e.Said.Equal(m.Received) {
			t.Errorf("%+v", e)
		}
		for _, other := range entries[:i] {
			if e.Occurrence.ID(e.Meaning) == other.Occurrence.ID(other.Meaning) {
				t.Errorf("%q and %q are one problem", e.Meaning.Object, other.Meaning.Object)
			}
		}
	}
	if string(entries[0].Sample) != string(m.Raw) {
		t.Error("the first part does not keep the mail")
	}
	sample := message.New("", nil, entries[1].Sample)
	if sample.Problem != "" || sample.Subject() != m.Subject() || sample.Header.Get("From") != "alertmanager@example.net" ||
		!strings.Contains(sample.Body(), "load of db2 is 12.4") || strings.Contains(sample.Body(), "db1") {
		t.Errorf("the second part keeps\n%s", entries[1].Sample)
	}
}

func TestAnAlertIsOneErrorAloneAndInADigest(t *testing.T) {
	c := recognising(t)
	alone := only(t, c.Classify(alerts([]string{"db2"}, nil)))
	among := c.Classify(alerts([]string{"db1", "db2"}, []string{"db3"}))[1]
	if alone.Fingerprint != among.Fingerprint || alone.Group != among.Group || alone.Occurrence.ID(alone.Meaning) != among.Occurrence.ID(among.Meaning) || alone.Reason != among.Reason {
		t.Errorf("alone\n%+v\namong others\n%+v", alone, among)
	}
}

func TestAMailSaysWhereItsPartsBelong(t *testing.T) {
	for _, tt := range []struct {
		name, group, header string
		want                []string
	}{
		{"by the Grouper", "object", "", []string{"HighLoad instance = db1", "HighLoad instance = db2"}},
		{"by itself", "object", "X-Failmail-Group: team a", []string{"team a", "team a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := recognising(t)
			c.Group = compile(t, tt.group)
			m := alerts([]string{"db1", "db2"}, nil)
			if tt.header != "" {
				m = alerts([]string{"db1", "db2"}, nil, tt.header)
			}
			var got []string
			for _, e := range c.Classify(m) {
				got = append(got, e.Group)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEachRecipientGetsADigestInABatchOfTheirOwn(t *testing.T) {
	c := recognising(t)
	c.EachRecipient = true
	entries := c.Classify(alerts([]string{"db1", "db2"}, nil))
	if got, want := described(entries), []string{"problem db1", "+problem db2", "problem db1", "+problem db2"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i, e := range entries {
		to := []string{"ops@example.com", "dev@example.com"}[i/2]
		if e.Batch != "for "+to || !slices.Equal(e.Recipients, []string{to}) || e.Copy != (i >= 2) {
			t.Errorf("%q to %q, a copy: %t", e.Batch, e.Recipients, e.Copy)
		}
	}
}

func TestADigestIsCountedByAPartThatIsSeen(t *testing.T) {
	c := recognising(t)
	now := time.Now()
	id := c.Classify(alerts([]string{"db1"}, nil))[0]
	mute := store.Mute{ID: 7, Problem: id.Occurrence.ID(id.Meaning), Name: "db1", Until: now.Add(time.Hour)}
	c.Mutes = &batch.Mutes{}
	c.Mutes.Set([]store.Mute{mute})
	entries := c.Classify(alerts([]string{"db1", "db2"}, nil))
	if got, want := described(entries), []string{"problem db2", "+problem db1"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if !entries[0].MutedUntil.IsZero() || !entries[1].MutedUntil.Equal(mute.Until) || entries[1].Group != "mute 7" {
		t.Errorf("%+v", entries)
	}
}

func TestADigestIsOneFirstMail(t *testing.T) {
	c := recognising(t)
	c.Quiet = time.Hour
	first := func(hosts ...string) (quiet []bool) {
		for _, e := range c.Classify(alerts(hosts, nil)) {
			quiet = append(quiet, e.Quiet > 0)
		}
		return quiet
	}
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"}
	if got := first(names...); !slices.Contains(got, true) {
		t.Error("no part of the first digest is sent at once")
	}
	if got := first(names...); slices.Contains(got, true) {
		t.Errorf("the second one is, too: %v", got)
	}
	if got := first("z", "a"); !slices.Equal(got, []bool{true, false}) {
		t.Errorf("of a new part and a known one: %v", got) // it took one of the first mails that may be sent at once
	}
}
