package failmail

import (
	"context"
	"slices"
	"time"

	"github.com/hut8labs/failmail/internal/overdue"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// What an operator asks of a running Proxy, and the page shows.

type (
	// An Outgoing is a summary, or another mail, that waits for delivery.
	Outgoing = store.Outgoing
	// A Heartbeat is a mail that only proves that the path works.
	Heartbeat = store.Heartbeat
	// A RelayState says how the relay is.
	RelayState = deliver.State
	// A Sent is a summary that left not long ago.
	Sent = render.Sent
)

// Ready returns why the Proxy refuses mails now, and what to do; nil if it takes
// them. What a 250 depends on, the store and Config.AllDir, is tried every few
// seconds, so that a failure is known within ten, whether mails come or not.
func (p *Proxy) Ready(context.Context) error {
	parts, err := p.running()
	if err != nil {
		return err
	}
	return parts.readiness.Err()
}

// Open returns what would be in the summaries that are being collected, without
// samples, the first due first.
func (p *Proxy) Open(ctx context.Context) ([]*Summary, error) {
	parts, err := p.running()
	if err != nil {
		return nil, err
	}
	return parts.summaries.Open(ctx)
}

// Summarizing returns the batch that has just been taken from those of Open and is
// not yet in the outbox; nil if there is none. It stays longer than a moment when
// the Renderer takes long or the store fails.
func (p *Proxy) Summarizing() *Summary {
	parts, err := p.running()
	if err != nil {
		return nil
	}
	return parts.summaries.Claimed()
}

// Flush makes the batch with the ID due now, or all of them for 0. It returns how
// many that are.
func (p *Proxy) Flush(ctx context.Context, batch int64) (int, error) {
	parts, err := p.running()
	if err != nil {
		return 0, err
	}
	now := time.Now()
	n, err := parts.store.Flush(ctx, batch, now)
	if n > 0 {
		parts.outbox.AskNow()
		parts.summaries.DueAt(now)
		p.log.Info("flushes batches because somebody asked for it", "batches", n)
	}
	return n, err
}

// Outbox returns what waits for delivery, without the mails, the next one first.
func (p *Proxy) Outbox(ctx context.Context) ([]Outgoing, error) {
	parts, err := p.running()
	if err != nil {
		return nil, err
	}
	return parts.store.Outgoing(ctx)
}

// Retry tries to deliver the summary with the ID now, or all of them for 0. It
// returns how many that are.
func (p *Proxy) Retry(ctx context.Context, id int64) (int, error) {
	parts, err := p.running()
	if err != nil {
		return 0, err
	}
	return parts.outbox.Retry(ctx, id)
}

// Heartbeats returns the last mail of each pattern of Config.Heartbeats that came.
func (p *Proxy) Heartbeats(ctx context.Context) ([]Heartbeat, error) {
	parts, err := p.running()
	if err != nil {
		return nil, err
	}
	all, err := parts.store.Heartbeats(ctx)
	return slices.DeleteFunc(all, func(h Heartbeat) bool { return overdue.IsOwn(h.Name) }), err
}

// Recent returns the last summaries, those of other nodes and of before a restart as well,
// the newest first, without what they say.
func (p *Proxy) Recent() []Sent { return p.recent.List() }

// FindSent returns the summary that is says is meant by its Message-ID, with what it says,
// among the last thousand of 14 days; nil if it is none of these.
func (p *Proxy) FindSent(ctx context.Context, is func(messageID string) bool) (*Sent, error) {
	if _, err := p.running(); err != nil {
		return nil, err
	}
	return p.recent.Find(ctx, is)
}

// PerMinute returns how many mails came in each minute of the last hour, the
// current one last.
func (p *Proxy) PerMinute() []int { return p.recent.PerMinute(time.Now()) }

// Relay returns where summaries go; and while it does not take them, since when,
// why, and when it is asked again.
func (p *Proxy) Relay() RelayState {
	if parts := p.parts.Load(); parts != nil {
		return parts.outbox.State()
	}
	return RelayState{Name: p.settings.relay()}
}
