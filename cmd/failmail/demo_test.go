package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

var demoFlagTests = []flagTest{
	{"--serve shows a shop on a page until it is ended", func(t *testing.T) { servesDemo(t, "Open http://127.0.0.1:") }},
	{"--bind-http says where the page is", func(t *testing.T) {
		address := freeAddress(t)
		servesDemo(t, "Open http://"+address+"/\n", "--bind-http="+address)
	}},
	{"--mails says how many", func(t *testing.T) { demonstrates(t, "Sent 7 mails", "--mails=7", "--wait=100ms") }},
	{"--wait says how long the summary waits", func(t *testing.T) {
		demonstrates(t, "120ms of them waiting for more", "--mails=7", "--wait=120ms")
	}},
	{"--verbose shows the log", func(t *testing.T) { demonstrates(t, "msg=started", "--verbose", "--mails=7", "--wait=100ms") }},
}

// servesDemo runs the live demo until it has said something, and ends it.
func servesDemo(t *testing.T, want string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	printed, stdout := io.Pipe()
	code := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		code <- run(ctx, append([]string{"failmail", "demo", "--serve"}, args...), strings.NewReader(""), stdout, &stderr)
		stdout.Close()
	}()
	text, seen := "", false
	for lines := bufio.NewScanner(printed); lines.Scan(); {
		text += lines.Text() + "\n"
		if !seen && strings.Contains(text, want) && strings.Contains(text, "day 1, 08:00") {
			seen = true
			cancel()
		}
	}
	if got := <-code; got != 0 || !seen || !strings.Contains(text, "The demo is over") {
		t.Errorf("exit code %d, want 0 and %q:\n%s%s", got, want, text, &stderr)
	}
}

// demonstrates runs the demo in a process, since it leaves files in TMPDIR.
func demonstrates(t *testing.T, want string, args ...string) {
	t.Helper()
	cmd := command(t, t.TempDir(), append([]string{"demo"}, args...)...)
	cmd.Env = append(cmd.Env, "TMPDIR="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
		t.Errorf("%v, lacks %q:\n%s", err, want, out)
	}
}
