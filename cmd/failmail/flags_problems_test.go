package main

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/web"
	"github.com/hut8labs/failmail/pkg/problem"
)

// aProblem returns a proxy that holds mails of two problems, and the ID of one of them.
func aProblem(t *testing.T, args ...string) (p *here, id string) {
	t.Helper()
	p = proxyHere(t, append([]string{"--wait=1h", "--max-wait=1h"}, args...)...)
	p.send(t, "Subject: login refused", "x")
	p.send(t, "Subject: ** PROBLEM Service Alert: db1/Disk /var is CRITICAL **", "State: CRITICAL")
	return p, listed(t, p, "disk").ID
}

// listed returns the one problem that a question finds.
func listed(t *testing.T, p *here, question string) problem.Problem {
	t.Helper()
	found := ask[web.Problems](t, p, "/api/problems?q="+question)
	if found.Total != 1 || len(found.Problems) != 1 {
		t.Fatalf("%s: %+v", question, found)
	}
	return found.Problems[0]
}

// settingTestsOf are pageSettingTests of a command that names a problem, which the proxy
// asked does not have.
func settingTestsOf(command string, args ...string) []flagTest {
	return pageSettingTests(command, append([]string{"0123456789abcdef"}, args...)...)
}

var problemsFlagTests = []flagTest{
	{"--http names the proxy", func(t *testing.T) {
		p, id := aProblem(t)
		out, _ := failmailHere(t, "", "problems", "--http="+p.http).succeeds(t)
		if !strings.HasPrefix(out, id+"  NEW       1 × ** PROBLEM Service Alert: db1/Disk /var is CRITICAL **\n") || !strings.HasSuffix(out, "\n2 problems for is:open\n") {
			t.Errorf("%s", out)
		}
	}},
	{"--limit lists so many", func(t *testing.T) {
		p, _ := aProblem(t)
		out, _ := failmailHere(t, "", "problems", "--limit=1", "--http="+p.http).succeeds(t)
		if strings.Contains(out, "login refused") || !strings.HasSuffix(out, "\n2 problems for is:open, 1 more is not listed\n") {
			t.Errorf("%s", out)
		}
		for _, wrong := range []string{"-1", "1001"} {
			if r := failmailHere(t, "", "problems", "--limit="+wrong, "--http="+p.http); r.code == 0 || !strings.Contains(r.stderr, `"`+wrong+`" is not a number from 0 to 1000`) {
				t.Errorf("%+v", r)
			}
		}
	}},
	{"--json prints an object for each", func(t *testing.T) {
		p, id := aProblem(t)
		if found := printsJSON[problem.Problem](t, "problems", "disk", "source:nagios", "--http="+p.http); found.ID != id || found.State != problem.Open || found.Count != 1 {
			t.Errorf("%+v", found)
		}
		if out, _ := failmailHere(t, "", "problems", "", "--json", "--http="+p.http).succeeds(t); strings.Count(out, "\n") != 2 || strings.Count(out, `{"id":"`) != 2 {
			t.Errorf("%s", out)
		}
		if out, _ := failmailHere(t, "", "problems", "nowhere", "--json", "--http="+p.http).succeeds(t); out != "" {
			t.Errorf("%s", out)
		}
	}},
}

var problemFlagTests = []flagTest{
	{"--http names the proxy", func(t *testing.T) {
		p, id := aProblem(t)
		out, _ := failmailHere(t, "", "problem", id, "--http="+p.http).succeeds(t)
		for _, want := range []string{"NEW ** PROBLEM Service Alert: db1/Disk /var is CRITICAL **\nnagios, on ", "\n1 mail, the first ", "  began\n", "\nThe last one that was kept, ", "\nState: CRITICAL\n"} {
			if !strings.Contains(out, want) {
				t.Errorf("want %q in\n%s", want, out)
			}
		}
	}},
	{"--json prints all that is known for programs", func(t *testing.T) {
		p, id := aProblem(t)
		if shown := printsJSON[problem.Problem](t, "problem", id, "--http="+p.http); shown.ID != id || len(shown.Samples) != 1 || len(shown.History) != 1 {
			t.Errorf("%+v", shown)
		}
	}},
}

