package failmail

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/dispatch"
	"github.com/hut8labs/failmail/internal/overdue"
	"github.com/hut8labs/failmail/internal/readiness"
	"github.com/hut8labs/failmail/internal/routine"
	"github.com/hut8labs/failmail/internal/summarize"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// The life of a mail, on one page: a flow archives and counts it; when its batch is due,
// summaries puts a summary of it into the outbox, from which outbox delivers that.
type flow struct {
	*base
	recorder  *store.Committer
	store     store.Memory
	summaries *summarize.Summarizer
	outbox    *dispatch.Dispatcher
	readiness *readiness.Monitor
	routine   *routine.Book
	overdue   *overdue.Watch
	wishes    wishes
	past      past
}

// accept takes responsibility for one mail: it is durable when accept returns
// nil, and only then does the client get its 250.
func (f *flow) accept(ctx context.Context, m *Message) error {
	err := f.take(ctx, m)
	switch {
	case err == nil:
		f.recent.Count(m.Received)
		f.rate.Count(m.Received)
	case ctx.Err() == nil:
		f.readiness.Refused(err, len(m.Raw))
	}
	return err
}

func (f *flow) take(ctx context.Context, m *Message) error {
	if f.archive != nil {
		if err := f.archive.Send(ctx, &deliver.Mail{From: m.From, To: m.To, Raw: m.Raw}); err != nil {
			f.metrics.archiveErrors.Inc()
			return asArchiveError(err)
		}
	}
	err := f.keep(ctx, m)
	if err != nil {
		f.metrics.storeErrors.Inc()
	}
	return err
}

func (f *flow) keep(ctx context.Context, m *Message) error {
	if err := f.put(ctx, m); err != nil {
		return err
	}
	f.note(ctx, m)
	return nil
}

// note tells those that expect m, and those that learn of it. It is durable already, so
// that an error is no reason to refuse it.
func (f *flow) note(ctx context.Context, m *Message) {
	list, counted := f.routine.List(), m.Meaning.Status != ""
	if !counted && len(list.Jobs()) > 0 {
		f.settings.Load().classifier.Said(m)
	}
	jobs := list.Of(m)
	if counted { // what only passes is not worth recognising to learn of it
		f.routine.Came(m, jobs)
	}
	if err := f.overdue.Came(ctx, m, jobs); err != nil {
		f.log.Warn("cannot note a mail that is expected", "id", m.ID, "error", err)
	}
}

func (f *flow) put(ctx context.Context, m *Message) error {
	if f.wishes.asksToPass(m, f.log) {
		return f.pass(ctx, m)
	}
	if pattern := f.heartbeat(m); pattern != "" {
		return f.beat(ctx, pattern, m)
	}
	if err := f.count(ctx, m); err != nil || !f.settings.config().RelayAll {
		return err
	}
	return f.pass(ctx, m)
}

// count adds m to its batch.
func (f *flow) count(ctx context.Context, m *Message) error {
	entries := f.settings.Load().classifier.Classify(m)
	if err := f.past.inherit(ctx, m, entries); err != nil {
		return err
	}
	if err := f.recorder.Record(ctx, entries...); err != nil {
		return err
	}
	f.metrics.recorded.Inc()
	entry := &entries[0]
	for i := range entries {
		f.summaries.DueAt(due(&entries[i]))
	}
	if f.log.Enabled(ctx, slog.LevelDebug) {
		f.log.Debug("counted a mail", "id", m.ID, "from", m.From, "client", m.RemoteAddr, "message_id", m.Header.Get("Message-ID"),
			"batch", entry.Batch, "group", entry.Group, "fingerprint", entry.Fingerprint)
	}
	return nil
}

// due returns when a batch with e may be due at the earliest.
func due(e *store.Entry) time.Time {
	switch {
	case e.Quiet > 0:
		return e.Received // it may be the first of its group
	case !e.MutedUntil.IsZero():
		return e.MutedUntil
	case !e.HeldUntil.IsZero():
		return e.HeldUntil
	}
	return e.Window.Due(e.Received, e.Received)
}

// pass puts a mail into the outbox as it is. It is durable when pass returns
// nil.
func (f *flow) pass(ctx context.Context, m *Message) error {
	now := time.Now()
	err := f.outbox.Enqueue(ctx, store.Outgoing{
		MessageID: strings.Trim(m.Header.Get("Message-ID"), "<> "), From: m.From, To: m.To, Mail: withTrace(m, f.settings.config().Hostname),
		Count: 1, Due: now, NextAt: now,
	})
	if err != nil {
		return err
	}
	f.metrics.passed.Inc()
	f.log.Info("passes a mail on unchanged", "id", m.ID, "recipients", len(m.To))
	return nil
}

// heartbeat returns the pattern that makes m a mail that only proves that the path
// works; empty if none does.
func (f *flow) heartbeat(m *Message) string {
	for _, pattern := range f.settings.config().Heartbeats {
		if pattern.MatchString(m.Subject()) {
			return pattern.String()
		}
	}
	return ""
}

// heartbeatOf returns what a heartbeat means.
func heartbeatOf(pattern string) meaning.Meaning {
	return meaning.Meaning{Status: meaning.OK, Severity: "info", Source: string(expect.Heartbeat), Object: pattern}
}

// beat notes a heartbeat: a good mail about its pattern, which is learned and expected as
// that of any other thing.
func (f *flow) beat(ctx context.Context, pattern string, m *Message) error {
	if err := f.store.NoteHeartbeat(ctx, pattern, m.Received); err != nil {
		return err
	}
	f.settings.Load().classifier.Said(m)
	m.Further = append(m.Further, m.Meaning) // others may expect it for what it says
	m.Meaning = heartbeatOf(pattern)
	f.metrics.beats.Inc()
	f.log.Debug("counted a heartbeat", "id", m.ID)
	return nil
}
