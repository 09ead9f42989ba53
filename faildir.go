package failmail

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

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
	tried := p.resends.reasons(newest)
	for i := range newest {
		f := &newest[i]
		if reason := tried[f.Name]; reason != "" {
			f.Reason = reason
		}
		if redactor := p.conf().Redactor; redactor != nil { // a mail that passes may have any subject
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
	ctx, done, err := p.beginResend(ctx)
	if err != nil {
		return result, err
	}
	defer done()
	last := deliver.Resent{}
	err = p.failDir.Resend(ctx, deliver.SenderFunc(p.sendAgain), func(r deliver.Resent) {
		last = r
		elsewhere := errors.Is(r.Err, deliver.ErrGone) || errors.Is(r.Err, deliver.ErrBusy)
		switch {
		case r.Err == nil:
			result.Sent++
			p.noteResent(r)
		case elsewhere && len(names) == 0: // another one was faster
			return
		case !elsewhere:
			result.Left++
			p.resends.failed(r.Name, r.Err)
			p.log.Warn("cannot send a mail of the fail-dir, it stays there", "file", r.File, "error", r.Err)
		}
		if result.Err == nil {
			result.Err = r.Err
		}
	}, names...)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // it is made when it is first needed
	}
	result.Left += last.Total - last.Done
	return result, err
}

// sendAgain takes its turn among the summaries.
func (p *Proxy) sendAgain(ctx context.Context, m *Mail) (err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	sender := p.settings.Load().sender
	p.attempts.do(p.parallel(), func() { err = doWithin(ctx, "sender", func() error { return sender.Send(ctx, m) }) })
	return err
}

func (p *Proxy) noteResent(r deliver.Resent) {
	p.metrics.deliveries.WithLabelValues(resultSent).Inc()
	p.recent.became(r.Mail.MessageID, resultSent, nil)
	p.log.Info("sent a mail of the fail-dir", "file", r.File, "message_id", r.Mail.MessageID, "recipients", len(r.Mail.To))
}

// beginResend returns a context that ends with the Proxy too, which waits for done.
func (p *Proxy) beginResend(ctx context.Context) (limited context.Context, done func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != running {
		return nil, nil, ErrNotRunning
	}
	limited, cancel := context.WithCancel(ctx)
	unbind := context.AfterFunc(p.resends.life, cancel)
	p.resends.running.Add(1)
	return limited, func() {
		unbind()
		cancel()
		p.resends.running.Done()
	}, nil
}

// resends are the calls of Resend under way.
type resends struct {
	life    context.Context // ends when the Proxy begins to stop
	running sync.WaitGroup

	mu    sync.Mutex
	tried map[string]string // why a mail of the fail-dir did not go again, by its name
}

// start returns the clean-up.
func (r *resends) start() func(context.Context) error {
	life, end := context.WithCancel(context.Background())
	r.life = life
	return func(context.Context) error {
		end()
		r.running.Wait()
		return nil
	}
}

func (r *resends) failed(name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tried == nil {
		r.tried = make(map[string]string)
	}
	r.tried[name] = "tried again at " + time.Now().Format("15:04:05") + ": " + err.Error()
}

// reasons returns what is known of those that still lie there, and forgets the rest.
func (r *resends) reasons(there []Failed) map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	tried := make(map[string]string)
	for _, f := range there {
		if reason := r.tried[f.Name]; reason != "" {
			tried[f.Name] = reason
		}
	}
	r.tried = tried
	return tried
}
