package main

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExplainListsTheLargestGroupsFirst(t *testing.T) {
	t.Chdir(t.TempDir())
	for i := range 3 {
		writeFile(t, fmt.Sprintf("mails/a%d.eml", i), strings.ReplaceAll(traceMail, "4711", fmt.Sprint(4711+i)))
	}
	writeFile(t, "mails/b.eml", diskMail)
	writeFile(t, "mails/c.eml", strings.Replace(diskMail, "used", "used, and nobody has looked at it for so long that the line has to be broken in two", 1))
	writeFile(t, "mails/d.eml", "Subject: urgent\nX-Failmail: PASS\n\nnow\n")
	code, out, stderr := explainMails(t, "", "mails")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	want := `6 mails: 3 headlines, 4 entries, in 2 batches

        3  [shop] ERROR in checkout
           batch: (none)
        3    v2:FINGERPRINT  mails/a0.eml
             grouped as: KeyError: '<value>'

        2  disk 7 full
           batch: storage
        1    v2:FINGERPRINT  mails/b.eml
             grouped as: error on sda1: 97% used
        1    v2:FINGERPRINT  mails/c.eml
             grouped as: error on sda1: 97% used, and nobody has looked at it
               for so long that the line has to be broken in two

        1  urgent
           batch: (none)
        1    v2:FINGERPRINT  mails/d.eml
             grouped as: now

The proxy relays 1 mail with X-Failmail: pass at once and counts none of them.
`
	if got := withoutFingerprints(out); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func withoutFingerprints(out string) string {
	parts := strings.Split(out, "v2:")
	for i := range parts[1:] {
		parts[i+1] = "FINGERPRINT" + parts[i+1][16:]
	}
	return strings.Join(parts, "v2:")
}

func TestExplainSaysWhatItDoesNotList(t *testing.T) {
	var lines strings.Builder
	for i := range 30 {
		fmt.Fprintf(&lines, "%sfailed\n", strings.Repeat("x ", i+1))
	}
	_, out, _ := explainMails(t, lines.String(), "--lines")
	for _, want := range []string{"30 lines: 1 headline, 30 entries\n", "       30  (no subject)\n", "       10    of 10 entries\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	_, out, _ = explainMails(t, lines.String(), "--lines", "--group=fingerprint", "--top=2")
	if !strings.HasSuffix(out, "\n28 more headlines with 28 lines; --top 0 lists them all.\n") || strings.Count(out, "grouped as") != 2 {
		t.Errorf("--top=2 gave\n%s", out)
	}
	_, out, _ = explainMails(t, lines.String(), "--lines", "--group=fingerprint", "--top=0")
	if strings.Count(out, "grouped as") != 30 || strings.Contains(out, "more") {
		t.Errorf("--top=0 gave\n%s", out)
	}
	if _, out, _ = explainMails(t, "", "--lines"); out != "no lines\n" {
		t.Errorf("of no lines it says %q", out)
	}
}

func TestTheTableIsNarrowWhateverTheMailsHold(t *testing.T) {
	long := strings.Repeat("Ä\x1b[31m", 200)
	var mbox strings.Builder
	for i := range 5 {
		fmt.Fprintf(&mbox, "From a@x\nSubject: %s%d\nX-Failmail-Split: %s%d\nContent-Type: text/plain; charset=utf-8\n\nerror %s %s\n\n", long, i, long, i, long, strings.Repeat("word ", 100))
	}
	_, out, _ := explainMails(t, mbox.String())
	for line := range strings.Lines(out) {
		if width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > 80 {
			t.Errorf("%d characters: %s", width, line)
		}
	}
	if strings.Contains(out, "\x1b") || strings.Count(out, "grouped as") == 0 {
		t.Errorf("it prints\n%s", out)
	}
}
