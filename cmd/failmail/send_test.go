package main

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/sendmail"
	"github.com/hut8labs/failmail/internal/sink"
)

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
		"wrong usage":              {[]string{"send", "-S", relay.Addr()}, "", sendmail.ExUsage},
		"nobody listens":           {[]string{"send", "-S", freeAddress(t), "root"}, "m\n", sendmail.ExTempFail},
		"the server refuses":       {[]string{"send", "-S", full.Addr(), "root"}, "m\n", sendmail.ExUnavailable},
		"-t finds nobody":          {[]string{"send", "-t", "-S", relay.Addr()}, "Subject: s\n\nm\n", sendmail.ExUsage},
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
