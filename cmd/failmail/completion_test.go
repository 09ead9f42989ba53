package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

func TestCompletionHasEveryOptionAndCommand(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script := output(t, "completion", shell)
		for _, name := range helpOf(t) {
			if shell == "fish" {
				name = "-l " + strings.TrimPrefix(name, "--")
			}
			if !strings.Contains(script, name) {
				t.Errorf("%s: lacks %s", shell, name)
			}
		}
		for _, c := range freshApp().VisibleCommands() {
			if !strings.Contains(script, c.Name) {
				t.Errorf("%s: lacks %s", shell, c.Name)
			}
		}
	}
}

func TestCompletionOfAnUnknownShellIsAMistake(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"completion"}, {"completion", "tcsh"}, {"completion", "bash", "zsh"}} {
		out, err := command(t, t.TempDir(), args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "bash, zsh or fish") {
			t.Errorf("%q: %v: %s", args, err, out)
		}
	}
}

// typed are command lines, and what a shell must offer and not offer then.
var typed = []struct {
	line, wants, rejects string
}{
	{"failmail ", "render demo explain", "--relay"},
	{"failmail re", "render resend", "demo"},
	{"failmail --max-w", "--max-wait", "--wait"},
	{"failmail --log-format ", "text json", "--relay render"},
	{"failmail --relay-tls r", "require", "auto"},
	{"failmail render --a", "--as --attach-samples", "--bind"},
	{"failmail render --as ", "html mail text", "--as"},
	{"failmail explain sto", "stored.eml", "--batch"},
	{"failmail help re", "render resend", "demo --relay"},
	{"failmail completion ", "bash zsh fish", "demo"},
}

func TestCompletionInBash(t *testing.T) {
	shell := testutil.Program(t, "bash")
	offered(t, func(folder, script, line string) *exec.Cmd {
		words := strings.Split(line, " ")
		// compopt only works while a person presses Tab.
		cmd := exec.Command(shell, append([]string{"--norc", "-c", `compopt() { :; }; source "$0"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _failmail; printf '%s\n' "${COMPREPLY[@]}"`, script}, words...)...)
		cmd.Dir = folder
		return cmd
	}, "bash")
}

func TestCompletionInFish(t *testing.T) {
	shell := testutil.Program(t, "fish")
	offered(t, func(folder, script, line string) *exec.Cmd {
		cmd := exec.Command(shell, "--no-config", "-c", `source $argv[1]; complete -C $argv[2] | string split -f1 \t; true`, script, line)
		cmd.Dir, cmd.Env = folder, append(os.Environ(), "HOME="+folder, "XDG_DATA_HOME="+folder)
		return cmd
	}, "fish")
}

func TestCompletionIsCorrectToZsh(t *testing.T) {
	cmd := exec.Command(testutil.Program(t, "zsh"), "-f", "-n")
	cmd.Stdin = strings.NewReader(output(t, "completion", "zsh"))
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}

// offered asks a shell about what is typed.
func offered(t *testing.T, ask func(folder, script, line string) *exec.Cmd, shell string) {
	t.Helper()
	folder := t.TempDir()
	script := filepath.Join(folder, "script")
	for file, content := range map[string]string{script: output(t, "completion", shell), filepath.Join(folder, "stored.eml"): ""} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range typed {
		out, err := ask(folder, script, test.line).CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v: %s", test.line, err, out)
		}
		words := strings.Fields(string(out))
		for want := range strings.FieldsSeq(test.wants) {
			if !slices.Contains(words, want) {
				t.Errorf("%q: lacks %s: %q", test.line, want, words)
			}
		}
		for reject := range strings.FieldsSeq(test.rejects) {
			if slices.Contains(words, reject) {
				t.Errorf("%q: offers %s", test.line, reject)
			}
		}
	}
}
