package dispatch

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

// ErrStopped is returned by Resend after StopResending.
var ErrStopped = errors.New("stopped")

// Resend sends the mails in the fail-dir that have these names again, or all of them
// without one, each once however many ask for it at a time, and each in its turn among
// the summaries. It calls sent for each that the relay took, and returns when all were
// tried, when ctx ends or StopResending is called, or when the relay cannot be reached.
// The error is not about a mail.
func (d *Dispatcher) Resend(ctx context.Context, sent func(deliver.Resent), names ...string) (result deliver.ResendResult, err error) {
	ctx, done, err := d.resends.begin(ctx)
	if err != nil {
		return result, err
	}
	defer done()
	last := deliver.Resent{}
	err = d.config.FailDir.Resend(ctx, deliver.SenderFunc(d.sendInTurn), func(r deliver.Resent) {
		last = r
		elsewhere := errors.Is(r.Err, deliver.ErrGone) || errors.Is(r.Err, deliver.ErrBusy)
		switch {
		case r.Err == nil:
			result.Sent++
			d.log.Info("sent a mail of the fail-dir", "file", r.File, "message_id", r.Mail.MessageID, "recipients", len(r.Mail.To))
			sent(r)
		case elsewhere && len(names) == 0: // another one was faster
			return
		case !elsewhere:
			result.Left++
			d.resends.failed(r.Name, r.Err)
			d.log.Warn("cannot send a mail of the fail-dir, it stays there", "file", r.File, "error", r.Err)
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

// StopResending ends the calls of Resend under way, and returns when they have ended.
func (d *Dispatcher) StopResending() { d.resends.stop() }

// TriedAgain returns why mails of the fail-dir did not go again, by their names, as far
// as there is one of them.
func (d *Dispatcher) TriedAgain(there []deliver.Stored) map[string]string {
	return d.resends.reasons(there)
}

func (d *Dispatcher) sendInTurn(ctx context.Context, m *deliver.Mail) error {
	return d.slots.do(ctx, d.parallel, func() error { return d.call(ctx, m) })
}

// resends are the calls of Resend under way.
type resends struct {
	life    context.Context // ends with stop
	end     context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	tried   map[string]string // why a mail of the fail-dir did not go again, by its name
}

// begin returns a context that ends with stop, too, which waits for done.
func (r *resends) begin(ctx context.Context) (limited context.Context, done func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return nil, nil, ErrStopped
	}
	limited, cancel := context.WithCancel(ctx)
	unbind := context.AfterFunc(r.life, cancel)
	r.running.Add(1)
	return limited, func() {
		unbind()
		cancel()
		r.running.Done()
	}, nil
}

func (r *resends) stop() {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.end()
	r.running.Wait()
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
func (r *resends) reasons(there []deliver.Stored) map[string]string {
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
