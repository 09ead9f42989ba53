package summarize

import (
	"context"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// Bounds of how many entries it is looked up what is remembered of them: no more are named in a
// summary, and of those that are being collected, which people look at all the time.
const (
	maxRecords     = 1000
	maxOpenRecords = 100
)

// noteProblems tells summary what is remembered of its problems, and how many others are open.
// Without that a summary is made all the same.
func (s *Summarizer) noteProblems(ctx context.Context, summary *render.Summary, now time.Time) {
	told := len(s.open)
	for _, p := range s.noteRecords(ctx, maxRecords, summary) {
		if !endedAt(p).IsZero() && s.open[p.ID] {
			told--
		}
	}
	isOpen := true
	if _, open, err := s.config.Problems.Problems(ctx, store.ProblemQuery{Open: &isOpen, Now: now}); err != nil {
		s.log.Warn("cannot tell how many problems are open besides", "error", err)
	} else {
		summary.Elsewhere = max(open-told, 0)
	}
}

// noteRecords tells summaries what is remembered of their first problems, at most so many of all,
// and returns these.
func (s *Summarizer) noteRecords(ctx context.Context, most int, summaries ...*render.Summary) map[string]*store.Problem {
	var ids []string
	for _, summary := range summaries {
		ids = append(ids, summary.Problems(most-len(ids))...)
	}
	if len(ids) == 0 {
		return nil
	}
	known, err := s.config.Problems.KnownProblems(ctx, ids)
	if err != nil {
		s.log.Warn("cannot tell what people said of problems", "error", err)
		return nil
	}
	viewer := problem.Viewer{Families: s.config.Families, Redactor: s.config.Policy().Redactor}
	for _, summary := range summaries {
		when := func(t time.Time) string { return t.In(summary.Created.Location()).Format("2006-01-02 15:04") }
		summary.NoteRecords(func(v *render.Variant) (record render.Record) {
			if p := known[v.Problem]; p != nil {
				record = render.Record{Remarks: viewer.Remarks(p, when), Back: p.CameBack(v.First), Over: endedAt(p)}
			}
			return record
		})
	}
	return known
}

// endedAt returns when mails or people said that p is over; zero if something of it is not.
func endedAt(p *store.Problem) time.Time {
	if len(p.Things) == 0 || slices.ContainsFunc(p.Things, func(t store.ProblemThing) bool { return t.IsOpen() }) {
		return time.Time{}
	}
	return p.OverAt(p.Last)
}
