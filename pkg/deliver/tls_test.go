package deliver_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

func TestTLSPolicies(t *testing.T) {
	good := testutil.NewCertificate(t, "127.0.0.1", "relay.example.com")
	other := testutil.NewCertificate(t, "other.example.com")
	trusting := &deliver.TLSFiles{CA: good.CertFile}
	trustingOther := &deliver.TLSFiles{CA: other.CertFile}
	tests := []struct {
		name      string
		peer      testutil.Config
		tls       deliver.TLS
		want      fate
		encrypted bool   // the mail came encrypted
		says      string // in the error, or in the log if the mail was sent
	}{
		{"auto encrypts and verifies", testutil.Config{TLS: good.Server()}, deliver.TLS{Files: trusting}, sent, true, ""},
		{"auto without STARTTLS sends in the clear", testutil.Config{}, deliver.TLS{}, sent, false, ""},
		{"auto with an unknown certificate encrypts and warns", testutil.Config{TLS: good.Server()}, deliver.TLS{}, sent, true, "cannot be verified"},
		{"auto with another's certificate encrypts and warns", testutil.Config{TLS: other.Server()}, deliver.TLS{Files: trustingOther}, sent, true, "cannot be verified"},
		{"auto without a common TLS version sends in the clear and warns", testutil.Config{TLS: oldTLS(good)}, deliver.TLS{}, sent, false, "in the clear"},
		{"off does not encrypt", testutil.Config{TLS: good.Server()}, deliver.TLS{Policy: deliver.TLSOff}, sent, false, ""},
		{"require encrypts and verifies", testutil.Config{TLS: good.Server()}, deliver.TLS{Policy: deliver.TLSRequire, Files: trusting}, sent, true, ""},
		{"require without STARTTLS sends nothing", testutil.Config{}, deliver.TLS{Policy: deliver.TLSRequire}, unreachable, false, "does not offer STARTTLS"},
		{"require with an unknown certificate sends nothing", testutil.Config{TLS: good.Server()}, deliver.TLS{Policy: deliver.TLSRequire}, unreachable, false, "TLS.Files"},
		{"require with another's certificate sends nothing", testutil.Config{TLS: other.Server()}, deliver.TLS{Policy: deliver.TLSRequire, Files: trustingOther}, unreachable, false, "cannot be verified"},
		{"require without a common TLS version sends nothing", testutil.Config{TLS: oldTLS(good)}, deliver.TLS{Policy: deliver.TLSRequire, Files: trusting}, unreachable, false, "handshake"},
		{"the name to verify can be given", testutil.Config{TLS: other.Server()}, deliver.TLS{Policy: deliver.TLSRequire, Files: trustingOther, ServerName: "other.example.com"}, sent, true, ""},
		{"the caller's own configuration is used", testutil.Config{TLS: good.Server()}, deliver.TLS{Policy: deliver.TLSRequire, Config: &tls.Config{RootCAs: pool(t, good)}}, sent, true, ""},
		{"smtps encrypts from the start", testutil.Config{TLS: good.Server(), Implicit: true}, deliver.TLS{Implicit: true, Files: trusting}, sent, true, ""},
		{"smtps always verifies", testutil.Config{TLS: good.Server(), Implicit: true}, deliver.TLS{Implicit: true}, unreachable, false, "cannot be verified"},
		{"a Unix socket is not encrypted by itself", testutil.Config{TLS: good.Server(), Unix: true}, deliver.TLS{}, sent, false, ""},
		{"a Unix socket is encrypted if that is required", testutil.Config{TLS: good.Server(), Unix: true}, deliver.TLS{Policy: deliver.TLSRequire, Files: trusting, ServerName: "relay.example.com"}, sent, true, ""},
		{"a CA that cannot be read sends nothing", testutil.Config{TLS: good.Server()}, deliver.TLS{Files: &deliver.TLSFiles{CA: "/nowhere/ca.pem"}}, unreachable, false, "/nowhere/ca.pem"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			peer := testutil.Start(t, tt.peer)
			var log bytes.Buffer
			sender := &deliver.SMTP{Addr: peer.Addr, TLS: tt.tls, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))}
			err := sender.Send(t.Context(), to("a@x"))
			if got := fateOf(err); got != tt.want {
				t.Fatalf("the mail is %s, want %s: %v", got, tt.want, err)
			}
			said := log.String()
			if err != nil {
				said = err.Error()
			}
			if !strings.Contains(said, tt.says) || err == nil && tt.says == "" && said != "" {
				t.Errorf("it says %q, want %q", said, tt.says)
			}
			if mails := peer.Mails(); (len(mails) == 1) != (tt.want == sent) || len(mails) == 1 && mails[0].TLS != tt.encrypted {
				t.Errorf("the relay got %+v, encrypted should be %v", mails, tt.encrypted)
			}
		})
	}
}

func oldTLS(c *testutil.Certificate) *tls.Config {
	config := c.Server()
	config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	return config
}

