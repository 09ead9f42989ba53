package main

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

// helpOf returns the options that failmail help lists, all of them or those of a command.
func helpOf(t *testing.T, command ...string) []string {
	t.Helper()
	out := output(t, append([]string{"help", "--all"}, command...)...)
	var names []string
	for _, found := range regexp.MustCompile(`(?m)^  (--[a-z-]+)`).FindAllStringSubmatch(out, -1) {
		names = append(names, found[1])
	}
	return names
}

// output returns what failmail prints, without a process of its own for each.
func output(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"failmail"}, args...), strings.NewReader(""), &stdout, &stderr); code != 0 {
		t.Fatalf("failmail %s: %d: %s", strings.Join(args, " "), code, stderr.String())
	}
	return stdout.String()
}

// plain undoes the escapes of man(7).
func plain(page string) string {
	return strings.NewReplacer(`\-`, "-", `\fB`, "", `\fI`, "", `\fR`, "", `\e`, `\`, `\(aq`, "'", `\(ga`, "`", `\(ha`, "^", `\(ti`, "~").Replace(page)
}

func TestManualHasEveryOptionOfHelp(t *testing.T) {
	page := plain(output(t, "man"))
	general, commands, found := strings.Cut(page, "\n.SH COMMANDS\n")
	if !found {
		t.Fatalf("no section about the commands:\n%s", page)
	}
	options := helpOf(t)
	if len(options) < 40 {
		t.Fatalf("--help lists only %q", options)
	}
	for _, name := range options {
		if !regexp.MustCompile(`(?m)^` + name + `\b`).MatchString(general) {
			t.Errorf("the manual lacks %s", name)
		}
	}
	for _, c := range freshApp().VisibleCommands() {
		section := regexp.MustCompile(`(?ms)^\.SS failmail ` + c.Name + `\b.*?(^\.S|\z)`).FindString(commands)
		if section == "" {
			t.Errorf("the manual lacks the command %s", c.Name)
		}
		for _, name := range helpOf(t, c.Name) {
			if !regexp.MustCompile(`(?m)^` + name + `\b`).MatchString(section) {
				t.Errorf("the manual lacks %s of %s", name, c.Name)
			}
		}
	}
	for _, want := range []string{"Environment: FAILMAIL_MAX_WAIT.", "Default: 5m.", "Default: localhost:2525.", ".TH FAILMAIL 1"} {
		if !strings.Contains(page, want) {
			t.Errorf("the manual lacks %q", want)
		}
	}
}

func TestManualDoesNotDependOnTheEnvironment(t *testing.T) {
	want := output(t, "man")
	t.Setenv("FAILMAIL_RELAY", "mail.example.com:25")
	t.Setenv("FAILMAIL_BIND", "127.0.0.1:25")
	if output(t, "man") != want {
		t.Error("the environment changed the manual")
	}
}

func TestManualIsCorrectToMandoc(t *testing.T) {
	cmd := exec.Command(testutil.Program(t, "mandoc"), "-T", "lint", "-W", "warning")
	cmd.Stdin = strings.NewReader(output(t, "man"))
	out, _ := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		// Without a date, the same sources make the same page.
		if !strings.Contains(line, "missing date") {
			t.Error(line)
		}
	}
}
