package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/sink"
)

func TestSendReadsItsArgumentsAsSendmailDoes(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want injection
		err  string
	}{
		"a recipient":                      {[]string{"root"}, injection{to: []string{"root"}}, ""},
		"as PHP calls it":                  {[]string{"-t", "-i"}, injection{fromHeader: true, dotIsContent: true}, ""},
		"as cron calls it":                 {[]string{"-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"}, injection{from: "root", name: "CronDaemon", fromHeader: true, dotIsContent: true}, ""},
		"a value in the option":            {[]string{"-fapp@example.com", "ops"}, injection{from: "app@example.com", to: []string{"ops"}}, ""},
		"a sender in brackets":             {[]string{"-f", "<app@example.com>", "ops"}, injection{from: "app@example.com", to: []string{"ops"}}, ""},
		"a server":                         {[]string{"-S", "unix:/s", "ops"}, injection{server: "unix:/s", to: []string{"ops"}}, ""},
		"recipients behind --":             {[]string{"--", "-odd"}, injection{to: []string{"-odd"}}, ""},
		"options about the queue":          {[]string{"-bm", "-N", "never", "-R", "hdrs", "-B8BITMIME", "-em", "ops"}, injection{to: []string{"ops"}}, ""},
		"no recipients":                    {nil, injection{}, "no recipients"},
		"a value that is missing":          {[]string{"-f"}, injection{}, "-f needs a value"},
		"a mode that is not supported":     {[]string{"-bs"}, injection{}, "-bs is not supported"},
		"an option that sendmail has not":  {[]string{"-Z", "ops"}, injection{}, `unknown option "-Z"`},
		"a long option, which it has none": {[]string{"--server=x", "ops"}, injection{}, "unknown option"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FAILMAIL_SERVER", "")
			got, err := parseSend(test.args)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.server != test.want.server || got.from != test.want.from || got.name != test.want.name ||
				!slices.Equal(got.to, test.want.to) || got.fromHeader != test.want.fromHeader || got.dotIsContent != test.want.dotIsContent {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestSendMakesAMailOfWhatItReads(t *testing.T) {
	now := time.Date(2026, 3, 9, 3, 17, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		in    injection
		text  string
		to    []string
		wants []string
		not   []string
	}{
		"a text without a header": {injection{from: "a@x", to: []string{"root"}}, "disk full\n", []string{"root"},
			[]string{"From: <a@x>\r\n", "To: undisclosed-recipients:;\r\n", "Date: Mon, 09 Mar 2026 03:17:00 +0000\r\n", "Message-Id: <", "\r\n\r\ndisk full\r\n"}, nil},
		"recipients of the header, Bcc dropped": {injection{from: "a@x", fromHeader: true}, "To: root, \"B, C\" <b@x>\nCc: d@x\nBcc: e@x\nSubject: s\n\nm", []string{"root", "b@x", "d@x", "e@x"},
			[]string{"Subject: s\r\n", "Cc: d@x\r\n", "\r\n\r\nm\r\n"}, []string{"Bcc", "e@x"}},
		"quotes of an address stay": {injection{from: "a@x", fromHeader: true}, "To: \"on call\"@x, \"a,b\"@x\nSubject: s\n\nm", []string{`"on call"@x`, `"a,b"@x`}, nil, nil},
		"fields that are there stay": {injection{from: "a@x", to: []string{"b@x"}}, "From: me <m@x>\nDate: then\nMessage-ID: <1@x>\nTo: b@x\n\nm\n", []string{"b@x"},
			[]string{"From: me <m@x>\r\n", "Date: then\r\n", "<1@x>\r\n"}, []string{"undisclosed", "2026"}},
		"a name for the sender": {injection{from: "a@x", name: "Cron Daemon", to: []string{"b@x"}}, "Subject: s\n\nm\n", []string{"b@x"},
			[]string{`From: "Cron Daemon" <a@x>`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := test.in.compose([]byte(test.text), now)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(test.in.to, test.to) {
				t.Errorf("recipients %q, want %q", test.in.to, test.to)
			}
			for _, want := range test.wants {
				if !bytes.Contains(raw, []byte(want)) {
					t.Errorf("the mail lacks %q:\n%s", want, raw)
				}
			}
			for _, not := range test.not {
				if bytes.Contains(raw, []byte(not)) {
					t.Errorf("the mail has %q:\n%s", not, raw)
				}
			}
		})
	}
}

func TestSendExitsAsSendmailDoes(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	full := startRefusing(t)
	for name, test := range map[string]struct {
		args  []string
		input string
		code  int
	}{
		"accepted":                 {[]string{"send", "-S", relay.Addr(), "root"}, "m\n", 0},
		"a line with a dot ends":   {[]string{"send", "-S", relay.Addr(), "root"}, "m\n.\nnot sent\n", 0},
		"wrong usage":              {[]string{"send", "-S", relay.Addr()}, "", exUsage},
		"nobody listens":           {[]string{"send", "-S", freeAddress(t), "root"}, "m\n", exTempFail},
		"the server refuses":       {[]string{"send", "-S", full.Addr(), "root"}, "m\n", exUnavailable},
		"-t finds nobody":          {[]string{"send", "-t", "-S", relay.Addr()}, "Subject: s\n\nm\n", exUsage},
		"recipients in the header": {[]string{"send", "-t", "-i", "-S", relay.Addr()}, "To: root\nSubject: s\n\n.\nm\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(relay.Mails())
			cmd := command(t, t.TempDir(), test.args...)
			cmd.Stdin = strings.NewReader(test.input)
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d, want %d: %s", code, test.code, out)
			}
			if (len(out) > 0) != (test.code != 0) {
				t.Errorf("printed %q", out)
			}
			mails := relay.Mails()[before:]
			if (len(mails) == 1) != (test.code == 0) {
				t.Fatalf("%d mails arrived", len(mails))
			}
			if len(mails) == 1 && (mails[0].To[0] != "root" || strings.Contains(mails[0].Body(), "not sent")) {
				t.Errorf("to %q: %q", mails[0].To, mails[0].Body())
			}
		})
	}
}

func startRefusing(t *testing.T) *sink.Sink {
	t.Helper()
	s := startRelay(t)
	s.RefuseAll(550, "no such user")
	return s
}
