package failmail

import (
	"context"
	"net/url"
	"slices"
	"sync"
	"time"

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

// Open returns what would be in the summaries that are being collected, without
// samples, the first due first.
func (p *Proxy) Open(ctx context.Context) ([]*Summary, error) {
	if err := p.running(); err != nil {
		return nil, err
	}
	batches, err := p.store.Open(ctx)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	summaries := make([]*Summary, len(batches))
	for i, b := range batches {
		summaries[i] = p.newSummary(b, now)
	}
	return summaries, nil
}

// Summarizing returns the batch that has just been taken from those of Open and is
// not yet in the outbox; nil if there is none. It stays longer than a moment when
// the Renderer takes long or the store fails.
func (p *Proxy) Summarizing() *Summary {
	b := p.claimed.Load()
	if b == nil {
		return nil
	}
	return p.newSummary(withoutSamples(b), time.Now())
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

// Flush makes the batch with the ID due now, or all of them for 0. It returns how
// many that are.
func (p *Proxy) Flush(ctx context.Context, batch int64) (int, error) {
	if err := p.running(); err != nil {
		return 0, err
	}
	now := time.Now()
	n, err := p.store.Flush(ctx, batch, now)
	if n > 0 {
		p.breaker.probe()
		p.flushing.DueAt(now)
		p.log.Info("flushes batches because somebody asked for it", "batches", n)
	}
	return n, err
}

// Outbox returns what waits for delivery, without the mails, the next one first.
func (p *Proxy) Outbox(ctx context.Context) ([]Outgoing, error) {
	if err := p.running(); err != nil {
		return nil, err
	}
	return p.store.Outgoing(ctx)
}

// Retry tries to deliver the summary with the ID now, or all of them for 0. It
// returns how many that are.
func (p *Proxy) Retry(ctx context.Context, id int64) (int, error) {
	if err := p.running(); err != nil {
		return 0, err
	}
	now := time.Now()
	p.breaker.probe()
	n, err := p.store.Retry(ctx, id, now)
	p.sending.DueAt(now)
	p.flushing.DueAt(now)
	return n, err
}

// Heartbeats returns the last mail of each pattern of Config.Heartbeats that came.
func (p *Proxy) Heartbeats(ctx context.Context) ([]Heartbeat, error) {
	if err := p.running(); err != nil {
		return nil, err
	}
	return p.store.Heartbeats(ctx)
}

// Recent returns the last summaries of this process, the newest first.
func (p *Proxy) Recent() []Sent { return p.recent.list() }

// PerMinute returns how many mails came in each minute of the last hour, the
// current one last.
func (p *Proxy) PerMinute() []int { return p.recent.perMinute(time.Now()) }

// Relay returns where summaries go; and while it does not take them, since when,
// why, and when it is asked again.
func (p *Proxy) Relay() RelayState {
	var s RelayState
	if p.conf().Sender == nil {
		s.Name = p.conf().Relay
	}
	if u, err := url.Parse(s.Name); err == nil && u.User != nil {
		s.Name = u.Redacted() // a password is nobody's to see
	}
	s.DownSince, s.NextTry = p.breaker.down()
	if err := p.breaker.why(); err != nil {
		s.Error = err.Error()
	}
	return s
}

const (
	maxRecent     = 30
	minutesOfRate = 60
	// maxPreviews bounds the memory for what Recent can show, in bytes: one
	// summary of a thousand errors may have megabytes.
	maxPreviews = 16 << 20
)

// recent is what the page shows of the time since the start.
type recent struct {
	mu      sync.Mutex
	sent    []Sent                 // the oldest first
	lines   map[string][]EventLine // of sent, by Message-ID
	minutes [minutesOfRate]int
	start   time.Time // of minute 0, by the monotonic clock, which nobody sets
	newest  int64     // the minute of the last count
}

func (r *recent) count(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.move(now)
	r.minutes[r.newest%minutesOfRate]++
}

func (r *recent) move(now time.Time) {
	if r.start.IsZero() {
		r.start = now.Add(-minutesOfRate*time.Minute - time.Duration(now.Second())*time.Second)
	}
	minute := int64(now.Sub(r.start) / time.Minute)
	for m := max(r.newest+1, minute-minutesOfRate+1); m <= minute; m++ {
		r.minutes[m%minutesOfRate] = 0
	}
	r.newest = max(r.newest, minute)
}

func (r *recent) perMinute(now time.Time) []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.move(now)
	line := make([]int, minutesOfRate)
	for i := range line {
		line[i] = r.minutes[(r.newest+1+int64(i))%minutesOfRate]
	}
	return line
}

// made notes a summary that is on its way.
func (r *recent) made(s Sent, lines []EventLine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lines == nil {
		r.lines = make(map[string][]EventLine)
	}
	r.lines[s.MessageID] = lines
	if len(r.sent) == maxRecent {
		delete(r.lines, r.sent[0].MessageID)
		r.sent = append(r.sent[:0], r.sent[1:]...)
	}
	r.sent = append(r.sent, s)
	kept := 0
	for i := range slices.Backward(r.sent) {
		kept += len(r.sent[i].HTML) + len(r.sent[i].Text)
		if kept > maxPreviews && i < len(r.sent)-1 {
			r.sent[i].HTML, r.sent[i].Text = nil, ""
		}
	}
}

// forget removes a summary that was folded into its batch.
func (r *recent) forget(messageID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.sent {
		if r.sent[i].MessageID == messageID {
			r.sent = append(r.sent[:i], r.sent[i+1:]...)
			delete(r.lines, messageID)
			return
		}
	}
}

// became notes what happened to a summary.
func (r *recent) became(messageID, result string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.sent {
		if r.sent[i].MessageID == messageID {
			r.sent[i].Result = result
			if r.sent[i].Error = ""; err != nil {
				r.sent[i].Error = err.Error()
			}
		}
	}
}

// headlines returns those of a summary; nil if it is not known any more.
func (r *recent) headlines(messageID string) []EventLine {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lines[messageID]
}

func (r *recent) list() []Sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Sent, len(r.sent))
	for i := range r.sent {
		list[len(list)-1-i] = r.sent[i]
	}
	return list
}

// newSummary describes b without secrets.
func (p *Proxy) newSummary(b *store.Batch, now time.Time) *Summary {
	s := render.NewSummary(b, p.origin(), now)
	s.MaxBytes = p.maxBytes(b.Key, now)
	if !s.HeldSince.IsZero() {
		s.HeldWhy = troubleOf(p.breaker.lastly())
	}
	if !b.Early {
		p.ahead.tell(s, b)
	}
	s.Redact(p.conf().Redactor)
	return s
}
