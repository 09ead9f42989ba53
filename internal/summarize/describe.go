package summarize

import (
	"context"
	"errors"
	"time"

	"github.com/hut8labs/failmail/internal/foreign"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// Open returns what would be in the summaries that are being collected, without
// samples, the first due first.
func (s *Summarizer) Open(ctx context.Context) ([]*render.Summary, error) {
	batches, err := s.config.Batches.Open(ctx)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	summaries := make([]*render.Summary, len(batches))
	for i, b := range batches {
		summaries[i] = s.describe(batch.Present(b, s.config.Families), now)
	}
	s.noteRecords(ctx, maxOpenRecords, summaries...)
	return summaries, nil
}

// Claimed returns the batch that is taken from those of Open and not yet in the outbox,
// without samples; nil if there is none.
func (s *Summarizer) Claimed() *render.Summary {
	b := s.claimed.Load()
	if b == nil {
		return nil
	}
	return s.describe(withoutSamples(b), time.Now())
}

// withoutSamples returns b as Open does: to decode samples each second would cost
// more than to send them.
func withoutSamples(b *store.Batch) *store.Batch {
	bare := *b
	bare.Groups = make([]*store.Group, len(b.Groups))
	for i, g := range b.Groups {
		group := *g
		group.Variants = make([]*store.Variant, len(g.Variants))
		for j, v := range g.Variants {
			variant := *v
			variant.Sample = nil
			group.Variants[j] = &variant
		}
		bare.Groups[i] = &group
	}
	return &bare
}

// describe describes b, as batch.Present lays it out, without secrets.
func (s *Summarizer) describe(b *store.Batch, now time.Time) *render.Summary {
	policy := s.config.Policy()
	summary := render.NewSummary(b, policy.Origin, now)
	summary.MaxBytes = s.config.Relay.MaxBytes(b.Key, now)
	if !summary.HeldSince.IsZero() {
		summary.HeldWhy = s.config.Relay.Trouble()
	}
	if !b.Early {
		s.ahead.tell(summary, b)
	}
	s.incidents.tell(summary)
	summary.Redact(policy.Redactor)
	return summary
}

// render calls the Renderer, and the standard one if that fails.
func (s *Summarizer) render(ctx context.Context, summary *render.Summary) (*message.Mail, error) {
	mail, err := try(ctx, s.config.Policy().Renderer, summary)
	if err != nil && ctx.Err() == nil {
		s.log.Error("the renderer failed, using the standard one", "batch", summary.Batch, "error", err)
		mail, err = try(ctx, render.Standard{}, summary)
	}
	if err != nil {
		return nil, err
	}
	complete := *mail
	if complete.From == "" {
		complete.From = summary.From
	}
	if complete.To == nil {
		complete.To = summary.To
	}
	if complete.MessageID == "" {
		complete.MessageID = summary.MessageID
	}
	return &complete, nil
}

func try(ctx context.Context, r render.Renderer, s *render.Summary) (*message.Mail, error) {
	mail, err := foreign.Call(ctx, "renderer", func() (*message.Mail, error) { return r.Render(ctx, s) })
	if err == nil && (mail == nil || len(mail.Raw) == 0) {
		err = errors.New("renderer returned no mail")
	}
	return mail, err
}
