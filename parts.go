package failmail

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/hut8labs/failmail/internal/dispatch"
	"github.com/hut8labs/failmail/internal/learning"
	"github.com/hut8labs/failmail/internal/overdue"
	"github.com/hut8labs/failmail/internal/pager"
	"github.com/hut8labs/failmail/internal/readiness"
	"github.com/hut8labs/failmail/internal/report"
	"github.com/hut8labs/failmail/internal/routine"
	"github.com/hut8labs/failmail/internal/summarize"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/steady"
)

// parts are what a Proxy runs on its store.
type parts struct {
	addr      net.Addr    // the first one that mails are received on; may be nil
	engine    store.Store // behind store
	store     *steady.Store
	flow      *flow
	readiness *readiness.Monitor
	summaries *summarize.Summarizer
	outbox    *dispatch.Dispatcher
	pager     *pager.Pager
	learner   *learning.Learner
	keeper    *housekeeper
	routine   *routine.Book
	overdue   *overdue.Watch
	reporter  *report.Reporter
	reported  report.Source // what it tells
}

// newParts wires them: what flow counts becomes summaries, which go through outbox. Its flow
// takes mails until the recorder is closed.
func newParts(b *base, kept *steady.Store) *parts {
	seen := &observer{settings: b.settings, metrics: b.metrics, recent: b.recent, hooks: b.hooks}
	p := &parts{
		engine: kept.Engine(), store: kept,
		readiness: readiness.New(b.log, dependencies(b.archive, kept.Engine())...),
		learner:   learning.New(b.settings.Load().classifier.Families, kept, b.log),
	}
	_, shared := kept.Engine().(store.Clock)
	p.keeper = &housekeeper{settings: b.settings, store: kept, problems: kept, sent: kept, learner: p.learner, shared: shared, log: b.log}
	notebook, _ := kept.Engine().(store.Notebook)
	p.outbox = dispatch.New(dispatch.Config{
		Outbox: kept, Notebook: notebook, FailDir: b.failDir, Policy: b.settings.delivery, Observer: seen, Logger: b.log,
	})
	p.summaries = summarize.New(summarize.Config{
		Batches: kept, Relay: p.outbox, Policy: b.settings.summaries, Made: seen.made, Logger: b.log,
		Problems: kept, Learn: p.learner.Sync, Families: b.settings.Load().classifier.Families,
	})
	seen.summarizeAt = p.summaries.DueAt
	p.pager = pager.New(pager.Config{
		Watch: b.rate, Policy: b.settings.pages, Enqueue: p.outbox.Enqueue, Summaries: p.summaries.Open, Logger: b.log,
		Engine: kept.Engine(), Batches: kept,
	})
	p.flow = &flow{base: b, store: kept, summaries: p.summaries, outbox: p.outbox, readiness: p.readiness}
	p.routine = routine.New(routine.Config{
		Notebook: notebook, Settings: b.settings.expected, Alarm: func() bool { return b.settings.config().ExpectLearned },
		Redact: func(text string) string { return b.settings.config().Redactor.Text(text) }, Zone: time.Local, Logger: b.log,
	})
	p.flow.routine = p.routine
	p.overdue = overdue.New(overdue.Config{
		Store: kept, Engine: kept.Engine(), List: p.routine.List, Last: p.routine.Last, Submit: p.flow.count,
		From: func() string { return b.settings.origin().From }, Logger: b.log,
	})
	p.flow.overdue = p.overdue
	p.reported = report.Source{
		Problems: func(ctx context.Context, question string, most int) ([]problem.Problem, int, error) {
			return askProblems(ctx, kept, b.settings, question, 0, most)
		},
		Expected: p.overdue.States,
		Mutes:    func(ctx context.Context) ([]store.Mute, error) { return kept.Mutes(ctx, time.Now()) },
	}
	p.reporter = report.New(report.Config{
		Policy: b.settings.reporting, Source: p.reported, Once: kept.EnqueueOnce, Noted: notedBy(kept.Engine()), Sent: p.outbox.DueAt, Logger: b.log,
	})
	return p
}

// notedBy returns what reads the notes of an engine.
func notedBy(engine store.Store) func(ctx context.Context, name string) (string, error) {
	if notebook, ok := engine.(store.Notebook); ok {
		return notebook.Noted
	}
	return func(context.Context, string) (string, error) {
		return "", errors.New("this Store keeps no notes, which a report needs; see store.Notebook")
	}
}
