package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// What a store of 1.0 knows of an error holds on: it is not new, and stays muted.
func TestWhatAnOlderVersionKnewIsKnown(t *testing.T) {
	t.Parallel()
	type mail struct{ header, body string }
	known, muted := mail{"Subject: disk full on web-7\r\n", "error: only 17 bytes left\r\n"}, mail{"Subject: login refused\r\n", "error: wrong key of anna\r\n"}
	former := func(m mail) string {
		return batch.Former(message.New("app@example.com", []string{"ops@example.com"}, []byte(m.header+"\r\n"+m.body)))
	}
	path := filepath.Join(t.TempDir(), "failmail.db")
	s, err := sqlite.Open(path, store.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	now, ago := time.Now(), time.Now().Add(-50*time.Hour)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Record(t.Context(), []store.Entry{{
		Batch: "old", Group: "old", Fingerprint: former(known), Title: "disk full on web-7", Received: ago, Recipients: []string{"ops@example.com"},
	}}))
	b, err := s.Claim(t.Context(), now, time.Minute)
	must(err)
	must(s.Seal(t.Context(), b.ID, nil))
	must(s.Note(t.Context(), store.FromOlder, now.UTC().Format(time.RFC3339)))
	_, err = s.Mute(t.Context(), store.Mute{Fingerprint: former(muted), Created: ago, Until: now.Add(time.Hour)})
	must(err)
	must(s.Close())

	p := proxyHere(t, "--store=sqlite:"+path, "--wait=1h")
	for range 2 {
		p.send(t, known.header, known.body)
		p.send(t, muted.header, muted.body)
	}
	_, open := get(t, "http://"+p.http+"/api/batches", "", "")
	_, problems := get(t, "http://"+p.http+"/api/problems", "", "")
	if first := ago.UTC().Format("2006-01-02T15:04:05"); !strings.Contains(problems, first) {
		t.Errorf("no problem since %s in %s", first, problems)
	}
	if !strings.Contains(open, `"state":"BACK"`) || !strings.Contains(open, `"muted":2`) {
		t.Errorf("want an error that is back, and two mails that are muted: %s", open)
	}
}
