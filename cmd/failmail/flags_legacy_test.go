package main

import (
	"crypto/tls"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
)

// legacyFlagTests are those of failmail 0.2, which --help does not list.
var legacyFlagTests = []flagTest{
	{"--receiver only receives", func(t *testing.T) {
		p := proxyHere(t, "--receiver", "--wait=1ms")
		p.send(t, "Subject: s", "x")
		if b := p.batches(t); len(b) != 1 || len(p.relay.Mails()) != 0 {
			t.Errorf("%d batches, %d summaries", len(b), len(p.relay.Mails()))
		}
	}},
	{"--sender only sends", func(t *testing.T) {
		store := "--store=sqlite:" + filepath.Join(t.TempDir(), "f.db")
		p := proxyHere(t, store, "--receiver", "--wait=1ms")
		p.send(t, "Subject: s", "x")
		p.end()
		half := proxyHere(t, store, "--sender")
		half.mails(t, 1)
		if err := half.submit("Subject: s", "x"); err == nil {
			t.Error("it takes mails")
		}
	}},
	{"--bind-addr is the old name of --bind", func(t *testing.T) {
		addr := freeAddress(t)
		p := startCommand(t, command(t, t.TempDir(), "--bind-addr="+addr, "--relay=debug", "--store=memory:", "--bind-http="), addr)
		p.send(t, "Subject: s", "x")
	}},
	{"--relay-addr is the old name of --relay", func(t *testing.T) {
		relay, addr := startRelay(t), freeAddress(t)
		p := startCommand(t, command(t, t.TempDir(), "--relay-addr="+relay.Addr(), "--bind="+addr, "--store=memory:", "--bind-http=", "--wait=1ms"), addr)
		p.send(t, "Subject: s", "x")
		waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	}},
	{"--relay-command is an old form of --relay", func(t *testing.T) {
		relayCommand(t, func(t *testing.T, arg string) {
			addr := freeAddress(t)
			p := startCommand(t, command(t, t.TempDir(), arg, "--bind="+addr, "--store=memory:", "--bind-http=", "--wait=1ms"), addr)
			p.send(t, "Subject: s", "x")
			waitUntil(t, p, func() bool { return strings.Contains(p.log.String(), "sent a summary") })
		})
	}},
	{"--wait-period is the old name of --wait", func(t *testing.T) {
		addr, http := freeAddress(t), freeAddress(t)
		p := startCommand(t, command(t, t.TempDir(), "--bind="+addr, "--bind-http="+http, "--relay=debug", "--store=memory:", "--wait-period=7m", "--max-wait=1h"), addr)
		p.send(t, "Subject: s", "x")
		if b := (&here{http: http}).batches(t)[0]; b.Due.Sub(b.Last) != 7*time.Minute {
			t.Errorf("due %s after the last mail", b.Due.Sub(b.Last))
		}
	}},
	{"--message-store is an old form of --store", func(t *testing.T) {
		folder, addr := t.TempDir(), freeAddress(t)
		startCommand(t, command(t, t.TempDir(), "--bind="+addr, "--relay=debug", "--bind-http=", "--message-store="+folder), addr)
		if _, err := os.Stat(filepath.Join(folder, "failmail.db")); err != nil {
			t.Error(err)
		}
	}},
	{"--memory-store is an old form of --store", func(t *testing.T) {
		folder, addr := t.TempDir(), freeAddress(t)
		startCommand(t, command(t, folder, "--bind="+addr, "--relay=debug", "--bind-http=", "--memory-store"), addr)
		if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
			t.Errorf("%v, %v", left, err)
		}
	}},
	{"--ssl is an old form of --bind", func(t *testing.T) {
		certificate := testutil.NewCertificate(t, "proxy.example")
		p := proxyHere(t, "--ssl", "--tls-cert="+certificate.CertFile, "--tls-key="+certificate.KeyFile)
		conn, err := tls.Dial("tcp", p.addr, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, _, err := textproto.NewConn(conn).ReadResponse(220); err != nil {
			t.Error(err)
		}
	}},
	{"--poll does nothing, and says so", func(t *testing.T) {
		p := proxyHere(t, "--poll=1h")
		p.send(t, "Subject: s", "x")
		p.mails(t, 1)
		if !strings.Contains(p.log.String(), `option=--poll better="nothing: what is due is noticed at once"`) {
			t.Errorf("the log does not say so:\n%s", p.log)
		}
	}},
	{"--batch-expr is the old name of --batch", func(t *testing.T) { splits(t, "--batch-expr") }},
	{"--group-expr is the old name of --group", func(t *testing.T) { groups(t, "--group-expr") }},
}
