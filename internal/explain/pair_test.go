package explain

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/mailbox"
	"github.com/hut8labs/failmail/pkg/batch"
)

func TestOfTwoMailsItIsSaidWhyTheyAreOneErrorOrWhyNot(t *testing.T) {
	text := func(subject, body string) string { return "Subject: " + subject + "\n\n" + body + "\n" }
	for name, test := range map[string]struct {
		group    string
		one, two string
		want     string // FINGERPRINT stands for any
	}{
		"the same text": {"", text("nightly", "Job 17 failed on db1"), text("nightly", "Job 18 failed on db2"), `
These two are one error: after masking, the subject and the lines that say what
happened are the same:
    nightly
    Job <num> failed on db<num>
`},
		"the same trace": {"", "Subject: a" + trace, "Subject: b" + trace, `
These two are one error: the exceptions and the frames of their stack traces are
the same.
`},
		"a family": {"", text("s", "took 17 at the gate of the house"), text("s", "took 17ms at the gate of the house"), `
These two are one error, whatever stands at "took <…> at the gate of the house".
`},
		"a value that may vary": {"", text("s", "Job import_customers failed"), text("s", "Job sync_invoices failed"), `
These two are two errors. The first line that differs:
  -:1
    Job import_customers failed
  -:6
    Job sync_invoices failed
They merge by themselves once there are 3 values at "Job <…> failed"; these are
2.
To merge them for good:
  failmail merge FINGERPRINT FINGERPRINT
`},
		"values in two places": {"", text("s", "Sync of job anna failed on host alpha"), text("s", "Sync of job ben failed on host beta"), `
These two are two errors. The first line that differs:
  -:1
    Sync of job anna failed on host alpha
  -:6
    Sync of job ben failed on host beta
They merge by themselves once there are 4 values at each gap of "Sync of job <…>
failed on host <…>"; these are 2.
To merge them for good:
  failmail merge FINGERPRINT FINGERPRINT
`},
		"what happened, under two subjects": {"", text("up?", "Interface eth1 changed state to up"), text("down?", "Interface eth1 changed state to down"), `
These two are two errors. The first line that differs is the subject:
  -:1
    up?
  -:6
    down?
They never merge by themselves: "up" says what happened.
To merge them for good:
  failmail merge FINGERPRINT FINGERPRINT
To show them under one headline, use a --group that both have in common.
`},
		"what happened, under one headline": {"", text("row 17 of db1", "read failed"), text("row 18 of db1", "write failed"), `
These two are two errors. The first line that differs:
  -:1
    read failed
  -:6
    write failed
They never merge by themselves: "read" says what happened.
To merge them for good:
  failmail merge FINGERPRINT FINGERPRINT
`},
		"another exception": {"", "Subject: s" + trace, "Subject: s" + strings.Replace(trace, "KeyError", "ValueError", 1), `
These two are two errors. The first exception that differs:
  -:1
    KeyError
  -:9
    ValueError
They never merge by themselves: a stack trace is compared exactly.
To merge them for good:
  failmail merge FINGERPRINT FINGERPRINT
`},
		"another frame": {"", "Subject: s" + trace, "Subject: s" + strings.Replace(trace, "in f", "in g", 1), `
These two are two errors. The first frame that differs:
  -:1
    a.py f
  -:9
    a.py g
They never merge by themselves: a stack trace is compared exactly.
To merge them for good:
  failmail merge FINGERPRINT FINGERPRINT
`},
		"a trace and a text": {"", "Subject: s" + trace, text("s", "it failed"), `
These two are two errors. Only one of them has a stack trace, by which it is
known:
  -:1
    KeyError: '<value>'
  -:9
    it failed
They never merge by themselves: a stack trace is compared exactly.
To merge them for good:
  failmail merge FINGERPRINT FINGERPRINT
`},
		"two groups": {"header:From", "From: a@x\n" + text("s", "it failed"), "From: b@x\n" + text("s", "it failed"), `
These two are two errors. They are in two groups:
  -:1
    a@x
  -:7
    b@x
--group or their X-Failmail-Group says so, and only that can bring them
together.
`},
		"two summaries": {"", "X-Failmail-Split: a\n" + text("s", "it failed"), text("s", "it failed"), `
These two are two errors. They are in two summaries:
  -:1
    a
  -:7
    (none)
--batch or their X-Failmail-Split says so, and only that can bring them
together.
`},
	} {
		t.Run(name, func(t *testing.T) {
			if test.group == "" {
				test.group = batch.DefaultGroup
			}
			got := tableOf(t, test.group, "From a@x\n"+test.one+"\nFrom b@x\n"+test.two)
			_, got, found := strings.Cut(got, "\nThese two")
			if got = anyFingerprint.ReplaceAllString("\nThese two"+got, "FINGERPRINT"); !found || got != test.want {
				t.Errorf("got%s\nwant%s", got, test.want)
			}
		})
	}
}

var anyFingerprint = regexp.MustCompile(`v2:[0-9a-f]{16}`)

func TestOnlyOfTwoMailsItIsSaidWhyTheyAreOneError(t *testing.T) {
	const mail = "From a@x\nSubject: s\n\nit failed\n\n"
	for _, n := range []int{0, 1, 3} {
		if got := tableOf(t, batch.DefaultGroup, strings.Repeat(mail, n)); strings.Contains(got, "These two") {
			t.Errorf("of %d mails it says\n%s", n, got)
		}
	}
}

// tableOf returns the table of the mails of an mbox.
func tableOf(t *testing.T, group, mbox string) string {
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
		Classifier: &batch.Classifier{Batch: batchBy, Group: groupBy}, Inputs: []Input{{Path: mailbox.Stdin}},
		Stdin: strings.NewReader(mbox), Stdout: &out, Stderr: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}
