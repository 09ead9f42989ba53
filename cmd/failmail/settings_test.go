package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/deliver"
)

// pageSettingTests show that a command finds the page of a proxy by its settings,
// wherever they stand.
func pageSettingTests(command string, args ...string) []flagTest {
	// reaches reports whether a proxy was asked: unmute finds no mute, backup no file, and
	// what is done about a problem no problem.
	reaches := func(t *testing.T, settings ...string) {
		t.Helper()
		for _, line := range [][]string{
			append(append(append([]string{}, settings...), command), args...),
			append(append([]string{command}, args...), settings...),
		} {
			r := failmailHere(t, "", line...)
			if r.code != 0 && !strings.Contains(r.stderr, "there is no mute 1") && !strings.Contains(r.stderr, "makes no copies of itself") && !strings.Contains(r.stderr, "there is no problem with this ID") {
				t.Errorf("%q: %+v", line, r)
			}
		}
	}
	return []flagTest{
		{"--bind-http says where the page is", func(t *testing.T) { reaches(t, "--bind-http", quiet(t).http) }},
		{"--config names the file of the proxy", func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "f.toml")
			p := proxyHere(t, "--credentials=ops:secret")
			writeFile(t, file, "bind-http = '"+p.http+"'\ncredentials = ['ops:secret']\nwait = '1m'\n")
			reaches(t, "--config", file)
		}},
		{"--credentials name the user", func(t *testing.T) {
			p := proxyHere(t, "--credentials=ops:secret")
			reaches(t, "--bind-http="+p.http, "--credentials=ops:secret")
		}},
		{"--credentials-file has no passwords, and is no mistake", func(t *testing.T) {
			reaches(t, "--bind-http="+quiet(t).http, "--credentials-file=of-the-proxy")
		}},
	}
}

var sendSettingTests = []flagTest{
	{"--config names the file of the proxy", func(t *testing.T) {
		relay, file := startRelay(t), filepath.Join(t.TempDir(), "f.toml")
		writeFile(t, file, "bind = ['smtps://127.0.0.1:1', '"+relay.Addr()+"']\n")
		failmailHere(t, "Subject: s\n\nx\n", "send", "--config", file, "a@example.com").succeeds(t)
		failmailHere(t, "Subject: s\n\nx\n", "--config="+file, "send", "a@example.com").succeeds(t)
		if n := len(relay.Mails()); n != 2 {
			t.Errorf("%d mails", n)
		}
	}},
	{"--bind is the server", func(t *testing.T) { sendsTo(t, "--bind=") }},
	{"--bind-addr is its old name", func(t *testing.T) { sendsTo(t, "--bind-addr=") }},
	{"--ssl says that it speaks TLS", func(t *testing.T) {
		relay := startRelay(t)
		r := failmailHere(t, "Subject: s\n\nx\n", "send", "--ssl", "--bind="+relay.Addr(), "a@example.com")
		if r.code != 75 || !strings.Contains(r.stderr, "TLS") {
			t.Errorf("%+v", r)
		}
	}},
	{"--credentials log in", func(t *testing.T) {
		p := proxyHere(t, "--credentials=ops:secret")
		failmailHere(t, "Subject: s\n\nx\n", "--bind="+p.addr, "--credentials=ops:secret", "send", "a@example.com").succeeds(t)
		p.mails(t, 1)
	}},
}

func sendsTo(t *testing.T, flag string) {
	t.Helper()
	relay := startRelay(t)
	failmailHere(t, "Subject: s\n\nx\n", flag+relay.Addr(), "send", "a@example.com").succeeds(t)
	if n := len(relay.Mails()); n != 1 {
		t.Errorf("%d mails", n)
	}
}

var renderSettingTests = []flagTest{
	{"--config names the file of the proxy", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "f.toml")
		writeFile(t, file, "subject = 'as the proxy writes it'\n")
		if out, _ := failmailHere(t, "", "--config", file, "render").succeeds(t); !strings.Contains(out, "as the proxy writes it") {
			t.Errorf("%.200s", out)
		}
	}},
}

var resendSettingTests = []flagTest{
	{"--config names the file of the proxy", func(t *testing.T) { resends(t, true) }},
	{"--fail-dir is what is sent", func(t *testing.T) { resends(t, false, "--fail-dir", "--relay") }},
	{"--relay-addr is an old name of --relay", func(t *testing.T) { resends(t, false, "--fail-dir", "--relay-addr") }},
}

func resends(t *testing.T, byFile bool, flags ...string) {
	t.Helper()
	relay, dir := startRelay(t), filepath.Join(t.TempDir(), "failed")
	mail := &deliver.Mail{From: "a@example.com", To: []string{"b@example.com"}, Raw: []byte("Subject: s\r\n\r\nx\r\n")}
	if err := (&deliver.Maildir{Dir: dir}).Keep(t.Context(), mail, errors.New("550 no")); err != nil {
		t.Fatal(err)
	}
	args := []string{"resend"}
	if byFile {
		file := filepath.Join(t.TempDir(), "f.toml")
		writeFile(t, file, "relay = '"+relay.Addr()+"'\nfail-dir = '"+dir+"'\n")
		args = []string{"--config", file, "resend"}
	} else {
		args = append(args, flags[0], dir, flags[1], relay.Addr())
	}
	failmailHere(t, "", args...).succeeds(t)
	if n := len(relay.Mails()); n != 1 {
		t.Errorf("%d mails", n)
	}
}
