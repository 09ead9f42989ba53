package main

import (
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// Every conflict is told by check and at the start, and nothing is told of settings that
// go together.
func TestSettingsThatMakeEachOtherUselessAreTold(t *testing.T) {
	tested := make(map[string]bool)
	for says, settings := range map[string]struct{ against, fine []string }{
		"--wait is longer than --max-wait":               {[]string{"--wait=30m", "--max-wait=5m"}, []string{"--wait=30m"}},
		"--quiet has no effect without --first=send":     {[]string{"--quiet=2h"}, []string{"--quiet=2h", "--first=send"}},
		"--quiet is shorter than --wait":                 {[]string{"--first=send", "--quiet=10s"}, []string{"--first=send", "--quiet=1m"}},
		"--group is the same as --batch":                 {[]string{"--group=host", "--batch=host"}, []string{"--group=host"}},
		"--heartbeat matches every subject":              {[]string{"--heartbeat=.*"}, []string{"--heartbeat=^just monitoring"}},
		"--resolve-after is shorter than --max-wait":     {[]string{"--resolve-after=1m"}, []string{"--resolve-after=1m", "--max-wait=30s"}},
		"--rate-window has no effect":                    {[]string{"--rate-window=1m"}, []string{"--rate-window=1m", "--rate-limit=10", "--pager=x@example.com"}},
		"--on-summary-timeout has no effect":             {[]string{"--on-summary-timeout=1s"}, []string{"--on-summary-timeout=1s", "--on-summary=true"}},
		"--public-url leads to pages":                    {[]string{"--public-url=https://x.example", "--bind-http="}, []string{"--public-url=https://x.example"}},
		"--bind-http shares its address":                 {[]string{"--bind-http=localhost:2525"}, []string{"--bind-http=localhost:2526"}},
		"--bind has no effect beside --socket-fd":        {[]string{"--bind=localhost:2526", "--socket-fd=3"}, []string{"--socket-fd=3"}},
		"--max-in-flight does not fit":                   {[]string{"--max-in-flight=1MiB"}, []string{"--max-in-flight=1MiB", "--max-message-size=100kB"}},
		"--max-per-client has no effect":                 {[]string{"--max-per-client=9", "--max-connections=8"}, []string{"--max-connections=8"}},
		"--idle-timeout has no effect":                   {[]string{"--idle-timeout=2h"}, []string{"--session-timeout=1m"}},
		"--allow-net lets in other machines":             {[]string{"--allow-net=10.0.0.0/8"}, []string{"--allow-net=10.0.0.0/8", "--bind=:2525"}},
		"--allow-net names Unix sockets":                 {[]string{"--allow-net=unix"}, []string{"--allow-net=unix", "--credentials=a:b"}},
		"--credentials cannot be used by other machines": {[]string{"--credentials=a:b", "--bind=:2525"}, []string{"--credentials=a:b"}},
		"--allow-recipient has a domain alone":           {[]string{"--allow-recipient=x.example"}, []string{"--allow-recipient=*@x.example", `--allow-recipient=.*@x\.example`}},
		"--rewrite-recipient makes an address":           {[]string{"--rewrite-recipient=*=a@x.example", "--allow-recipient=*@y.example"}, []string{"--rewrite-recipient=*=a@x.example", "--allow-recipient=*@x.example"}},
		"--relay-tls has no effect on --relay":           {[]string{"--relay-tls=off"}, []string{"--relay-tls=off", "--relay=localhost"}},
		"--relay-ca has no effect with":                  {[]string{"--relay-ca=x", "--relay-tls=off"}, []string{"--relay-ca=x", "--relay=localhost"}},
		"--relay-password has no effect beside":          {[]string{"--relay-user=a", "--relay-password=b", "--relay-token-command=true"}, []string{"--relay-user=a", "--relay-password=b", "--relay=localhost"}},
		"--relay-user is not used with --relay-tls=off":  {[]string{"--relay-user=a", "--relay-password=b", "--relay-tls=off", "--relay=mail.example.com"}, []string{"--relay-user=a", "--relay-password=b", "--relay-tls=off", "--relay=localhost"}},
	} {
		t.Run(says, func(t *testing.T) {
			against := chosenBy(t, settings.against...)
			found := conflictsOf(against.Context, against.config)
			if !slices.ContainsFunc(found, func(conflict string) bool { return strings.HasPrefix(conflict, says) }) {
				t.Errorf("%q: %q", settings.against, found)
			}
			for _, conflict := range found {
				_, because, _ := strings.Cut(conflict, " ")
				tested[because] = true
			}
			fine := chosenBy(t, settings.fine...)
			if found := conflictsOf(fine.Context, fine.config); found != nil {
				t.Errorf("%q: %q", settings.fine, found)
			}
		})
	}
	for _, conflict := range conflicts {
		if !tested[conflict.because] {
			t.Errorf("no test of: %s %s", conflict.options, conflict.because)
		}
	}
}

// chosenBy returns what the proxy would run with.
func chosenBy(t *testing.T, args ...string) (s chosen) {
	t.Helper()
	app := newApp(strings.NewReader(""), io.Discard, io.Discard)
	app.Action = func(c *cli.Context) (err error) {
		if err = readSettings(c); err == nil {
			s.Context = c
			s.config, err = configFrom(c, slog.New(slog.DiscardHandler))
		}
		return err
	}
	if err := app.RunContext(t.Context(), append([]string{"failmail", "--relay=debug"}, args...)); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return s
}

func TestCheckAndTheStartTellOfConflicts(t *testing.T) {
	t.Parallel()
	out, _ := failmailHere(t, "", "check", "--store=memory:", "--relay=debug", "--fail-dir="+t.TempDir()+"/failed", "--wait=30m", "--max-wait=5m").succeeds(t)
	if want := regexp.MustCompile(`(?m)^  --wait is longer than --max-wait, .*\n^Configuration OK apart from these contradictions\.$`); !want.MatchString(out) {
		t.Errorf("check says\n%s", out)
	}
	p := proxyHere(t, "--wait=30m", "--max-wait=5m")
	if want := `msg="settings contradict each other" problem="--wait is longer than --max-wait`; !strings.Contains(p.log.String(), want) {
		t.Errorf("the log lacks %s:\n%s", want, p.log)
	}
}
