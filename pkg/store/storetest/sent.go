package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func sentChecks() []check {
	return []check{
		{sentence: "summaries that were made are listed, the newest first", run: sentListed},
		{sentence: "what is known of a summary changes, and what it says stays", run: sentChanged},
		{sentence: "old summaries are forgotten, and those that there is no room for", run: sentForgotten},
	}
}

func made(id string, d time.Duration) store.SentSummary {
	return store.SentSummary{ID: id, Made: after(d), Record: []byte("record " + id), Content: []byte("content " + id)}
}

// sent lists the summaries that were made.
func (s *subject) sent(most int) string {
	s.t.Helper()
	list, err := s.store.ListSent(s.t.Context(), most)
	s.must("ListSent", err)
	var ids []string
	for _, sent := range list {
		if string(sent.Record) != "record "+sent.ID || sent.Content != nil {
			s.t.Errorf("%s: %q, %q", sent.ID, sent.Record, sent.Content)
		}
		ids = append(ids, fmt.Sprint(sent.ID, " ", sent.Made.Sub(after(0))))
	}
	return strings.Join(ids, ", ")
}

func (s *subject) keepSent(all ...store.SentSummary) {
	s.t.Helper()
	for _, sent := range all {
		s.must("KeepSent", s.store.KeepSent(s.t.Context(), sent))
	}
}

func (s *subject) wantContent(id, want string) {
	s.t.Helper()
	content, err := s.store.SentContent(s.t.Context(), id)
	if s.must("SentContent", err); string(content) != want {
		s.t.Errorf("%s says %q, want %q", id, content, want)
	}
}

func sentListed(t *testing.T, s *subject) {
	s.keepSent(made("a", time.Minute), made("b", 0), made("c", time.Hour))
	if got, want := s.sent(10), "c 1h0m0s, a 1m0s, b 0s"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := s.sent(1), "c 1h0m0s"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	s.wantContent("b", "content b")
	s.wantContent("none", "")
	s.must("DropSent", s.store.DropSent(t.Context(), "c"))
	s.must("DropSent", s.store.DropSent(t.Context(), "none"))
	if got, want := s.sent(10), "a 1m0s, b 0s"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func sentChanged(t *testing.T, s *subject) {
	old := made("a", 0)
	old.Record = []byte("it waits")
	again := made("a", time.Minute)
	again.Content = nil
	s.keepSent(old, again)
	s.wantContent("a", "content a")
	if got, want := s.sent(10), "a 1m0s"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func sentForgotten(t *testing.T, s *subject) {
	s.keepSent(made("a", 0), made("b", time.Minute), made("c", 2*time.Minute), made("d", 3*time.Minute))
	for _, forget := range []struct {
		before time.Duration
		bytes  int64
		want   string
	}{
		{0, 1000, "d 3m0s, c 2m0s, b 1m0s, a 0s"},
		{time.Minute, 1000, "d 3m0s, c 2m0s, b 1m0s"},
		{0, int64(2 * len("content c")), "d 3m0s, c 2m0s"},
		{0, 3, ""},
	} {
		s.must("ForgetSent", s.store.ForgetSent(t.Context(), after(forget.before), forget.bytes))
		if got := s.sent(10); got != forget.want {
			t.Errorf("%s, want %s", got, forget.want)
		}
	}
}