var reportFlagTests = []flagTest{
	{"--http names the proxy", func(t *testing.T) {
		p, _ := aProblem(t)
		out, _ := failmailHere(t, "", "report", "--http="+p.http).succeeds(t)
		if !strings.HasPrefix(out, "Subject: [failmail] report of ") || !strings.Contains(out, ": 2 open, 2 new, 0 over\n") || !strings.Contains(out, "\nOpen, the oldest first (2)\n") {
			t.Errorf("%s", out)
		}
	}},
	{"--for says of how long", func(t *testing.T) {
		p, _ := aProblem(t)
		day, _ := failmailHere(t, "", "report", "--http="+p.http).succeeds(t)
		week, _ := failmailHere(t, "", "report", "--for=7d", "--http="+p.http).succeeds(t)
		begin := func(out string) string {
			_, rest, _ := strings.Cut(out, "\nFrom ")
			return rest[:len("2026-11-29")]
		}
		if begin(week) >= begin(day) {
			t.Errorf("a week begins on %s, a day on %s", begin(week), begin(day))
		}
		if r := failmailHere(t, "", "report", "--for=soon", "--http="+p.http); r.code != exitUsage || !strings.Contains(r.stderr, `--for "soon" is not a duration`) {
			t.Errorf("%+v", r)
		}
	}},
	{"--json prints it for programs", func(t *testing.T) {
		p, _ := aProblem(t)
		if told := printsJSON[web.Report](t, "report", "--http="+p.http); !strings.HasSuffix(told.Subject, ": 2 open, 2 new, 0 over") || told.Text == "" {
			t.Errorf("%+v", told)
		}
	}},
}

// actFlagTests are those of a command that does something about a problem, and what the
// history then has of it.
func actFlagTests(command, event string, words ...string) []flagTest {
	line := func(id string, flags ...string) []string {
		return append(append([]string{command, id}, words...), flags...)
	}
	// did expects the last event of the problem to be by somebody.
	did := func(t *testing.T, p *here, id, by string) {
		t.Helper()
		history := ask[problem.Problem](t, p, "/api/problems/"+id).History
		if last := history[len(history)-1]; string(last.Kind) != event || last.By != by || last.Text != strings.Join(words, " ") {
			t.Errorf("%+v, want %s by %q", last, event, by)
		}
	}
	return []flagTest{
		{"--http names the proxy", func(t *testing.T) {
			p, id := aProblem(t)
			out, _ := failmailHere(t, "", line(id, "--http="+p.http)...).succeeds(t)
			if !strings.HasSuffix(out, ": ** PROBLEM Service Alert: db1/Disk /var is CRITICAL **\n") {
				t.Errorf("%s", out)
			}
			did(t, p, id, who(""))
		}},
		{"--as names who does it", func(t *testing.T) {
			p, id := aProblem(t)
			failmailHere(t, "", line(id, "--as=ann", "--http="+p.http)...).succeeds(t)
			did(t, p, id, "ann")
		}},
		{"--json prints what became of the problem", func(t *testing.T) {
			p, id := aProblem(t)
			if became := printsJSON[problem.Problem](t, line(id, "--http="+p.http)...); became.ID != id || len(became.History) != 2 {
				t.Errorf("%+v", became)
			}
		}},
	}
}

var undoFlagTest = flagTest{"--undo takes it back", func(t *testing.T) {
	p, id := aProblem(t)
	if r := failmailHere(t, "", "ack", id, "--undo", "--http="+p.http); r.code != exitFailure || !strings.Contains(r.stderr, "nobody has acknowledged the problem") {
		t.Errorf("before: %+v", r)
	}
	failmailHere(t, "", "ack", id, "--as=ann", "--http="+p.http).succeeds(t)
	if by := listed(t, p, "is:acked").AckedBy; by != "ann" {
		t.Errorf("acknowledged by %q", by)
	}
	failmailHere(t, "", "ack", id, "--undo", "--http="+p.http).succeeds(t)
	if by := listed(t, p, "disk+is:not-acked").AckedBy; by != "" {
		t.Errorf("acknowledged by %q", by)
	}
}}
