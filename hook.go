package failmail

import (
	"context"
	"time"
)

// An Event tells Config.OnSummary what became of a summary.
type Event struct {
	Event     string      `json:"event"` // "sent", or "failed": it is in the fail-dir
	Time      time.Time   `json:"time"`
	MessageID string      `json:"message_id"`
	Batch     string      `json:"batch"`
	Subject   string      `json:"subject"`
	To        []string    `json:"to"`
	Count     int         `json:"count"`  // mails it stands for
	Groups    int         `json:"groups"` // headlines
	Error     string      `json:"error,omitempty"`
	Headlines []EventLine `json:"headlines"` // empty for a summary made before the last start
}

// An EventLine is one headline of a summary.
type EventLine struct {
	Title string    `json:"title"`
	State string    `json:"state"` // NEW, ONGOING or BACK
	Count int       `json:"count"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// maxEvents bounds the events that wait for a hook that is slow.
const maxEvents = 100

// tell queues what became of a summary for Config.OnSummary. It never blocks: a
// hook must not hold deliveries up.
func (p *Proxy) tell(o *Outgoing, result string, err error) {
	if p.conf().OnSummary == nil || o.Batch == "" && o.Groups == 0 && !o.Folds {
		return
	}
	e := Event{
		Event: result, Time: time.Now(), MessageID: o.MessageID, Batch: o.Batch, To: o.To, Count: o.Count, Groups: o.Groups,
		Headlines: p.recent.headlines(o.MessageID),
	}
	e.Subject = p.conf().Redactor.Text(subjectOf(o.Mail))
	if err != nil {
		e.Error = err.Error()
	}
	select {
	case p.events <- e:
	default:
		p.metrics.hookErrors.Inc()
		p.log.Error("the hook is too slow, it is not told of a summary; make it quicker, or lower --on-summary-timeout", "message_id", o.MessageID, "waiting", maxEvents)
	}
}

// runHooks calls Config.OnSummary, one call at a time.
func (p *Proxy) runHooks(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-p.events:
			if err := p.runHook(ctx, e); err != nil && ctx.Err() == nil {
				p.metrics.hookErrors.Inc()
				p.log.Error("the hook failed; the summary is not affected", "message_id", e.MessageID, "error", err)
			}
		}
	}
}

func (p *Proxy) runHook(ctx context.Context, e Event) (err error) {
	defer recoverTo(&err, "hook")
	return p.conf().OnSummary(ctx, e)
}