func pool(t *testing.T, c *testutil.Certificate) *x509.CertPool {
	pem, err := os.ReadFile(c.CertFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool
}

func TestTheNameAfterSTARTTLSIsOurs(t *testing.T) {
	peer := testutil.Start(t, testutil.Config{TLS: testutil.NewCertificate(t, "127.0.0.1").Server()})
	if err := (&deliver.SMTP{Addr: peer.Addr, Hostname: "me"}).Send(t.Context(), to("a@x")); err != nil {
		t.Fatal(err)
	}
	want := "EHLO me|STARTTLS|EHLO me|MAIL FROM:<failmail@x>|RCPT TO:<a@x>|DATA|QUIT"
	if got := strings.Join(peer.Commands(), "|"); got != want {
		t.Errorf("the relay got %s, want %s", got, want)
	}
}

func TestOneWarningIsEnough(t *testing.T) {
	peer := testutil.Start(t, testutil.Config{TLS: testutil.NewCertificate(t, "127.0.0.1").Server()})
	var log bytes.Buffer
	sender := &deliver.SMTP{Addr: peer.Addr, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	for range 3 {
		mustSend(t, sender)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines, want 1:\n%s", n, log.String())
	}
}

// What comes in the same packet as the reply to STARTTLS came unencrypted.
func TestNothingIsTakenFromBeforeTLS(t *testing.T) {
	certificate := testutil.NewCertificate(t, "127.0.0.1")
	peer := testutil.Start(t, testutil.Config{TLS: certificate.Server(), Script: testutil.Script{"STARTTLS": "220 go\r\n250-injected"}})
	sender := &deliver.SMTP{Addr: peer.Addr, TLS: deliver.TLS{Policy: deliver.TLSRequire, Files: &deliver.TLSFiles{CA: certificate.CertFile}}}
	if err := sender.Send(t.Context(), to("a@x")); fateOf(err) != unreachable || !strings.Contains(err.Error(), "more than one reply") {
		t.Errorf("Send = %v", err)
	}
}

func TestACertificateOfOursIsShown(t *testing.T) {
	server, client := testutil.NewCertificate(t, "127.0.0.1"), testutil.NewCertificate(t, "proxy.example.com")
	peer := testutil.Start(t, testutil.Config{TLS: server.Server()})
	mustSend(t, &deliver.SMTP{Addr: peer.Addr, TLS: deliver.TLS{Files: &deliver.TLSFiles{Cert: client.CertFile, Key: client.KeyFile}}})
	if shown := peer.ClientCertificate(); shown == nil || shown.Subject.CommonName != "proxy.example.com" {
		t.Errorf("the relay saw %v", shown)
	}
}

func TestTLSFilesAreReadForEachConnection(t *testing.T) {
	first, second := testutil.NewCertificate(t, "127.0.0.1"), testutil.NewCertificate(t, "127.0.0.1")
	ca := filepath.Join(t.TempDir(), "ca.pem")
	install(t, first.CertFile, ca)
	var log bytes.Buffer
	serving := first.Server()
	serving.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &serving.Certificates[0], nil }
	peer := testutil.Start(t, testutil.Config{TLS: serving})
	sender := &deliver.SMTP{
		Addr: peer.Addr, TLS: deliver.TLS{Policy: deliver.TLSRequire, Files: &deliver.TLSFiles{CA: ca}},
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	mustSend(t, sender)
	if err := os.Remove(ca); err != nil {
		t.Fatal(err)
	}
	mustSend(t, sender) // with what was read before
	if !strings.Contains(log.String(), "cannot read") {
		t.Errorf("the log says %q", log.String())
	}
	install(t, second.CertFile, ca)
	if err := sender.Send(t.Context(), to("a@x")); fateOf(err) != unreachable {
		t.Errorf("Send = %v, but the CA is another", err)
	}
	serving.Certificates[0] = second.Pair
	mustSend(t, sender)
}

func install(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTLSFilesThatAreWrong(t *testing.T) {
	c := testutil.NewCertificate(t, "x")
	for _, tt := range []struct {
		name  string
		files *deliver.TLSFiles
		says  string
	}{
		{"none at all", &deliver.TLSFiles{}, ""},
		{"all there", &deliver.TLSFiles{CA: c.CertFile, Cert: c.CertFile, Key: c.KeyFile}, ""},
		{"a CA that is missing", &deliver.TLSFiles{CA: "/nowhere"}, "/nowhere"},
		{"a CA without a certificate", &deliver.TLSFiles{CA: c.KeyFile}, "BEGIN CERTIFICATE"},
		{"a certificate without a key", &deliver.TLSFiles{Cert: c.CertFile}, "one with its key"},
		{"a key without a certificate", &deliver.TLSFiles{Key: c.KeyFile}, "one with its key"},
		{"a key that is no key", &deliver.TLSFiles{Cert: c.CertFile, Key: c.CertFile}, "client certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.files.Check()
			if (err != nil) != (tt.says != "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Check = %v, want %q", err, tt.says)
			}
		})
	}
}

func TestOpenKnowsTheTLSPolicies(t *testing.T) {
	open := func(policy string) error {
		sender, err := deliver.Open([]deliver.Relay{{Protocol: deliver.ProtocolSMTP, Addr: "localhost:25"}}, deliver.Options{TLS: deliver.TLS{Policy: deliver.TLSPolicy(policy)}})
		if err == nil {
			err = sender.Close()
		}
		return err
	}
	for _, policy := range []string{"", "auto", "require", "off"} {
		if err := open(policy); err != nil {
			t.Errorf("%q: %v", policy, err)
		}
	}
	for _, policy := range []string{"on", "Require", "starttls"} {
		if err := open(policy); err == nil || !strings.Contains(err.Error(), "auto, require or off") {
			t.Errorf("%q: %v", policy, err)
		}
	}
}

func TestARelayThatTalksWithoutEndIsCutOff(t *testing.T) {
	endless := "250-" + strings.Repeat(strings.Repeat("x", 900)+"\r\n250-", 2000) + "end\r\n250 end"
	peer := testutil.Start(t, testutil.Config{Script: testutil.Script{"EHLO": endless}})
	sender := &deliver.SMTP{Addr: peer.Addr, Timeouts: deliver.Timeouts{Command: testutil.Patience / 2}}
	err := sender.Send(t.Context(), to("a@x"))
	if fateOf(err) != unreachable || !strings.Contains(err.Error(), "longer than") || len(err.Error()) > 1000 {
		t.Errorf("Send = %.2000v", err)
	}
}
