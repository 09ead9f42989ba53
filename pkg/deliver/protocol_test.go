package deliver_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// A port that speaks another protocol is no outage: the error names the address
// that would be right, and no mail is begun.
func TestAPortThatSpeaksAnotherProtocol(t *testing.T) {
	smtpOnly := testutil.Script{"LHLO": "502 5.5.2 Error: command not recognized"}
	lmtpOnly := testutil.Script{"EHLO": "500 5.5.1 Unknown command", "HELO": "500 5.5.1 Unknown command"}
	silent := testutil.Script{"greeting": testutil.Hang}
	tests := []struct {
		name   string
		peer   testutil.Config
		sender *deliver.SMTP
		misfit bool
		says   string
	}{
		{"SMTP where LMTP is awaited", testutil.Config{Script: smtpOnly}, &deliver.SMTP{Addr: "mx.example.com:25", LMTP: true}, true, "write smtp://mx.example.com:25"},
		{"SMTP on a socket where LMTP is awaited", testutil.Config{Script: smtpOnly}, &deliver.SMTP{Addr: "unix:/run/mx", LMTP: true}, true, "write smtp+unix:/run/mx"},
		{"LMTP where SMTP is awaited", testutil.Config{Script: lmtpOnly, LMTP: true}, &deliver.SMTP{Addr: "mx.example.com:24"}, true, "write lmtp://mx.example.com:24"},
		{"TLS on 465 where a greeting is awaited", testutil.Config{Script: silent}, &deliver.SMTP{Addr: "mx.example.com:465"}, true, "that port begins with TLS: write smtps://mx.example.com:465"},
		{"TLS elsewhere where a greeting is awaited", testutil.Config{Script: silent}, &deliver.SMTP{Addr: "mx.example.com:8465"}, false, "if that port begins with TLS, write smtps://mx.example.com:8465"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.peer.Patience = time.Hour
				peer := testutil.New(tt.peer)
				tt.sender.Dial = peer.Dial
				err := tt.sender.Send(t.Context(), to("a@x", "b@x"))
				if !deliver.IsUnreachable(err) || deliver.IsMisconfigured(err) != tt.misfit {
					t.Fatalf("the mail is %s, a misfit is %t: %v", fateOf(err), deliver.IsMisconfigured(err), err)
				}
				if !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%q does not say %q", err, tt.says)
				}
				peer.Wait()
				for _, command := range peer.Commands() {
					if verb, _, _ := strings.Cut(command, " "); verb == "MAIL" || tt.sender.LMTP && verb == "HELO" {
						t.Errorf("the relay got %q", command)
					}
				}
			})
		})
	}
}

func TestAPortForSTARTTLSWhereTLSIsAwaited(t *testing.T) {
	peer := testutil.Start(t, testutil.Config{})
	err := (&deliver.SMTP{Addr: peer.Addr, TLS: deliver.TLS{Implicit: true}}).Send(t.Context(), to("a@x"))
	if !deliver.IsMisconfigured(err) || !strings.Contains(err.Error(), "write smtp://"+peer.Addr+" with TLS.Policy=require") {
		t.Errorf("Send = %v", err)
	}
}

// What every mail would meet says nothing about this one, so that it costs no
// retries of it.
func TestRefusalsThatConcernEveryMail(t *testing.T) {
	certificate := testutil.NewCertificate(t, "relay.example.com")
	password := deliver.Auth{User: "me", Password: deliver.Password("secret")}
	required := deliver.TLS{Policy: deliver.TLSRequire, Files: &deliver.TLSFiles{CA: certificate.CertFile}}
	for _, tt := range []struct {
		name   string
		script testutil.Script
		sender *deliver.SMTP
	}{
		{"STARTTLS is not there now", testutil.Script{"STARTTLS": "454 4.7.0 TLS not available"}, &deliver.SMTP{TLS: required}},
		{"AUTH is not there now", testutil.Script{"AUTH": "454 4.7.0 Temporary authentication failure"}, &deliver.SMTP{Auth: password}},
		{"the credentials cannot be checked now", testutil.Script{"credentials": "454 4.7.0 Temporary authentication failure"}, &deliver.SMTP{Auth: password}},
		{"the password must be changed first", testutil.Script{"credentials": "432 4.7.12 A password transition is needed"}, &deliver.SMTP{Auth: password}},
		{"the login is not good any more", testutil.Script{"MAIL": "454 4.7.0 Temporary authentication failure"}, &deliver.SMTP{Auth: password}},
		{"the server is stopped for all", testutil.Script{"MAIL": "432 4.3.2 Storage is busy"}, &deliver.SMTP{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				config := testutil.Config{Script: tt.script, Extensions: []string{"AUTH PLAIN"}, Patience: time.Hour}
				if tt.sender.TLS.Policy == deliver.TLSRequire {
					config.TLS = certificate.Server()
				}
				peer := testutil.New(config)
				tt.sender.Addr, tt.sender.Dial = "relay.example.com:25", peer.Dial
				err := tt.sender.Send(t.Context(), to("a@x"))
				if !deliver.IsUnreachable(err) && !deliver.IsThrottled(err) || deliver.IsPermanent(err) || deliver.IsMisconfigured(err) {
					t.Errorf("the mail is %s: %v", fateOf(err), err)
				}
				peer.Wait()
			})
		})
	}
}

// A relay that wants a login mostly says no more than that it does not relay.
func TestARelayThatMayWantALoginIsSaidToDoSo(t *testing.T) {
	offers := []string{"AUTH PLAIN"}
	for _, tt := range []struct {
		name   string
		config testutil.Config
		user   string
		hint   bool
	}{
		{"a denial with an enhanced code", testutil.Config{Extensions: offers, Script: testutil.Script{"RCPT": "554 5.7.1 <a@x>: Access denied"}}, "", true},
		{"a denial in words", testutil.Config{Extensions: offers, Script: testutil.Script{"RCPT": "550 relay not permitted"}}, "", true},
		{"another refusal", testutil.Config{Extensions: offers, Script: testutil.Script{"RCPT": "550 5.1.1 unknown"}}, "", false},
		{"a denial of a relay without AUTH", testutil.Config{Script: testutil.Script{"RCPT": "554 5.7.1 Relay access denied"}}, "", false},
		{"a denial after the login", testutil.Config{Extensions: offers, Script: testutil.Script{"RCPT": "554 5.7.1 Relay access denied"}}, "me", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			peer := testutil.Start(t, tt.config)
			err := (&deliver.SMTP{Addr: peer.Addr, Auth: deliver.Auth{User: tt.user, Password: deliver.Password("secret")}}).Send(t.Context(), to("a@x"))
			if fateOf(err) != permanent || strings.Contains(err.Error(), "Auth.User") != tt.hint {
				t.Errorf("the mail is %s, and the error is %v; a hint at the login: %t", fateOf(err), err, tt.hint)
			}
		})
	}
}
