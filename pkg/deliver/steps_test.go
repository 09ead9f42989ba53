package deliver_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// A fate is what becomes of a mail in one Send, as the caller sees it.
type fate string

const (
	sent        fate = "sent once"
	temporary   fate = "temporary"
	permanent   fate = "permanent"
	unreachable fate = "temporary, the mail was not judged"
	turnedAway  fate = "permanent, the mail was not judged"
	uncertain   fate = "uncertain"
)

// fateOf takes a refusal of one recipient for one of the mail.
func fateOf(err error) fate {
	if refused, ok := errors.AsType[*deliver.RefusedError](err); ok {
		for _, reason := range refused.Refused {
			return fateOf(reason)
		}
	}
	switch {
	case err == nil:
		return sent
	case deliver.IsUncertain(err):
		return uncertain
	case deliver.IsUnreachable(err) && deliver.IsPermanent(err):
		return turnedAway
	case deliver.IsUnreachable(err):
		return unreachable
	case deliver.IsPermanent(err):
		return permanent
	}
	return temporary
}

// What can go wrong at a step, in the order of the columns below.
var faults = []struct{ name, action string }{
	{"4xx", "451 4.3.0 later"},
	{"5xx", "550 5.7.1 no"},
	{"421 and hanging up", "421 4.3.2 going down"},
	{"hanging up", testutil.Drop},
	{"silence", testutil.Hang},
	{"garbage", "\x00\xffwhat?"},
}

func all(f fate) [6]fate { return [6]fate{f, f, f, f, f, f} }

// Every step of a delivery with everything that can go wrong there. It runs in
// memory and in a time of its own, so that silence ends after the timeouts that
// a relay gets.
func TestEveryStepThatFails(t *testing.T) {
	judged := [6]fate{temporary, permanent, temporary, temporary, temporary, temporary}
	greeted := [6]fate{unreachable, turnedAway, unreachable, unreachable, unreachable, unreachable}
	tests := []struct {
		step  string
		setup string // of the cases of prepare
		want  [6]fate
	}{
		{"greeting", "", greeted},
		{"EHLO", "", greeted},
		{"STARTTLS", "TLS if it works", all(sent)},
		{"handshake", "TLS if it works", all(sent)},
		{"STARTTLS", "TLS or nothing", all(unreachable)},
		{"handshake", "TLS or nothing", all(unreachable)},
		{"AUTH", "credentials", all(unreachable)},
		{"credentials", "credentials", all(unreachable)},
		{"MAIL", "", [6]fate{temporary, permanent, temporary, unreachable, unreachable, unreachable}},
		{"RCPT", "", judged},
		{"DATA", "", judged},
		{"end", "", [6]fate{temporary, permanent, temporary, uncertain, uncertain, uncertain}},
		{"QUIT", "", all(sent)},
		{"NOOP", "a kept connection", all(sent)},
		{"MAIL#2", "a kept connection", [6]fate{temporary, permanent, sent, sent, sent, sent}},
		{"RCPT#2", "a kept connection", judged},
		{"end", "a kept connection", [6]fate{temporary, permanent, temporary, uncertain, uncertain, uncertain}},
		{"RSET", "a connection kept after a refusal", all(sent)},
		{"EHLO#2", "a connection kept after a refusal", all(sent)},
	}
	for _, lmtp := range []bool{false, true} {
		for _, tt := range tests {
			for i, fault := range faults {
				name := fault.name + " at " + tt.step + " with " + tt.setup
				if tt.setup == "" {
					name = fault.name + " at " + tt.step
				}
				if lmtp {
					name += " over LMTP"
				}
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						oneFault(t, tt.setup, tt.step, fault.action, lmtp, tt.want[i])
					})
				})
			}
		}
	}
}

func oneFault(t *testing.T, setup, step, action string, lmtp bool, want fate) {
	if step == "EHLO" && lmtp {
		step = "LHLO"
	}
	if step == "EHLO#2" && lmtp {
		step = "LHLO#2"
	}
	peer, sender := prepare(t, setup, testutil.Script{step: action}, lmtp)
	start := time.Now()
	m := to("a@x")
	m.Raw = []byte("Subject: the one that counts\r\n\r\n")
	err := sender.Send(t.Context(), m)
	if got := fateOf(err); got != want {
		t.Errorf("the mail is %s, want %s: %v", got, want, err)
	}
	if took := time.Since(start); took > 6*time.Minute {
		t.Errorf("Send took %v", took)
	}
	sender.Close()
	peer.Wait()
	arrived := 0
	for _, mail := range peer.Mails() {
		if mail.Raw == string(m.Raw) {
			arrived++
		}
	}
	if arrived > 1 || want == sent && arrived == 0 {
		t.Errorf("the relay has the mail %d times", arrived)
	}
}

// prepare returns a relay with a script and a sender that comes to all steps.
func prepare(t *testing.T, setup string, script testutil.Script, lmtp bool) (*testutil.Peer, *deliver.SMTP) {
	config := testutil.Config{Script: script, LMTP: lmtp, Patience: time.Hour, Extensions: []string{"AUTH PLAIN LOGIN"}}
	sender := &deliver.SMTP{Addr: "relay.example.com:25", Hostname: "me", LMTP: lmtp}
	switch setup {
	case "TLS if it works", "TLS or nothing":
		certificate := testutil.NewCertificate(t, "relay.example.com")
		config.TLS = certificate.Server()
		sender.TLS.Files = &deliver.TLSFiles{CA: certificate.CertFile}
		if setup == "TLS or nothing" {
			sender.TLS.Policy = deliver.TLSRequire
		}
	case "credentials":
		sender.Auth = deliver.Auth{User: "me", Password: deliver.Password("secret")}
	case "a kept connection", "a connection kept after a refusal":
		sender.Limits.IdleTimeout = time.Minute
	}
	peer := testutil.New(config)
	sender.Dial = peer.Dial
	switch setup {
	case "a kept connection":
		peer.Play(nil)
		mustSend(t, sender)
		peer.Play(script) // from the second mail on
	case "a connection kept after a refusal":
		peer.Play(testutil.Script{"RCPT": "450 4.2.0 not now"})
		if err := sender.Send(t.Context(), to("a@x")); fateOf(err) != temporary {
			t.Fatal(err)
		}
		peer.Play(script)
	}
	return peer, sender
}

func TestALargeMailThatBreaksOffIsTemporary(t *testing.T) {
	for _, tt := range []struct {
		name, action string
		want         fate
	}{
		{"the relay hangs up in the middle", testutil.Drop, temporary},
		{"the relay takes it all and says nothing", testutil.Hang, uncertain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				peer, sender := prepare(t, "", testutil.Script{"body": tt.action}, false)
				m := to("a@x")
				for range 1 << 14 {
					m.Raw = append(m.Raw, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n"...)
				}
				if err := sender.Send(t.Context(), m); fateOf(err) != tt.want {
					t.Errorf("the mail is %s, want %s: %v", fateOf(err), tt.want, err)
				}
				peer.Wait()
			})
		})
	}
}
