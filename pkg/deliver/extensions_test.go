package deliver_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

func TestWhatIsDeclaredInMAIL(t *testing.T) {
	mail := func(from string, to ...string) *deliver.Mail {
		return &deliver.Mail{From: from, To: to, Raw: []byte("Subject: s\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n")}
	}
	tests := []struct {
		name       string
		extensions []string
		mail       *deliver.Mail
		want       string // the MAIL command, or "" if there is none
		fate       fate
		says       string
	}{
		{"nothing is offered", nil, mail("f@x", "a@x"), "MAIL FROM:<f@x>", sent, ""},
		{"the size", []string{"SIZE 1000"}, mail("f@x", "a@x"), "MAIL FROM:<f@x> SIZE=23", sent, ""},
		{"a size without a limit", []string{"SIZE"}, mail("f@x", "a@x"), "MAIL FROM:<f@x> SIZE=23", sent, ""},
		{"a limit of zero is none", []string{"SIZE 0"}, mail("f@x", "a@x"), "MAIL FROM:<f@x> SIZE=23", sent, ""},
		{"a mail that is just small enough", []string{"SIZE 23"}, mail("f@x", "a@x"), "MAIL FROM:<f@x> SIZE=23", sent, ""},
		{"a mail that is too large is not begun", []string{"SIZE 22"}, mail("f@x", "a@x"), "", permanent, "23 bytes"},
		{"bytes beyond ASCII", []string{"8BITMIME"}, mail("f@x", "a@x"), "MAIL FROM:<f@x> BODY=8BITMIME", sent, ""},
		{"no need for SMTPUTF8", []string{"SMTPUTF8"}, mail("f@x", "a@x"), "MAIL FROM:<f@x>", sent, ""},
		{"a recipient that needs SMTPUTF8", []string{"SMTPUTF8"}, mail("f@x", "ä@x"), "MAIL FROM:<f@x> SMTPUTF8", sent, ""},
		{"a sender that needs SMTPUTF8", []string{"SMTPUTF8"}, mail("ö@x", "a@x"), "MAIL FROM:<ö@x> SMTPUTF8", sent, ""},
		{"a sender that needs SMTPUTF8, which is not offered", nil, mail("ö@x", "a@x"), "", permanent, "SMTPUTF8"},
		{"a recipient that needs SMTPUTF8, which is not offered", nil, mail("f@x", "ä@x"), "MAIL FROM:<f@x>", permanent, "SMTPUTF8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			peer := testutil.Start(t, testutil.Config{Extensions: tt.extensions})
			err := (&deliver.SMTP{Addr: peer.Addr}).Send(t.Context(), tt.mail)
			if fateOf(err) != tt.fate || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the mail is %s, want %s: %v", fateOf(err), tt.fate, err)
			}
			got := ""
			if i := slices.IndexFunc(peer.Commands(), func(c string) bool { return strings.HasPrefix(c, "MAIL") }); i >= 0 {
				got = peer.Commands()[i]
			}
			if got != tt.want {
				t.Errorf("the relay got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTheRecipientsThatNeedNoSMTPUTF8AreServed(t *testing.T) {
	peer := testutil.Start(t, testutil.Config{})
	err := (&deliver.SMTP{Addr: peer.Addr}).Send(t.Context(), to("a@x", "ä@x"))
	refused, ok := errors.AsType[*deliver.RefusedError](err)
	if !ok || len(refused.Refused) != 1 || !deliver.IsPermanent(refused.Refused["ä@x"]) {
		t.Errorf("Send = %v", err)
	}
	if mails := peer.Mails(); len(mails) != 1 || !slices.Equal(mails[0].To, []string{"a@x"}) {
		t.Errorf("the relay got %+v", mails)
	}
}

func TestAThrottlingRelayIsRecognised(t *testing.T) {
	for _, tt := range []struct {
		name             string
		script           testutil.Script
		throttled, reach bool
	}{
		{"at the greeting", testutil.Script{"greeting": "421 4.7.0 too many connections"}, true, false},
		{"at MAIL", testutil.Script{"MAIL": "450 4.7.1 slow down"}, true, true},
		{"at all recipients", testutil.Script{"RCPT": "451 4.7.1 greylisted"}, true, true},
		{"at one recipient", testutil.Script{"RCPT TO:<a@x>": "451 4.7.1 greylisted"}, true, true},
		{"at one recipient, by hanging up", testutil.Script{"RCPT TO:<b@x>": "421 4.7.0 too many"}, true, true},
		{"at the end of the mail", testutil.Script{"end": "452 4.3.1 no space"}, true, true},
		{"at one recipient, while another is unknown", testutil.Script{"RCPT TO:<a@x>": "451 later", "RCPT TO:<b@x>": "550 unknown"}, false, true},
		{"not at a refusal for good", testutil.Script{"end": "550 spam"}, false, true},
		{"not at another failure for now", testutil.Script{"MAIL": "455 4.5.0 parameters"}, false, true},
		{"not when it hangs up", testutil.Script{"RCPT": testutil.Drop}, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			peer := testutil.Start(t, testutil.Config{Script: tt.script})
			err := (&deliver.SMTP{Addr: peer.Addr}).Send(t.Context(), to("a@x", "b@x"))
			if err == nil || deliver.IsThrottled(err) != tt.throttled || deliver.IsUnreachable(err) == tt.reach {
				t.Errorf("throttled is %v, unreachable %v: %v", deliver.IsThrottled(err), deliver.IsUnreachable(err), err)
			}
		})
	}
}

func TestMarksOfNilAreNil(t *testing.T) {
	for _, err := range []error{deliver.Unreachable(nil), deliver.Misconfigured(nil), deliver.Throttled(nil), deliver.Uncertain(nil)} {
		if err != nil {
			t.Errorf("%v", err)
		}
	}
	if err := new(deliver.RefusedError); deliver.IsThrottled(err) || deliver.IsUncertain(err) {
		t.Error("a refusal of nobody has a reason")
	}
}
