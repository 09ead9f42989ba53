package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/problem"
)

func TestCommandsOfProblemsRefuseWhatTheyDoNotUnderstand(t *testing.T) {
	t.Parallel()
	const id = "0123456789abcdef"
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"a state that there is not":  {[]string{"problems", "is:opne"}, `at character 1: is:opne: "opne" is not a state; did you mean is:open?`},
		"a question in several args": {[]string{"problems", "disk", "since:soon"}, `at character 6: since:soon: "soon" is not a time`},
		"no problem to show":         {[]string{"problem"}, "problem takes 1 ID, not 0; failmail problems lists them"},
		"two problems to show":       {[]string{"problem", id, id}, "problem takes 1 ID, not 2"},
		"nothing to acknowledge":     {[]string{"ack"}, "ack takes the ID of a problem; failmail problems lists them"},
		"nothing to resolve":         {[]string{"resolve", ""}, "resolve takes the ID of a problem"},
		"nothing to own":             {[]string{"own"}, "own takes the ID of a problem"},
		"a note of nothing":          {[]string{"note", id}, "note " + id + " lacks the note, as in failmail note " + id + " 'disk is on its way'"},
		"an undo of a note":          {[]string{"note", id, "x", "--undo"}, "--undo"},
		"a limit that is no number":  {[]string{"problems", "--limit=many"}, "--limit"},
		"a dry run of an ID":         {[]string{"mute", id, "--dry-run"}, "mute --dry-run shows what a pattern matches; failmail problem " + id + " shows the problem"},
		"a mute of a wrong length":   {[]string{"mute", id, "--for=-2h"}, `--for: "-2h" cannot end a mute; use a duration such as 2h or 3d`},
		"two problems to mute":       {[]string{"mute", id, id}, "mute takes one pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			if r := failmailHere(t, "", test.args...); r.code != exitUsage || !strings.Contains(r.stderr, test.want) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestAProblemIsActedOnByCommands(t *testing.T) {
	t.Parallel()
	p, id := aProblem(t)
	p.send(t, "Subject: ** PROBLEM Host Alert: web3 is DOWN **", "State: DOWN")
	p.send(t, "Subject: ** RECOVERY Host Alert: web3 is UP **", "State: UP")
	const title = "** PROBLEM Service Alert: db1/Disk /var is CRITICAL **\n"
	// What it takes for the time may be another one tomorrow.
	times := regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d( [A-Z]+)?`)
	for _, step := range []struct {
		name, line string
		code       int
		want       string
	}{
		{"is acknowledged", "ack ID looks at it --as=ann", 0, "acknowledged: " + title},
		{"is so in the list", "problems is:acked", 0, "ID  NEW       1 × " + title + "                  nagios, on localhost, since TIME, acknowledged by ann\n1 problem for is:acked\n"},
		{"gets an owner", "own ID the dba team --as=ann", 0, "the owner is set: " + title},
		{"loses its owner", "own ID --as=bob", 0, "nobody owns it: " + title},
		{"gets a note", "note ID a disk is on its way --as=bob", 0, "noted: " + title},
		{"is found by the note", "problems way is:not-muted", 0, "ID  NEW       1 × " + title + "                  nagios, on localhost, since TIME, acknowledged by ann\n1 problem for way is:not-muted\n"},
		{"is muted", "mute ID --for=3h --reason=known", 0, "muted until TIME: " + title},
		{"has a mute", "mute", 0, "MUTE  until TIME  " + strings.TrimSpace(title) + "  (known)\n"},
		{"is over", "resolve ID logs are gone --as=bob", 0, "resolved: it is over until another mail comes: " + title},
		{"is over only once", "resolve ID", exitFailure, "failmail: the problem is over since TIME; there is nothing to do\n"},
		{"needs nobody when it is over", "ack ID", exitFailure, "failmail: the problem is over since TIME; there is nothing to do\n"},
		{"is told as a whole", "problem ID", 0, "OVER " + title + "nagios, on localhost, over since TIME, acknowledged by ann, muted until TIME\n" +
			"1 mail, the first TIME, the last TIME\n\nTIME  began\nTIME  ann acknowledged it: looks at it\nTIME  ann made the dba team its owner\n" +
			"TIME  bob removed its owner\nTIME  bob noted: a disk is on its way\nTIME  " + who("") + " muted it: until TIME: known\nTIME  bob resolved it: logs are gone\n\n" +
			"The last one that was kept, TIME:\n" + title + "\nState: CRITICAL\n"},
		{"is not the only one that is over", "problems is:over web3", 0, "OTHER  OVER      1 × ** PROBLEM Host Alert: web3 is DOWN **\n                  nagios, on localhost, over since TIME\n1 problem for is:over web3\n"},
		{"is unmuted", "unmute ID", 0, "unmuted: " + title},
		{"has no mute", "mute", 0, "nothing is muted\n"},
		{"is unknown by another ID", "problem 0123456789abcdef", exitFailure, "failmail: there is no problem with this ID; failmail problems and the page list those that are known\n"},
		{"is unknown by a path", "problem ../stats", exitFailure, "failmail: there is no problem with this ID; failmail problems and the page list those that are known\n"},
		{"leaves nothing for what is not there", "problems nowhere", 0, "0 problems for nowhere\n"},
	} {
		args := append(strings.Fields(strings.Replace(step.line, "ID", id, 1)), "--http="+p.http)
		r := failmailHere(t, "", args...)
		got := times.ReplaceAllString(strings.ReplaceAll(r.stdout+r.stderr, id, "ID"), "TIME")
		got = regexp.MustCompile(`(?m)^[0-9a-f]{16}`).ReplaceAllString(got, "OTHER")
		got = regexp.MustCompile(`^ +\d+  until`).ReplaceAllString(got, "MUTE  until")
		if got = strings.ReplaceAll(got, "on 127.0.0.1", "on localhost"); r.code != step.code || got != step.want {
			t.Errorf("a problem %s: exit code %d\n%s\nwant %d\n%s", step.name, r.code, got, step.code, step.want)
		}
	}
}

func TestAMuteSaysWhatItIsAbout(t *testing.T) {
	t.Parallel()
	p := proxyHere(t, "--wait=1h", "--max-wait=1h")
	for _, server := range []string{"srv8", "srv9"} {
		p.send(t, "Subject: disk full on "+server, "error: no space on /var")
	}
	found := failmailHere(t, "", "problems", "srv8", "--json", "--http="+p.http)
	var one problem.Problem
	if err := json.Unmarshal([]byte(found.stdout), &one); err != nil {
		t.Fatalf("%v in %+v", err, found)
	}
	for _, what := range []string{one.ID, one.Fingerprint} {
		if r := failmailHere(t, "", "mute", what, "--http="+p.http); r.code != 0 || !strings.Contains(r.stdout, "mutes 2 things: disk on srv8, disk on srv9\n") {
			t.Errorf("%+v", r)
		}
		if r := failmailHere(t, "", "mute", "--http="+p.http); !strings.Contains(r.stdout, ", 2 things: disk on srv8, disk on srv9\n") {
			t.Errorf("%+v", r)
		}
	}
}

// Whoever logs in at the page is known, whatever name the command gives.
func TestWhoLogsInIsInTheHistory(t *testing.T) {
	t.Parallel()
	p := proxyHere(t, "--wait=1h", "--max-wait=1h", "--credentials=ops:secret", "--allow-net=127.0.0.0/8")
	p.send(t, "Subject: disk full", "x")
	at := "--http=http://ops:secret@" + p.http
	one := printsJSON[problem.Problem](t, "problems", at)
	became := printsJSON[problem.Problem](t, "note", one.ID, "x", "--as=ann", at)
	if by := became.History[len(became.History)-1].By; by != "ann (as ops)" {
		t.Errorf("by %q", by)
	}
}
