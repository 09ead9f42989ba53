package main

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/sink"
	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/receive"
)

// A way sends mails through a relay with the options given, and returns what it
// says once it has tried all of them, or when enough were sent and it had a second more
// to send too many.
type way func(t *testing.T, enough func() bool, mails int, args ...string) (said string)

func throughProxy(t *testing.T, enough func() bool, mails int, args ...string) string {
	t.Helper()
	if enough != nil {
		args = append(args, "--shutdown-timeout=1s")
	} else {
		args = append(args, "--wait=1h", "--max-wait=1h")
	}
	p := proxyHere(t, append(args, "--recipients=each")...)
	var to []string
	for i := range mails {
		to = append(to, string(rune('a'+i))+"@example.com")
	}
	p.send(t, "Subject: s", "x", to...)
	if enough != nil {
		p.until(t, "enough mails", enough)
	}
	p.end()
	return p.log.String()
}

func throughResend(t *testing.T, enough func() bool, mails int, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "failed")
	for range mails {
		mail := &deliver.Mail{From: "a@example.com", To: []string{"b@example.com"}, Raw: []byte("Subject: s\r\n\r\nx\r\n")}
		if err := (&deliver.Maildir{Dir: dir}).Send(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
	}
	cmd := command(t, t.TempDir(), append([]string{"resend", dir}, args...)...)
	var stderr lockedBuffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if enough != nil {
		waitFor(t, "enough mails", enough, &stderr)
		end := time.AfterFunc(time.Second, func() { cmd.Process.Signal(os.Interrupt) })
		defer end.Stop()
	}
	cmd.Wait() // what it sent is what counts
	return stderr.String()
}

// relayFlagTests are those of where mails are sent, and how.
func relayFlagTests(send way) []flagTest {
	login := func(t *testing.T, secret string, args ...string) {
		t.Helper()
		peer := testutil.Start(t, testutil.Config{Extensions: []string{"AUTH PLAIN XOAUTH2"}})
		said := send(t, nil, 1, append(args, "--relay="+peer.Addr)...)
		want := base64.StdEncoding.EncodeToString([]byte(secret))
		if commands := strings.Join(peer.Commands(), "\n"); !strings.Contains(commands, want) || len(peer.Mails()) != 1 {
			t.Errorf("the relay was not told %q and got %d mails:\n%s\n%s", secret, len(peer.Mails()), commands, said)
		}
	}
	const plain, bearer = "\x00me\x00secret", "user=me\x01auth=Bearer secret\x01\x01"
	withTLS := func(t *testing.T) (*testutil.Peer, *testutil.Certificate) {
		certificate := testutil.NewCertificate(t, "127.0.0.1")
		return testutil.Start(t, testutil.Config{TLS: certificate.Server()}), certificate
	}
	showsCertificate := func(t *testing.T) {
		peer, server := withTLS(t)
		own := testutil.NewCertificate(t, "failmail.example")
		said := send(t, nil, 1, "--relay="+peer.Addr, "--relay-ca="+server.CertFile, "--relay-cert="+own.CertFile, "--relay-key="+own.KeyFile)
		if shown := peer.ClientCertificate(); shown == nil || shown.Subject.CommonName != "failmail.example" || len(peer.Mails()) != 1 {
			t.Errorf("%d mails, and the certificate %v\n%s", len(peer.Mails()), shown, said)
		}
	}
	return []flagTest{
		{"--relay names the servers that are tried in order", func(t *testing.T) {
			peer := testutil.Start(t, testutil.Config{})
			if said := send(t, nil, 1, "--relay="+freeAddress(t)+","+peer.Addr); len(peer.Mails()) != 1 {
				t.Errorf("%d mails\n%s", len(peer.Mails()), said)
			}
		}},
		{"--relay-tls sends nothing in the clear if it is required", func(t *testing.T) {
			for policy, want := range map[string]int{"auto": 1, "off": 1, "require": 0} {
				peer := testutil.Start(t, testutil.Config{})
				said := send(t, nil, 1, "--relay="+peer.Addr, "--relay-tls="+policy)
				if len(peer.Mails()) != want || (want == 0) != strings.Contains(said, "STARTTLS") {
					t.Errorf("%s: %d mails\n%s", policy, len(peer.Mails()), said)
				}
			}
		}},
		{"--relay-ca trusts the certificates in a file", func(t *testing.T) {
			peer, certificate := withTLS(t)
			said := send(t, nil, 1, "--relay="+peer.Addr, "--relay-tls=require")
			if len(peer.Mails()) != 0 || !strings.Contains(said, "certificate") {
				t.Errorf("without it: %d mails\n%s", len(peer.Mails()), said)
			}
			said = send(t, nil, 1, "--relay="+peer.Addr, "--relay-tls=require", "--relay-ca="+certificate.CertFile)
			if mails := peer.Mails(); len(mails) != 1 || !mails[0].TLS {
				t.Errorf("with it: %d mails\n%s", len(mails), said)
			}
		}},
		{"--relay-cert shows the relay a certificate", showsCertificate},
		{"--relay-key has the key of that", showsCertificate},
		{"--relay-user logs in by that name", func(t *testing.T) {
			login(t, "\x00somebody\x00secret", "--relay-user=somebody", "--relay-password=secret")
		}},
		{"--relay-password logs in with it", func(t *testing.T) { login(t, plain, "--relay-user=me", "--relay-password=secret") }},
		{"--relay-password-file logs in with its first line", func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "password")
			writeFile(t, file, "secret\n")
			login(t, plain, "--relay-user=me", "--relay-password-file="+file)
		}},
		{"--relay-token-command logs in with what it prints", func(t *testing.T) {
			login(t, bearer, "--relay-user=me", "--relay-token-command="+script(t, "echo secret"))
		}},
		{"--relay-rate sends so many mails a minute", func(t *testing.T) {
			for rate, want := range map[string]int{"0": 2, "1": 1} {
				peer := testutil.Start(t, testutil.Config{})
				var enough func() bool
				if rate != "0" { // the other would wait for a minute
					enough = func() bool { return len(peer.Mails()) == want }
				}
				if said := send(t, enough, 2, "--relay="+peer.Addr, "--relay-rate="+rate); len(peer.Mails()) != want {
					t.Errorf("%s: %d mails, want %d\n%s", rate, len(peer.Mails()), want, said)
				}
			}
		}},
	}
}

// relayCommand shows that a mail reaches a program.
func relayCommand(t *testing.T, run func(t *testing.T, arg string)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mail")
	run(t, "--relay-command="+script(t, "cat >"+file))
	if mail, err := os.ReadFile(file); err != nil || !strings.Contains(string(mail), "Subject: ") {
		t.Errorf("%v, %s", err, mail)
	}
}

// together makes a relay hold each mail until n are there at a time, and says when
// they are.
func together(relay *sink.Sink, n int) (met chan struct{}) {
	met, arrived := make(chan struct{}), make(chan struct{}, n)
	relay.Refuse(func(*receive.Message) *receive.Refusal {
		arrived <- struct{}{}
		if len(arrived) == n {
			close(met)
		}
		select {
		case <-met:
		case <-time.After(time.Minute):
		}
		return nil
	})
	return met
}
