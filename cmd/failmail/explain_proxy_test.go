package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/smtp"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/storm"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// Whoever explains must not guess: what a proxy has counted is what explain says
// of the proxy's own archive.
func TestExplainSaysWhatTheProxyDoes(t *testing.T) {
	mails := [][]byte{
		[]byte(strings.ReplaceAll(diskMail, "\n", "\r\n")),
		[]byte(strings.ReplaceAll(traceMail, "\n", "\r\n")),
		[]byte("Subject: s\r\nX-Failmail-Group: mine\r\n\r\nx 1\r\n"),
		[]byte("disk full on 192.0.2.7\r\n"),
		[]byte("Subject: html\r\nContent-Type: text/html\r\n\r\n<p>request <b>17</b> failed</p>\r\n"),
		[]byte("Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\nContent-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nRmVobGVyIDE3IGltIEzDpGRjaGVuCg==\r\n"),
		[]byte("Subject:\r\n\r\nFrom here on\r\n..\r\nall fails\r\n"),
	}
	for _, m := range storm.Mails(7, 60, time.Now()) {
		mails = append(mails, m.Data)
	}
	for name, expressions := range map[string]struct{ batch, group string }{
		"by default":   {},
		"by keys":      {"from", "fingerprint"},
		"by templates": {`{{.Header.Get "X-Failmail-Split" | lower}}`, `{{submatch "(\\w+) failed" .Body}} {{mask .Subject}} {{.From}}`},
	} {
		t.Run(name, func(t *testing.T) {
			var args []string
			config := failmail.Config{Bind: "127.0.0.1:0", Store: memory.New(store.Limits{}), AllDir: filepath.Join(t.TempDir(), "all"), FailDir: t.TempDir(), Relay: "127.0.0.1:1"}
			if expressions.batch != "" {
				args = []string{"--batch", expressions.batch, "--group", expressions.group}
				var err error
				if config.Batch, err = failmail.Group(expressions.batch); err != nil {
					t.Fatal(err)
				}
				if config.Group, err = failmail.Group(expressions.group); err != nil {
					t.Fatal(err)
				}
			}
			counts := countedByProxy(t, config, mails)
			code, out, stderr := explainMails(t, "", append(args, "--json", config.AllDir)...)
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			explained := make(map[string]int)
			for line := range strings.Lines(out) {
				var o struct{ Entry string }
				if err := json.Unmarshal([]byte(line), &o); err != nil {
					t.Fatal(err)
				}
				explained[o.Entry]++
			}
			if !maps.Equal(explained, counts) {
				t.Errorf("explain says %v\nthe proxy has %v", explained, counts)
			}
		})
	}
}

// countedByProxy sends mails to a Proxy and returns the counts of its store, by
// the entry in explain --json: there, too, a group is only named where it is the word of
// a user.
func countedByProxy(t *testing.T, config failmail.Config, mails [][]byte) map[string]int {
	t.Helper()
	p, err := failmail.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Shutdown(context.WithoutCancel(t.Context()))
	for i, mail := range mails {
		if err := smtp.SendMail(p.Addr().String(), nil, fmt.Sprintf("app%d@x", i%3), []string{"ops@x"}, mail); err != nil {
			t.Fatalf("mail %d: %v", i, err)
		}
	}
	counts := make(map[string]int)
	open, err := config.Store.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range open {
		for _, g := range b.Groups {
			for _, v := range g.Variants {
				key := batch.WithoutThing(v.Fingerprint)
				if group := strings.TrimPrefix(batch.WithoutThing(g.Key), key); b.Key+group != "" {
					key = b.Key + "\n" + group + "\n" + key
				}
				counts[key] += v.Count
			}
		}
	}
	return counts
}

func TestExplainRefusesExpressionsAsTheProxyDoes(t *testing.T) {
	for _, args := range [][]string{
		{"--group=subjekt"}, {"--batch=host,"}, {`--batch={{.Headr.Get "X"}}`}, {`--group={{match "(" .Body}}`}, {"--group-expr={{nope}}"}, {"--batch="},
	} {
		var stderr bytes.Buffer
		code := run(t.Context(), append([]string{"failmail", "--bind=127.0.0.1:0", "--bind-http=", "--store=memory:"}, args...), nil, io.Discard, &stderr)
		own, out, said := explainMails(t, diskMail, args...)
		if own != code || code != exitUsage || said != stderr.String() || out != "" {
			t.Errorf("%s: exit code %d, said %s%s\nthe proxy: exit code %d, said %s", args, own, said, out, code, stderr.String())
		}
	}
}
