// Package pager sends a short mail past the batches when mails come too fast, and another
// one when that is over.
package pager

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/hut8labs/failmail/internal/ratewatch"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// lookEvery is how late the end of a storm is noticed, and keepEvery how
	// much of what was counted is lost when the process is killed.
	lookEvery = time.Second
	keepEvery = 5 * time.Second
)

// Config is what a Pager works with.
type Config struct {
	Watch     *ratewatch.Watch
	Policy    func() Policy // the one in force
	Enqueue   func(ctx context.Context, mails ...store.Outgoing) error
	Summaries func(ctx context.Context) ([]*render.Summary, error) // that are being collected
	Logger    *slog.Logger

	// Engine may be able to keep what was counted over a restart.
	Engine store.Store
	// Batches are those of Engine.
	Batches store.Batches
}

// A Policy says whom to page, and as whom.
type Policy struct {
	Origin render.Origin
	To     string
}

// A Pager pages. Its methods are safe for concurrent use.
type Pager struct {
	config   Config
	notebook store.Notebook // nil if the engine has none
	shared   bool           // what is counted in the batches is of other processes, too
}

// New returns a Pager that does nothing until Run.
func New(config Config) *Pager {
	p := &Pager{config: config}
	p.notebook, _ = config.Engine.(store.Notebook)
	_, p.shared = config.Engine.(store.Clock)
	return p
}

// note is the name under which a Pager keeps what it has counted: each of several on one
// store counts for itself.
func (p *Pager) note() string { return "rate " + p.config.Policy().Origin.Mark }

// Run sends the mails until ctx ends.
func (p *Pager) Run(ctx context.Context) {
	defer p.keep(context.WithoutCancel(ctx))
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	kept := time.Now()
	for {
		if !p.config.Watch.Idle() {
			timer.Reset(lookEvery)
		}
		select {
		case <-ctx.Done():
			return
		case <-p.config.Watch.Begun():
		case <-timer.C:
		}
		storm, news := p.config.Watch.News(time.Now())
		if news || time.Since(kept) >= keepEvery {
			kept = time.Now()
			p.keep(ctx) // before the page: a process that is killed now pages at its next start
		}
		if !news {
			continue
		}
		if err := p.page(ctx, storm); err != nil {
			if ctx.Err() == nil {
				p.config.Logger.Error("cannot page yet, will try again; the summaries go on", "pager", p.config.Policy().To, "error", err)
			}
			continue
		}
		p.config.Watch.Told()
		p.keep(ctx)
	}
}

func (p *Pager) keep(ctx context.Context) {
	if p.notebook == nil {
		return
	}
	text, changed, err := p.config.Watch.State(time.Now())
	if err == nil && changed {
		err = p.notebook.Note(ctx, p.note(), text)
	}
	if err != nil && ctx.Err() == nil {
		p.config.Logger.Warn("cannot keep what was counted for the pager; after a restart the count begins anew", "error", err)
	}
}

// Recall takes up what was counted before the last restart.
func (p *Pager) Recall(ctx context.Context) error {
	if limit, _ := p.config.Watch.Limit(); p.notebook == nil || limit <= 0 {
		return nil
	}
	text, err := p.notebook.Noted(ctx, p.note())
	if err != nil {
		return fmt.Errorf("read store: %w", err)
	}
	if err := p.config.Watch.Restore(text, time.Now()); err != nil {
		p.config.Logger.Warn("the count for the pager begins anew", "error", err)
	}
	if p.shared {
		return nil
	}
	batches, err := p.config.Batches.Open(ctx)
	if err != nil {
		return fmt.Errorf("read store: %w", err)
	}
	mails := make(map[int64]int)
	for _, b := range batches {
		for _, g := range b.Groups {
			for minute, n := range g.Minutes {
				mails[minute] += n
			}
		}
	}
	p.config.Watch.Recount(mails, time.Now())
	return nil
}

// page puts a short mail into the outbox, past the batches.
func (p *Pager) page(ctx context.Context, storm ratewatch.Storm) error {
	now := time.Now()
	limit, window := p.config.Watch.Limit()
	subject, text := write(storm, limit, window, p.foremost(ctx))
	mail, err := render.Notice(p.config.Policy().Origin, p.config.Policy().To, subject, text, now)
	if err != nil {
		return err
	}
	err = p.config.Enqueue(ctx, store.Outgoing{
		MessageID: mail.MessageID, From: mail.From, To: mail.To, Mail: mail.Raw, Due: now, NextAt: now,
	})
	if err != nil {
		return err
	}
	p.config.Logger.Warn("paged", "pager", p.config.Policy().To, "over", storm.Over(), "mails", storm.Mails, "message_id", mail.MessageID)
	return nil
}

// A top is what a page names.
type top struct {
	state render.State
	title string
	mails int
}

// foremost returns the error that the next summaries show first, without secrets; the zero
// value if there is none, or the store does not answer: the page must not wait for that.
func (p *Pager) foremost(ctx context.Context) top {
	summaries, err := p.config.Summaries(ctx)
	if err != nil {
		return top{}
	}
	title, v := render.Foremost(summaries...)
	return top{v.News.State, title, v.Count}
}
