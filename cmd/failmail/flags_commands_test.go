package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/status"
	"github.com/hut8labs/failmail/internal/web"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/receive"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const twoMails = "From b@y Mon Mar  9 03:17:42 2026\nFrom: a@x\nSubject: disk 7 full\n\none\n\nFrom c@z Mon Mar  9 03:17:43 2026\nFrom: a@x\nSubject: disk 8 full\n\ntwo\n"

// explained returns the objects of --json.
func explained(t *testing.T, input string, args ...string) []object {
	t.Helper()
	out, _ := failmailHere(t, input, append([]string{"explain", "--json"}, args...)...).succeeds(t)
	return objects(t, out)
}

var explainFlagTests = []flagTest{
	{"--batch splits mails into summaries", func(t *testing.T) {
		if o := explained(t, twoMails, "--batch={{.Subject}}"); o[1].Batch != "disk 8 full" {
			t.Errorf("%+v", o)
		}
	}},
	{"--batch-expr is its old name", func(t *testing.T) {
		if o := explained(t, twoMails, "--batch-expr={{.Subject}}"); o[1].Batch != "disk 8 full" {
			t.Errorf("%+v", o)
		}
	}},
	{"--group puts mails under headlines", func(t *testing.T) {
		if o := explained(t, twoMails, "--group=masked-subject"); o[0].Group != "disk <num> full" || o[0].Group != o[1].Group {
			t.Errorf("%+v", o)
		}
	}},
	{"--group-expr is its old name", func(t *testing.T) {
		if o := explained(t, twoMails, "--group-expr=masked-subject"); o[0].Group != "disk <num> full" {
			t.Errorf("%+v", o)
		}
	}},
	{"--lines takes each line for a mail", func(t *testing.T) {
		if o := explained(t, "one\ntwo\nthree\n", "--lines"); len(o) != 3 {
			t.Errorf("%+v", o)
		}
	}},
	{"--json prints an object for each mail", func(t *testing.T) {
		if o := explained(t, twoMails); len(o) != 2 || o[0].Fingerprint == "" {
			t.Errorf("%+v", o)
		}
	}},
	{"--config takes the expressions of a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "f.toml")
		writeFile(t, file, "group = 'masked-subject'\n")
		if o := explained(t, twoMails, "--config="+file); o[0].Group != "disk <num> full" {
			t.Errorf("%+v", o)
		}
	}},
	{"--top lists the largest groups", func(t *testing.T) {
		out, _ := failmailHere(t, "one failed\nthe other failed\nanother failed\n", "explain", "--lines", "--group={{.Body}}", "--top=1").succeeds(t)
		if !strings.Contains(out, "one failed") || strings.Contains(out, "the other failed") {
			t.Errorf("%s", out)
		}
	}},
}

