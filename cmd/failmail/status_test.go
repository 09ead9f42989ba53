package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/smtp"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// steer runs a command that talks to the proxy at http.
func steer(t *testing.T, http string, args ...string) (out string, code int) {
	t.Helper()
	cmd := command(t, t.TempDir(), append(args, "--http="+http)...)
	text, _ := cmd.CombinedOutput()
	return string(text), cmd.ProcessState.ExitCode()
}

func TestCommandsShowAndSteerARunningProxy(t *testing.T) {
	t.Parallel()
	relay, http := startRelay(t), freeAddress(t)
	p := startProcess(t, t.TempDir(), "--relay="+relay.Addr(), "--wait=1h", "--max-wait=2h", "--bind-http="+http, "--heartbeat=^just monitoring")
	send := func(subject string, fields ...string) {
		t.Helper()
		mail := "Subject: " + subject + "\r\n" + strings.Join(fields, "") + "\r\nx\r\n"
		if err := smtp.SendMail(p.addr, nil, "a@example.com", []string{"ops@example.com"}, []byte(mail)); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(code int, pattern string, args ...string) []string {
		t.Helper()
		out, got := steer(t, http, args...)
		found := regexp.MustCompile(`(?s)` + pattern).FindStringSubmatch(out)
		if got != code || found == nil {
			t.Fatalf("failmail %v: code %d, want %d and %q:\n%s", args, got, code, pattern, out)
		}
		return found
	}
	expect(0, `takes mails.*relay +`+regexp.QuoteMeta(relay.Addr())+`, up.*0 mails in the last hour.*no mail is waiting for a summary`, "status")
	expect(0, `no batch is open`, "flush")
	for range 3 {
		send("disk full")
	}
	send("login failed", "X-Failmail-Split: billing\r\n")
	send("just monitoring")
	found := expect(0, `5 mails in the last hour, 4 mails since.*4 mails waiting for 2 summaries.*expected +\^just monitoring: last came [^\n]* \(heartbeat, no schedule known\)\n.*`+
		`batch (\d+): 3 mails, 1 error, summary in (?:1h|59m)[^\n]*\n +3  NEW      disk full\n.*batch \d+ \[billing\]: 1 mail`, "status")
	expect(0, `^1 summary is being sent\n$`, "flush", found[1])
	waitUntil(t, p, func() bool { return counted(relay.Mails()) == 3 })
	expect(1, `there is no open batch `+found[1], "flush", found[1])
	expect(0, `^1 summary is being sent\n$`, "flush")
	waitUntil(t, p, func() bool { return counted(relay.Mails()) == 4 })

	var stats struct {
		Mails     struct{ Total int }
		Summaries struct{ Made int }
	}
	out, _ := steer(t, http, "status", "--json")
	if err := json.Unmarshal([]byte(out), &stats); err != nil || stats.Mails.Total != 4 || stats.Summaries.Made != 2 {
		t.Errorf("status --json: %v, %s", err, out)
	}
	expect(0, `^nothing is muted\n$`, "mute")
	number := expect(0, `^matches nothing in the open batches\nmuted until .* failmail unmute (\d+)\n$`, "mute", "^disk", "--for=1h", "--reason=ticket 4711")[1]
	expect(0, number+`  until .*\^disk  \(ticket 4711\)`, "mute")
	expect(0, `muted +1;`, "status")
	for _, word := range []string{"list", "ls", "show", "status", "LIST"} {
		expect(0, `^ *`+number+`  until .*\^disk`, "mute", word)
	}
	expect(0, `Usage: failmail mute`, "mute", "help")
	for _, word := range []string{"add", "rm", "delete", "clear", "off", "all"} {
		expect(2, `write it as a pattern`, "mute", word)
	}
	expect(1, `matches every mail.*--force`, "mute", ".*", "--for=100d")
	send("disk full")
	expect(0, `batch \d+: 1 mail, all muted, 0 errors, `, "status")
	send("disk full")
	send("login failed")
	expect(0, `batch \d+: 3 mails, 2 of them muted, 1 error, [^\n]*\n +1  ONGOING  login failed\n`, "status")
	expect(0, `nothing was muted`, "mute", "login", "--dry-run")
	expect(0, `muted +1;`, "status")
	expect(0, `^unmuted\n$`, "unmute", number)
	expect(1, `there is no mute `+number, "unmute", number)
	for _, args := range [][]string{{"flush", "soon"}, {"flush", "0"}, {"flush", "1", "2"}, {"status", "now"}, {"unmute"}, {"mute", "a", "b"}, {"status", "--jsn"}} {
		expect(2, `^failmail: `, args...)
	}
	p.end(t, syscall.SIGTERM)
	expect(1, `no proxy answers at .*check that it is running`, "status")
}

func TestAWatchedPageDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	p := startProcess(t, t.TempDir(), "--bind-http="+address)
	response, err := http.Get(fmt.Sprintf("http://%s/events", address))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if first, err := bufio.NewReader(response.Body).ReadString('\n'); err != nil || !strings.HasPrefix(first, "data: {") {
		t.Fatalf("the first event: %.100q, %v", first, err)
	}
	p.end(t, syscall.SIGTERM)
}
