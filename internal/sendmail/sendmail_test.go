package sendmail

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSendReadsItsArgumentsAsSendmailDoes(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want Request
		err  string
	}{
		"a recipient":                      {[]string{"root"}, Request{To: []string{"root"}}, ""},
		"as PHP calls it":                  {[]string{"-t", "-i"}, Request{FromHeader: true, DotIsContent: true}, ""},
		"as cron calls it":                 {[]string{"-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"}, Request{From: "root", Name: "CronDaemon", FromHeader: true, DotIsContent: true}, ""},
		"a value in the option":            {[]string{"-fapp@example.com", "ops"}, Request{From: "app@example.com", To: []string{"ops"}}, ""},
		"a sender in brackets":             {[]string{"-f", "<app@example.com>", "ops"}, Request{From: "app@example.com", To: []string{"ops"}}, ""},
		"a server":                         {[]string{"-S", "unix:/s", "ops"}, Request{Server: "unix:/s", To: []string{"ops"}}, ""},
		"recipients behind --":             {[]string{"--", "-odd"}, Request{To: []string{"-odd"}}, ""},
		"options about the queue":          {[]string{"-bm", "-N", "never", "-R", "hdrs", "-B8BITMIME", "-em", "ops"}, Request{To: []string{"ops"}}, ""},
		"no recipients":                    {nil, Request{}, "no recipients"},
		"a value that is missing":          {[]string{"-f"}, Request{}, "-f needs a value"},
		"a mode that is not supported":     {[]string{"-bs"}, Request{}, "-bs is not supported"},
		"an option that sendmail has not":  {[]string{"-Z", "ops"}, Request{}, `unknown option "-Z"`},
		"a long option, which it has none": {[]string{"--server=x", "ops"}, Request{}, "unknown option"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FAILMAIL_SERVER", "")
			got, err := Parse(test.args)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Server != test.want.Server || got.From != test.want.From || got.Name != test.want.Name ||
				!slices.Equal(got.To, test.want.To) || got.FromHeader != test.want.FromHeader || got.DotIsContent != test.want.DotIsContent {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestSendMakesAMailOfWhatItReads(t *testing.T) {
	now := time.Date(2026, 3, 9, 3, 17, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		in    Request
		text  string
		to    []string
		wants []string
		not   []string
	}{
		"a text without a header": {Request{From: "a@x", To: []string{"root"}}, "disk full\n", []string{"root"},
			[]string{"From: <a@x>\r\n", "To: undisclosed-recipients:;\r\n", "Date: Mon, 09 Mar 2026 03:17:00 +0000\r\n", "Message-Id: <", "\r\n\r\ndisk full\r\n"}, nil},
		"recipients of the header, Bcc dropped": {Request{From: "a@x", FromHeader: true}, "To: root, \"B, C\" <b@x>\nCc: d@x\nBcc: e@x\nSubject: s\n\nm", []string{"root", "b@x", "d@x", "e@x"},
			[]string{"Subject: s\r\n", "Cc: d@x\r\n", "\r\n\r\nm\r\n"}, []string{"Bcc", "e@x"}},
		"quotes of an address stay": {Request{From: "a@x", FromHeader: true}, "To: \"on call\"@x, \"a,b\"@x\nSubject: s\n\nm", []string{`"on call"@x`, `"a,b"@x`}, nil, nil},
		"fields that are there stay": {Request{From: "a@x", To: []string{"b@x"}}, "From: me <m@x>\nDate: then\nMessage-ID: <1@x>\nTo: b@x\n\nm\n", []string{"b@x"},
			[]string{"From: me <m@x>\r\n", "Date: then\r\n", "<1@x>\r\n"}, []string{"undisclosed", "2026"}},
		"a name for the sender": {Request{From: "a@x", Name: "Cron Daemon", To: []string{"b@x"}}, "Subject: s\n\nm\n", []string{"b@x"},
			[]string{`From: "Cron Daemon" <a@x>`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := test.in.compose([]byte(test.text), now)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(test.in.To, test.to) {
				t.Errorf("recipients %q, want %q", test.in.To, test.to)
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
