package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// KeepSent implements store.Sent.
func (s *Store) KeepSent(ctx context.Context, sent store.SentSummary) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	sent.Record, sent.Content = slices.Clone(sent.Record), slices.Clone(sent.Content)
	if sent.Content == nil {
		sent.Content = s.sent[sent.ID].Content
	}
	s.sent[sent.ID] = sent
	return nil
}

// newest returns the summaries that were made, the newest first.
func (s *Store) newest() []store.SentSummary {
	return slices.SortedFunc(maps.Values(s.sent), func(a, b store.SentSummary) int {
		return cmp.Or(b.Made.Compare(a.Made), cmp.Compare(a.ID, b.ID))
	})
}

// ListSent implements store.Sent.
func (s *Store) ListSent(ctx context.Context, most int) ([]store.SentSummary, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	list := s.newest()
	list = list[:min(len(list), most)]
	for i := range list {
		list[i].Record, list[i].Content = slices.Clone(list[i].Record), nil
	}
	return list, nil
}

// SentContent implements store.Sent.
func (s *Store) SentContent(ctx context.Context, id string) ([]byte, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return slices.Clone(s.sent[id].Content), nil
}

// DropSent implements store.Sent.
func (s *Store) DropSent(ctx context.Context, id string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	delete(s.sent, id)
	return nil
}

// ForgetSent implements store.Sent.
func (s *Store) ForgetSent(ctx context.Context, before time.Time, bytes int64) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, sent := range s.newest() {
		if bytes -= int64(len(sent.Content)); bytes < 0 || sent.Made.Before(before) {
			delete(s.sent, sent.ID)
		}
	}
	return nil
}
