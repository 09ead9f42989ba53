package failmail

import (
	"strconv"
	"time"

	"github.com/hut8labs/failmail/internal/dispatch"
	"github.com/hut8labs/failmail/internal/hook"
	"github.com/hut8labs/failmail/internal/recent"
	"github.com/hut8labs/failmail/pkg/store"
)

// An observer tells the metrics, the page and the hook what becomes of summaries.
type observer struct {
	settings    *current
	metrics     *metrics
	recent      *recent.Recent
	hooks       *hook.Queue
	summarizeAt func(time.Time)
}

var _ dispatch.Observer = (*observer)(nil)

// made notes a summary that is in the outbox.
func (o *observer) made(s *Summary, mail *Mail) {
	o.metrics.summaries.Inc()
	o.recent.Made(s, mail, o.settings.config().Renderer)
}

// Became implements dispatch.Observer.
func (o *observer) Became(mail *store.Outgoing, result dispatch.Result, err error) {
	o.metrics.deliveries.WithLabelValues(string(result)).Inc()
	o.recent.Became(mail.MessageID, string(result), err)
	summary := mail.Batch != "" || mail.Groups > 0 || mail.CanReopen
	if !summary || result == dispatch.Postponed || o.settings.config().OnSummary == nil {
		return
	}
	parsed := NewMessage("", nil, mail.Mail)
	figure := func(name string) int {
		n, _ := strconv.Atoi(parsed.Header.Get("X-Failmail-" + name)) // a Renderer may leave it out
		return n
	}
	e := Event{
		Open: figure("Open"), New: figure("New"), Over: figure("Over"), OK: figure("Ok"),
		Event: string(result), Time: time.Now(), MessageID: mail.MessageID, Batch: mail.Batch, To: mail.To,
		Subject: o.settings.config().Redactor.Text(parsed.Subject()),
		Count:   mail.Count, Groups: mail.Groups, Headlines: o.recent.Headlines(mail.MessageID),
	}
	if err != nil {
		e.Error = err.Error()
	}
	o.hooks.Tell(e)
}

// Reopened implements dispatch.Observer.
func (o *observer) Reopened(mail *store.Outgoing) {
	o.metrics.folds.Inc()
	o.recent.Forget(mail.MessageID)
}

// Unkept implements dispatch.Observer.
func (o *observer) Unkept() { o.metrics.failDirErrors.Inc() }

// SummarizeAt implements dispatch.Observer.
func (o *observer) SummarizeAt(t time.Time) { o.summarizeAt(t) }
