package recent

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"slices"

	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// maxContent bounds what is read of a summary, in bytes.
const maxContent = 64 << 20

// maxKept is among how many summaries, the newest ones, one is found.
const maxKept = 1000

// find returns the summaries that are kept, the newest first, of which is says that they are
// meant, at most so many, and the store that has them.
func (r *Summaries) find(ctx context.Context, most int, is func(s *store.SentSummary) bool) (found []render.Sent, kept store.Sent, err error) {
	r.mu.Lock()
	kept = r.store
	r.mu.Unlock()
	if kept == nil {
		return nil, nil, nil
	}
	list, err := kept.ListSent(ctx, maxKept)
	for i := range list {
		if len(found) == most {
			break
		}
		if one := (render.Sent{}); is(&list[i]) && json.Unmarshal(list[i].Record, &one) == nil {
			one.MessageID, one.Made = list[i].ID, list[i].Made
			found = append(found, one)
		}
	}
	return found, kept, err
}

// About returns the summaries, the newest first and at most so many, that tell of a problem with
// one of the IDs.
func (r *Summaries) About(ctx context.Context, most int, ids ...string) ([]render.Sent, error) {
	found, _, err := r.find(ctx, most, func(s *store.SentSummary) bool {
		return slices.ContainsFunc(ids, func(id string) bool { return bytes.Contains(s.Record, []byte(`"`+id+`"`)) })
	})
	return found, err
}

// Find returns a summary that is listed, or is one of the last thousand, with what it says;
// nil if there is none. is says which.
func (r *Summaries) Find(ctx context.Context, is func(messageID string) bool) (*render.Sent, error) {
	all, kept, err := r.find(ctx, 1, func(s *store.SentSummary) bool { return is(s.ID) })
	if err != nil || len(all) == 0 {
		return nil, err
	}
	found := all[0]
	zipped, err := kept.SentContent(ctx, found.MessageID)
	if err != nil || len(zipped) == 0 {
		return &found, err
	}
	text, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return &found, nil
	}
	var says content
	if err := json.NewDecoder(io.LimitReader(text, maxContent)).Decode(&says); err == nil {
		found.HTML, found.Text = says.HTML, says.Text
	}
	return &found, nil
}
