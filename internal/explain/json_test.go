package explain

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/mailbox"
	"github.com/hut8labs/failmail/pkg/batch"
)

const trace = "\n\nTraceback (most recent call last):\n  File \"/srv/a.py\", line 88, in f\n    g()\nKeyError: 'a-4711'\n"

func TestMailsShareAnEntryWhenASummaryShowsThemAsOne(t *testing.T) {
	for name, test := range map[string]struct {
		group    string
		one, two string
		want     bool
	}{
		"texts that differ in a value":                             {"subject", "Subject: s\n\nrow 17 failed\n", "Subject: s\n\nrow 18 failed\n", true},
		"texts that differ in a word":                              {"subject", "Subject: s\n\nread failed\n", "Subject: s\n\nwrite failed\n", false},
		"one trace under two subjects":                             {"subject", "Subject: order a" + trace, "Subject: order b" + trace, true},
		"one trace in two groups that the mails name":              {"subject", "X-Failmail-Group: a" + trace, "X-Failmail-Group: b" + trace, false},
		"one trace in two summaries that the mails name":           {"subject", "X-Failmail-Split: a" + trace, "X-Failmail-Split: b" + trace, false},
		"one trace in a summary and in a group of the same name":   {"subject", "X-Failmail-Split: a" + trace, "X-Failmail-Group: a" + trace, false},
		"one trace in two groups of another expression":            {"header:From", "From: a@x" + trace, "From: b@x" + trace, false},
		"one trace in one group of another expression":             {"header:From", "From: a@x\nSubject: a" + trace, "From: a@x\nSubject: b" + trace, true},
		"one trace in groups of its fingerprint":                   {"fingerprint", "Subject: a" + trace, "Subject: b" + trace, true},
		"one trace by its fingerprint, in a group that it names":   {"fingerprint", "X-Failmail-Group: a" + trace, "Subject: b" + trace, false},
		"one trace by its fingerprint, in a summary that it names": {"fingerprint", "X-Failmail-Split: a" + trace, "Subject: b" + trace, false},
	} {
		t.Run(name, func(t *testing.T) {
			one, two := objectOf(t, test.group, test.one), objectOf(t, test.group, test.two)
			if got := one.Entry == two.Entry; got != test.want || one.Entry == "" {
				t.Errorf("the entries are %q and %q", one.Entry, two.Entry)
			}
		})
	}
}

func TestTheHeadlineSaysWhatAllMailsOfTheEntryShare(t *testing.T) {
	for mail, want := range map[string]string{
		"Subject: s" + trace: "KeyError: 'a-4711'",
		"Subject: s\n\nGood morning,\n\nerror on sda1: 97% used\n": "error on sda1: 97% used",
	} {
		if got := objectOf(t, batch.DefaultGroup, mail).Headline; got != want {
			t.Errorf("of %q it is %q, want %q", mail, got, want)
		}
	}
}

// objectOf returns what explain prints of a mail.
func objectOf(t *testing.T, group, mail string) (o struct{ Entry, Headline string }) {
	t.Helper()
	batchBy, err := batch.Compile(batch.DefaultBatch)
	if err != nil {
		t.Fatal(err)
	}
	groupBy, err := batch.Compile(group)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = Run(t.Context(), Options{
		Classifier: &batch.Classifier{Batch: batchBy, Group: groupBy},
		BySubject:  group == batch.DefaultGroup,
		Inputs:     []Input{{Path: mailbox.Stdin}}, JSON: true,
		Stdin: strings.NewReader(mail), Stdout: &out, Stderr: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &o); err != nil {
		t.Fatalf("%v: %s", err, out.Bytes())
	}
	return o
}