var resendFlagTests = []flagTest{
	{"--quiet prints nothing but failures", func(t *testing.T) {
		relay, dir := startRelay(t), filepath.Join(t.TempDir(), "failed")
		mail := &deliver.Mail{From: "a@example.com", To: []string{"b@example.com"}, Raw: []byte("Subject: s\r\n\r\nx\r\n")}
		if err := (&deliver.Maildir{Dir: dir}).Send(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
		out, errOut := failmailHere(t, "", "resend", "--quiet", "--relay="+relay.Addr(), dir).succeeds(t)
		if out+errOut != "" || len(relay.Mails()) != 1 {
			t.Errorf("%q %q, %d mails", out, errOut, len(relay.Mails()))
		}
	}},
	{"--relay-command is an old form of --relay", func(t *testing.T) {
		relayCommand(t, func(t *testing.T, arg string) { throughResend(t, nil, 1, arg) })
	}},
}

// quiet is a proxy that holds one mail.
func quiet(t *testing.T) *here {
	t.Helper()
	p := proxyHere(t, "--wait=1h", "--max-wait=1h")
	p.send(t, "Subject: disk full", "x")
	return p
}

var statusFlagTests = []flagTest{
	{"--http names the proxy", func(t *testing.T) {
		if out, _ := failmailHere(t, "", "status", "--http="+quiet(t).http).succeeds(t); !strings.Contains(out, "disk full") {
			t.Errorf("%s", out)
		}
		if r := failmailHere(t, "", "status", "--http="+freeAddress(t)); r.code != exitFailure || !strings.Contains(r.stderr, "--bind-http") {
			t.Errorf("no proxy: %+v", r)
		}
	}},
	{"--ready only says whether it takes mails, and needs no password", func(t *testing.T) {
		p := proxyHere(t, "--credentials=ops:secret")
		if out, _ := failmailHere(t, "", "status", "--ready", "--http="+p.http).succeeds(t); out != "ready\n" {
			t.Errorf("%q", out)
		}
		p.end()
		if r := failmailHere(t, "", "status", "--ready", "--http="+p.http); r.code != exitFailure {
			t.Errorf("no proxy: %+v", r)
		}
	}},
	{"--json prints the status and the lists for programs", func(t *testing.T) {
		p := quiet(t)
		report := printsJSON[status.Report](t, "status", "--http="+p.http)
		if report.Open.Mails != 1 || report.Version != release || len(report.Batches) != 1 || report.Batches[0].Groups[0].Title != "disk full" || report.Outgoing == nil || report.NotSent == nil {
			t.Errorf("%+v", report)
		}
	}},
}

var flushFlagTests = []flagTest{
	{"--http names the proxy", func(t *testing.T) {
		p := quiet(t)
		failmailHere(t, "", "flush", "--http="+p.http).succeeds(t)
		p.mails(t, 1)
	}},
}

var muteFlagTests = []flagTest{
	{"--http names the proxy", func(t *testing.T) { mutes(t, quiet(t)) }},
	{"--for says how long", func(t *testing.T) {
		if m := mutes(t, quiet(t), "--for=7h"); m.Until.Sub(m.Created) != 7*time.Hour {
			t.Errorf("from %s to %s", m.Created, m.Until)
		}
	}},
	{"--dry-run only shows what it matches", func(t *testing.T) {
		p := quiet(t)
		out, _ := failmailHere(t, "", "mute", "^disk", "--dry-run", "--http="+p.http).succeeds(t)
		if !strings.Contains(out, "matches 1 mail of 1 error") || !strings.Contains(out, "disk full") || len(ask[[]web.Mute](t, p, "/api/mutes")) != 0 {
			t.Errorf("%s", out)
		}
	}},
	{"--force mutes what matches everything", func(t *testing.T) {
		p := quiet(t)
		if r := failmailHere(t, "", "mute", ".*", "--http="+p.http); r.code != exitFailure || !strings.Contains(r.stderr, "--force") {
			t.Errorf("without it: %+v", r)
		}
		failmailHere(t, "", "mute", ".*", "--force", "--http="+p.http).succeeds(t)
	}},
	{"--as names who mutes a problem", func(t *testing.T) {
		p, id := aProblem(t)
		failmailHere(t, "", "mute", id, "--as=ann", "--http="+p.http).succeeds(t)
		saidBy(t, p, id, "ann")
	}},
	{"--json prints the mutes for programs", func(t *testing.T) {
		p := quiet(t)
		if all := printsJSON[[]web.Mute](t, "mute", "--http="+p.http); all == nil || len(all) != 0 {
			t.Errorf("before: %+v", all)
		}
		would := printsJSON[web.MuteReply](t, "mute", "^disk", "--dry-run", "--http="+p.http)
		made := printsJSON[web.MuteReply](t, "mute", "^disk", "--http="+p.http)
		all := printsJSON[[]web.Mute](t, "mute", "list", "--http="+p.http)
		if would.ID != 0 || would.Matches.Mails != 1 || len(all) != 1 || all[0].ID != made.ID || made.Pattern != "^disk" {
			t.Errorf("would %+v, made %+v, all %+v", would, made, all)
		}
	}},
	{"--reason is told to the readers", func(t *testing.T) {
		p := quiet(t)
		mutes(t, p, "--reason=ticket 4711")
		p.send(t, "Subject: disk full", "x")
		p.end()
		if m := p.mails(t, 1)[0]; !strings.Contains(m.Body(), "ticket 4711") {
			t.Errorf("%s", m.Body())
		}
	}},
}

// printsJSON returns what a command prints with --json, which is one line.
func printsJSON[T any](t *testing.T, args ...string) (printed T) {
	t.Helper()
	out, _ := failmailHere(t, "", append(args, "--json")...).succeeds(t)
	if err := json.Unmarshal([]byte(out), &printed); err != nil || strings.Count(out, "\n") != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	return printed
}

func mutes(t *testing.T, p *here, args ...string) web.Mute {
	t.Helper()
	failmailHere(t, "", append([]string{"mute", "^disk", "--http=" + p.http}, args...)...).succeeds(t)
	all := ask[[]web.Mute](t, p, "/api/mutes")
	if len(all) != 1 || all[0].Pattern != "^disk" {
		t.Fatalf("%+v", all)
	}
	return all[0]
}

var unmuteFlagTests = []flagTest{
	{"--as names who unmutes a problem", func(t *testing.T) {
		p, id := aProblem(t)
		failmailHere(t, "", "mute", id, "--http="+p.http).succeeds(t)
		failmailHere(t, "", "unmute", id, "--as=ann", "--http="+p.http).succeeds(t)
		saidBy(t, p, id, "ann")
	}},
	{"--http names the proxy", func(t *testing.T) {
		p := quiet(t)
		m := mutes(t, p)
		failmailHere(t, "", "unmute", fmt.Sprint(m.ID), "--http="+p.http).succeeds(t)
		if all := ask[[]web.Mute](t, p, "/api/mutes"); len(all) != 0 {
			t.Errorf("%+v", all)
		}
	}},
}

// saidBy expects that the last event of a problem's history says who did it.
func saidBy(t *testing.T, p *here, id, by string) {
	t.Helper()
	history := ask[problem.Problem](t, p, "/api/problems/"+id).History
	if last := history[len(history)-1]; last.By != by {
		t.Errorf("%+v, want it by %q", last, by)
	}
}

// Fingerprints of no error that a test sends.
const oneFingerprint, otherFingerprint = "v2:0123456789abcdef", "v2:fedcba9876543210"

// errorsOpen returns how many errors are in the open batches of p.
func errorsOpen(t *testing.T, p *here) (fingerprints []string) {
	t.Helper()
	for _, b := range ask[[]web.Batch](t, p, "/api/batches") {
		for _, g := range b.Groups {
			for _, v := range g.Variants {
				fingerprints = append(fingerprints, v.Fingerprint)
			}
		}
	}
	return fingerprints
}

// twoErrors returns a proxy with two of them in its open batch.
func twoErrors(t *testing.T) (p *here, fingerprints []string) {
	t.Helper()
	p = quiet(t)
	p.send(t, "Subject: login refused", "x")
	if fingerprints = errorsOpen(t, p); len(fingerprints) != 2 {
		t.Fatalf("%q", fingerprints)
	}
	return p, fingerprints
}

var mergeFlagTests = []flagTest{
	{"--http names the proxy", func(t *testing.T) {
		p, two := twoErrors(t)
		out, _ := failmailHere(t, "", "merge", two[0], two[1], "--http="+p.http).succeeds(t)
		if !strings.Contains(out, "merges 2 errors: disk full (1 mail) and login refused (1 mail)\nmerged; undo it with: failmail split "+two[1]) || len(errorsOpen(t, p)) != 1 {
			t.Errorf("%s", out)
		}
	}},
	{"--as names who does it, and IDs of problems the errors", func(t *testing.T) {
		p, id := aProblem(t)
		other := listed(t, p, "login").ID
		if r := failmailHere(t, "", "merge", id, other, "--as=ann", "--http="+p.http); r.code != exitFailure || !strings.Contains(r.stderr, "only errors, which have a fingerprint, can be merged") {
			t.Errorf("a thing: %+v", r)
		}
		p.send(t, "Subject: queue stuck", "x")
		failmailHere(t, "", "merge", listed(t, p, "queue").ID, other, "--as=ann", "--http="+p.http).succeeds(t)
		saidBy(t, p, other, "ann")
	}},
	{"--dry-run only shows which errors they are", func(t *testing.T) {
		p, two := twoErrors(t)
		out, _ := failmailHere(t, "", "merge", two[0], two[1], "--dry-run", "--http="+p.http).succeeds(t)
		if !strings.Contains(out, "nothing was merged") || len(errorsOpen(t, p)) != 2 {
			t.Errorf("%s", out)
		}
	}},
}

var splitFlagTests = []flagTest{
	{"--http names the proxy", func(t *testing.T) {
		p, two := twoErrors(t)
		failmailHere(t, "", "merge", two[0], two[1], "--http="+p.http).succeeds(t)
		out, _ := failmailHere(t, "", "split", two[1], "--http="+p.http).succeeds(t)
		if !strings.Contains(out, "splits 1 of 2 texts off: disk full (2 mails)\nsplit off") || len(errorsOpen(t, p)) != 2 {
			t.Errorf("%s", out)
		}
	}},
	{"--as names who does it, and the ID of what became part of another one the error", func(t *testing.T) {
		p, two := twoErrors(t)
		ids := []string{listed(t, p, "disk").ID, listed(t, p, "login").ID}
		failmailHere(t, "", "merge", two[0], two[1], "--http="+p.http).succeeds(t)
		for _, id := range ids {
			if ask[problem.Problem](t, p, "/api/problems/"+id).ID != id {
				failmailHere(t, "", "split", id, "--as=ann", "--http="+p.http).succeeds(t)
				saidBy(t, p, id, "ann")
				return
			}
		}
		t.Error("both kept their IDs")
	}},
	{"--dry-run only shows which error it is", func(t *testing.T) {
		p, two := twoErrors(t)
		failmailHere(t, "", "merge", two[0], two[1], "--http="+p.http).succeeds(t)
		out, _ := failmailHere(t, "", "split", two[1], "--dry-run", "--http="+p.http).succeeds(t)
		if !strings.Contains(out, "nothing was split") || len(errorsOpen(t, p)) != 1 {
			t.Errorf("%s", out)
		}
	}},
}

var sendFlagTests = []flagTest{
	{"-t takes the recipients from the header", func(t *testing.T) {
		m := sends(t, "To: ops@example.com\nSubject: s\n\nx\n", "-t")
		if strings.Join(m.To, " ") != "ops@example.com" {
			t.Errorf("to %q", m.To)
		}
	}},
	{"-i does not end at a line with a dot", func(t *testing.T) {
		if m := sends(t, "Subject: s\n\none\n.\ntwo\n", "-i", "ops@example.com"); !strings.Contains(m.Body(), "two") {
			t.Errorf("%s", m.Body())
		}
	}},
	{"-f is the sender", func(t *testing.T) {
		if m := sends(t, "Subject: s\n\nx\n", "-f", "app@example.com", "ops@example.com"); m.From != "app@example.com" {
			t.Errorf("from %q", m.From)
		}
	}},
	{"-F is the sender's name", func(t *testing.T) {
		if m := sends(t, "Subject: s\n\nx\n", "-F", "Cron Daemon", "ops@example.com"); !strings.Contains(m.Header.Get("From"), "Cron Daemon") {
			t.Errorf("From: %s", m.Header.Get("From"))
		}
	}},
	{"-S is the server", func(t *testing.T) { sends(t, "Subject: s\n\nx\n", "ops@example.com") }},
}

// sends returns what arrives at the server.
func sends(t *testing.T, mail string, args ...string) *receive.Message {
	t.Helper()
	relay := startRelay(t)
	failmailHere(t, mail, append([]string{"send", "-S", relay.Addr()}, args...)...).succeeds(t)
	if len(relay.Mails()) != 1 {
		t.Fatalf("%d mails", len(relay.Mails()))
	}
	return relay.Mails()[0]
}
