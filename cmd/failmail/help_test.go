package main

import (
	"flag"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "rewrite testdata/help.txt")

func TestHelpIsWhatAPersonShouldReadFirst(t *testing.T) {
	const golden = "testdata/help.txt"
	got := output(t, "--help")
	if *update {
		writeFile(t, golden, got)
	}
	if got != readFile(t, golden) {
		t.Errorf("--help is not %s; see make update-golden:\n%s", golden, got)
	}
}

func TestTenSettingsAreTheUsualOnes(t *testing.T) {
	var usualOnes []string
	for _, o := range settings() {
		if o.is&usual != 0 {
			usualOnes = append(usualOnes, o.name)
		}
	}
	if len(usualOnes) != 10 {
		t.Errorf("--help lists %d settings: %q", len(usualOnes), usualOnes)
	}
}

func TestEachCommandBelongsToATask(t *testing.T) {
	for _, command := range freshApp().Commands {
		if command.Category == "" {
			t.Errorf("%s is in no section of --help", command.Name)
		}
	}
}

func TestHelpIsAskedForInEachUsualWay(t *testing.T) {
	for _, ways := range [][][]string{
		{{"help"}, {"--help"}, {"-h"}, {"--relay=debug", "--help"}, {"--bogus", "-h"}},
		{{"help", "--all"}, {"--help-all"}, {"--relay", "debug", "--help-all"}},
		{{"help", "resend"}, {"resend", "--help"}, {"resend", "-h"}, {"--help", "resend"}, {"-h", "resend"}, {"resend", "a folder", "-h"}, {"--relay=debug", "resend", "--help"}, {"resend", "--help-all"}, {"help", "--all", "resend"}},
		{{"help", "send"}, {"send", "--help"}, {"send", "-h"}, {"send", "-t", "--help"}},
		{{"help", "mute"}, {"mute", "help"}, {"mute", "--for=1h", "--help"}},
		{{"help", "help"}, {"help", "--help"}},
		{{"help", "man"}, {"man", "--help"}},
		{{"version"}, {"--version"}, {"-V"}, {"-v"}, {"status", "--version"}},
	} {
		want := output(t, ways[0]...)
		for _, way := range ways[1:] {
			if got := output(t, way...); got != want {
				t.Errorf("failmail %s prints\n%s", strings.Join(way, " "), got)
			}
		}
	}
}

func TestHelpDoesNotDependOnTheEnvironment(t *testing.T) {
	want := output(t, "help", "--all")
	t.Setenv("FAILMAIL_WAIT", "soon")
	t.Setenv("FAILMAIL_RELAY", "mail.example.com:25")
	if output(t, "help", "--all") != want {
		t.Error("the environment changed it")
	}
	if got := output(t, "--version"); got != "failmail version development\n" {
		t.Errorf("--version prints %q", got)
	}
}

func TestHelpFitsTheTerminal(t *testing.T) {
	pages := [][]string{{"help"}, {"help", "--all"}}
	for _, command := range freshApp().Commands {
		pages = append(pages, []string{"help", command.Name})
	}
	for columns, most := range map[int]int{0: 80, 60: 60, 80: 80, 140: 100} {
		t.Setenv("COLUMNS", strconv.Itoa(columns))
		for _, page := range pages {
			for line := range strings.SplitSeq(output(t, page...), "\n") {
				if width := utf8.RuneCountInString(line); width > most || strings.HasSuffix(line, " ") {
					t.Errorf("failmail %s at %d columns has a line of %d: %q", strings.Join(page, " "), columns, width, line)
				}
			}
		}
	}
}

var askingFlagTests = []flagTest{
	{"--help lists the commands and the usual settings", func(t *testing.T) {
		listsOptions(t, "--help", []string{"\n  render ", "--relay RELAY", "(default: 5m)"}, []string{"--max-recipients", "exec:COMMAND"})
	}},
	{"--help-all lists every setting", func(t *testing.T) {
		listsOptions(t, "--help-all", []string{"\n  render ", "--relay RELAY", "--max-recipients N", "exec:COMMAND", "(default: failed)"}, []string{"--memory-store"})
	}},
}

var helpFlagTests = []flagTest{
	{"--all lists every setting", func(t *testing.T) {
		out, _ := failmailHere(t, "", "help", "--all").succeeds(t)
		if !strings.Contains(out, "--max-recipients N") {
			t.Errorf("%s", out)
		}
	}},
}

func listsOptions(t *testing.T, flag string, wants, rejects []string) {
	t.Helper()
	out, _ := failmailHere(t, "", flag).succeeds(t)
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("%s lacks %q:\n%s", flag, want, out)
		}
	}
	for _, reject := range rejects {
		if strings.Contains(out, reject) {
			t.Errorf("%s has %q:\n%s", flag, reject, out)
		}
	}
}
