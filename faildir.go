package failmail

import (
	"context"
	"errors"

	"github.com/hut8labs/failmail/internal/dispatch"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// What lies in the fail-dir: it is counted and listed as it is there, so that the
// numbers are right after a restart, and after an operator has deleted something.

type (
	// A Failed is a mail in the fail-dir.
	Failed = deliver.Stored

	// A ResendResult says what became of mails of the fail-dir.
	ResendResult = deliver.ResendResult
)

// maxFailed bounds the mails that Failed returns.
const maxFailed = 1000

// Failed returns the newest mails in the fail-dir, at most 1,000, and how many there
// are. A mail that cannot be read is among them, with its Problem. Failed works
// before Start and after Shutdown too.
func (p *Proxy) Failed(context.Context) (newest []Failed, total int, err error) {
	newest, total, err = p.failDir.List(maxFailed)
	var tried map[string]string
	if parts := p.parts.Load(); parts != nil {
		tried = parts.outbox.TriedAgain(newest)
	}
	for i := range newest {
		f := &newest[i]
		if reason := tried[f.Name]; reason != "" {
			f.Reason = reason
		}
		if redactor := p.settings.config().Redactor; redactor != nil { // a mail that passes may have any subject
			f.Subject = redactor.Text(f.Subject)
		}
	}
	return newest, total, err
}

// Resend sends the mails in the fail-dir that have these names again, or all of them
// without one, each once however many ask for it at a time (see
// [deliver.Maildir.Resend], which failmail resend uses as well). It returns when all
// were tried, when ctx or the Proxy ends, or when the relay cannot be reached. The
// error is not about a mail.
func (p *Proxy) Resend(ctx context.Context, names ...string) (result ResendResult, err error) {
	parts, err := p.running()
	if err != nil {
		return result, err
	}
	result, err = parts.outbox.Resend(ctx, func(r deliver.Resent) {
		p.metrics.deliveries.WithLabelValues(string(dispatch.Sent)).Inc()
		p.recent.Became(r.Mail.MessageID, string(dispatch.Sent), nil)
	}, names...)
	if errors.Is(err, dispatch.ErrStopped) {
		err = ErrNotRunning
	}
	return result, err
}
