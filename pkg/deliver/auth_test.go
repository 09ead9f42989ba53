package deliver_test

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func token(text string) func(context.Context, bool) (string, error) {
	return func(context.Context, bool) (string, error) { return text, nil }
}

// after returns the lines from the one that begins with AUTH up to MAIL.
func authLines(commands []string) []string {
	from := slices.IndexFunc(commands, func(c string) bool { return strings.HasPrefix(c, "AUTH") })
	to := slices.IndexFunc(commands, func(c string) bool { return strings.HasPrefix(c, "MAIL") })
	if from < 0 || to < 0 {
		return nil
	}
	return commands[from:to]
}

func TestTheStrongestMechanismIsUsed(t *testing.T) {
	mac := hmac.New(md5.New, []byte("secret"))
	mac.Write([]byte("<1896.697170952@relay>"))
	cram := b64("me " + hex.EncodeToString(mac.Sum(nil)))
	plain := "AUTH PLAIN " + b64("\x00me\x00secret")
	oauth := "AUTH XOAUTH2 " + b64("user=me\x01auth=Bearer t0k3n\x01\x01")
	password := deliver.Password("secret")
	tests := []struct {
		name, offered string
		auth          deliver.Auth
		want          []string
	}{
		{"CRAM-MD5 before PLAIN and LOGIN", "AUTH LOGIN PLAIN CRAM-MD5", deliver.Auth{User: "me", Password: password}, []string{"AUTH CRAM-MD5", cram}},
		{"PLAIN before LOGIN", "AUTH LOGIN PLAIN", deliver.Auth{User: "me", Password: password}, []string{plain}},
		{"LOGIN, whatever it asks", "AUTH LOGIN", deliver.Auth{User: "me", Password: password}, []string{"AUTH LOGIN", b64("me"), b64("secret")}},
		{"a token before a password", "AUTH PLAIN XOAUTH2 CRAM-MD5", deliver.Auth{User: "me", Password: password, Token: token("t0k3n")}, []string{oauth}},
		{"the password if the relay takes no tokens", "AUTH PLAIN", deliver.Auth{User: "me", Password: password, Token: token("t0k3n")}, []string{plain}},
		{"what is unknown is passed over", "AUTH GSSAPI SCRAM-SHA-256 PLAIN", deliver.Auth{User: "me", Password: password}, []string{plain}},
		{"the mechanism that was asked for", "AUTH CRAM-MD5 PLAIN", deliver.Auth{User: "me", Password: password, Mechanism: "plain"}, []string{plain}},
		{"no credentials without a user", "AUTH PLAIN", deliver.Auth{Password: password}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			peer := testutil.Start(t, testutil.Config{Extensions: []string{tt.offered}})
			if err := (&deliver.SMTP{Addr: peer.Addr, Auth: tt.auth}).Send(t.Context(), to("a@x")); err != nil {
				t.Fatal(err)
			}
			if got := authLines(peer.Commands()); !slices.Equal(got, tt.want) {
				t.Errorf("the relay got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCredentialsThatDoNotWorkAreTemporary(t *testing.T) {
	unreadable := func() (string, error) { return "", errors.New("read the relay's password: gone") }
	tests := []struct {
		name   string
		config testutil.Config
		auth   deliver.Auth
		says   []string
	}{
		{"a wrong password", testutil.Config{Extensions: []string{"AUTH PLAIN"}, Script: testutil.Script{"credentials": "535 5.7.8 bad"}},
			deliver.Auth{Password: deliver.Password("secret")}, []string{`user "me"`, "PLAIN", "535 5.7.8 bad", "password"}},
		{"a mechanism that is too weak for the relay", testutil.Config{Extensions: []string{"AUTH PLAIN"}, Script: testutil.Script{"AUTH": "534 5.7.9 stronger"}},
			deliver.Auth{Password: deliver.Password("secret")}, []string{"534"}},
		{"a relay that cannot check it now", testutil.Config{Extensions: []string{"AUTH PLAIN"}, Script: testutil.Script{"credentials": "454 4.7.0 later"}},
			deliver.Auth{Password: deliver.Password("secret")}, []string{"454", "AUTH PLAIN"}},
		{"no AUTH at all", testutil.Config{}, deliver.Auth{Password: deliver.Password("secret")}, []string{"does not offer AUTH"}},
		{"no mechanism of ours", testutil.Config{Extensions: []string{"AUTH GSSAPI"}}, deliver.Auth{Password: deliver.Password("secret")}, []string{"GSSAPI", "CRAM-MD5, PLAIN, LOGIN"}},
		{"a password that cannot be read", testutil.Config{Extensions: []string{"AUTH PLAIN"}}, deliver.Auth{Password: unreadable}, []string{"gone"}},
		{"a relay that asks for ever", testutil.Config{Extensions: []string{"AUTH CRAM-MD5"}, Script: testutil.Script{"AUTH": "334 PDFAMj4=", "PDFAMj4=": "334 PDFAMj4="}},
			deliver.Auth{Password: deliver.Password("secret")}, []string{"AUTH CRAM-MD5"}},
		{"no AUTH before MAIL, yet wanted", testutil.Config{Script: testutil.Script{"MAIL": "530 5.7.0 Authentication required"}}, deliver.Auth{}, []string{"530", "Auth.User"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.auth.Password != nil {
				tt.auth.User = "me"
			}
			peer := testutil.Start(t, tt.config)
			err := (&deliver.SMTP{Addr: peer.Addr, Auth: tt.auth}).Send(t.Context(), to("a@x"))
			if fateOf(err) != unreachable {
				t.Fatalf("the mail is %s: %v", fateOf(err), err)
			}
			for _, word := range tt.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%q has the password", err)
			}
		})
	}
}

func TestCredentialsAreNotShownToEavesdroppers(t *testing.T) {
	certificate := testutil.NewCertificate(t, "192.0.2.1")
	for _, tt := range []struct {
		name   string
		config testutil.Config
		tls    deliver.TLS
		want   fate
	}{
		{"in the clear to another machine", testutil.Config{Elsewhere: true}, deliver.TLS{}, unreachable},
		{"in the clear to another machine, even if TLS is off", testutil.Config{Elsewhere: true, TLS: certificate.Server()}, deliver.TLS{Policy: deliver.TLSOff}, unreachable},
		{"to another machine that cannot show who it is", testutil.Config{Elsewhere: true, TLS: certificate.Server()}, deliver.TLS{}, unreachable},
		{"to another machine after TLS has failed", testutil.Config{Elsewhere: true, TLS: oldTLS(certificate)}, deliver.TLS{}, unreachable},
		{"over verified TLS they are", testutil.Config{Elsewhere: true, TLS: certificate.Server()}, deliver.TLS{Files: &deliver.TLSFiles{CA: certificate.CertFile}}, sent},
		{"to this machine they are", testutil.Config{}, deliver.TLS{}, sent},
		{"to this machine they are, whatever its certificate", testutil.Config{TLS: certificate.Server()}, deliver.TLS{}, sent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.config.Extensions = []string{"AUTH PLAIN LOGIN CRAM-MD5"}
			peer := testutil.New(tt.config)
			sender := &deliver.SMTP{Addr: "192.0.2.1:25", TLS: tt.tls, Dial: peer.Dial, Auth: deliver.Auth{User: "me", Password: deliver.Password("secret")}}
			err := sender.Send(t.Context(), to("a@x"))
			if fateOf(err) != tt.want {
				t.Errorf("the mail is %s, want %s: %v", fateOf(err), tt.want, err)
			}
			peer.Wait()
			tried := slices.ContainsFunc(peer.Commands(), func(c string) bool { return strings.HasPrefix(c, "AUTH") })
			if tried != (tt.want == sent) {
				t.Errorf("the relay got %q", peer.Commands())
			}
		})
	}
}

func TestATokenThatHasExpiredIsFetchedAgain(t *testing.T) {
	refusal := "334 " + b64(`{"status":"401"}`)
	tests := []struct {
		name   string
		script testutil.Script
		tokens []string // in turn
		want   fate
		calls  []bool // fresh or not
	}{
		{"a good one", nil, []string{"old"}, sent, []bool{false}},
		{"an expired one", testutil.Script{"credentials#1": refusal}, []string{"old", "new"}, sent, []bool{false, true}},
		{"a new one that is refused as well", testutil.Script{"credentials": refusal}, []string{"old", "new"}, unreachable, []bool{false, true}},
		{"a new one that is the old one", testutil.Script{"credentials": refusal}, []string{"old", "old"}, unreachable, []bool{false, true}},
		{"a refusal for now", testutil.Script{"credentials": "454 4.7.0 later"}, []string{"old"}, unreachable, []bool{false}},
		{"none to be had", nil, nil, unreachable, []bool{false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			peer := testutil.Start(t, testutil.Config{Script: tt.script, Extensions: []string{"AUTH XOAUTH2"}})
			var calls []bool
			next := func(_ context.Context, fresh bool) (string, error) {
				calls = append(calls, fresh)
				if len(calls) > len(tt.tokens) {
					return "", errors.New("token command: no")
				}
				return tt.tokens[len(calls)-1], nil
			}
			err := (&deliver.SMTP{Addr: peer.Addr, Auth: deliver.Auth{User: "me", Token: next}}).Send(t.Context(), to("a@x"))
			if fateOf(err) != tt.want {
				t.Errorf("the mail is %s, want %s: %v", fateOf(err), tt.want, err)
			}
			if !slices.Equal(calls, tt.calls) {
				t.Errorf("tokens were fetched fresh=%v, want %v", calls, tt.calls)
			}
		})
	}
}

func TestPasswordFileIsReadEachTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	password := deliver.PasswordFile(file)
	if _, err := password(); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a missing file: %v", err)
	}
	for _, tt := range []struct{ content, want string }{
		{"one", "one"}, {"two\n", "two"}, {"three\r\nmore\n", "three"}, {" spaces stay ", " spaces stay "},
		{"", ""}, {"\nsecond line", ""},
	} {
		if err := os.WriteFile(file, []byte(tt.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := password()
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("from %q: %q, %v; want %q", tt.content, got, err, tt.want)
		}
	}
}
