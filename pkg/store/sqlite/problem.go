package sqlite

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// problems are the store.ProblemTable of a Store, in its transaction.
type problems struct{ *Store }

var _ store.ProblemTable = problems{}

// Load implements store.ProblemTable. What cannot be read is as unknown: it must not keep
// mails from being counted.
func (s problems) Load(ids []string) (map[string]*store.Problem, error) {
	found := make(map[string]*store.Problem, len(ids))
	for _, id := range ids {
		_, err := s.stmt.problem.row(func(r *sqlite3.Stmt) {
			if p, err := store.DecodeProblem(r.ColumnRawBlob(0), s.limits.ResolveAfter); err == nil {
				found[id] = p
			}
		}, id)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// About implements store.ProblemTable.
func (s problems) About(things []meaning.Thing) (ids []string, err error) {
	for _, t := range things {
		err := s.stmt.aboutThing.rows(func(r *sqlite3.Stmt) { ids = append(ids, r.ColumnText(0)) }, clean(t.Source), clean(t.Sender), clean(t.Object))
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// History implements store.ProblemTable.
func (s problems) History(fingerprints []string) (map[string]store.Seen, error) {
	found := make(map[string]store.Seen)
	for _, f := range fingerprints {
		_, err := s.stmt.history.row(func(r *sqlite3.Stmt) {
			found[f] = store.Seen{First: columnTime(r, 0), Last: columnTime(r, 1), Count: r.ColumnInt(2)}
		}, f)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Save implements store.ProblemTable.
func (s problems) Save(changed []*store.Problem, samples []store.ProblemSample) error {
	for _, p := range changed {
		if err := s.save(p); err != nil {
			return err
		}
	}
	if full, err := s.full(); err != nil || full {
		return err
	}
	for _, sample := range samples {
		if err := s.stmt.saveSample.exec(sample.Problem, sample.Slot, sample.At, sample.Mail); err != nil {
			return err
		}
	}
	return nil
}

func (s problems) save(p *store.Problem) error {
	record, err := store.EncodeProblem(p)
	if err != nil {
		return err
	}
	row := p.Row()
	var number int64
	_, err = s.stmt.saveProblem.row(func(r *sqlite3.Stmt) { number = r.ColumnInt64(0) },
		p.ID, clean(p.Fingerprint), clean(row.Text), clean(row.Hosts), clean(row.Source), clean(row.Objects), clean(row.Owner),
		row.Lasting, orZero(row.Bad), row.Acked, orZero(p.MutedUntil), row.First, p.Last)
	if err != nil {
		return err
	}
	if err := s.stmt.saveRecord.exec(number, record); err != nil {
		return err
	}
	for _, t := range p.Named() {
		if err := s.stmt.saveThing.exec(clean(t.Source), clean(t.Sender), clean(t.Object), number); err != nil {
			return err
		}
	}
	return nil
}

// Remove implements store.ProblemTable.
func (s problems) Remove(id, became string) error {
	if became != "" {
		for _, move := range []*statement{&s.stmt.moveSamples, &s.stmt.moveAliases, &s.stmt.saveAlias} {
			if err := move.exec(id, became); err != nil {
				return err
			}
		}
	}
	return s.stmt.removeProblem.exec(id)
}

// Release implements store.ProblemTable.
func (s problems) Release(id string) error { return s.stmt.releaseAlias.exec(id) }

// orZero binds the zero time as 0.
func orZero(t time.Time) any {
	if t.IsZero() {
		return 0
	}
	return t
}

// Problem implements store.Problems.
func (s *Store) Problem(ctx context.Context, id string) (p *store.Problem, samples []store.ProblemSample, err error) {
	if err := s.lockUpToDate(ctx); err != nil {
		return nil, nil, err
	}
	defer s.mu.Unlock()
	known, err := problems{s}.Load([]string{id})
	if p = known[id]; err != nil || p == nil {
		return nil, nil, err
	}
	err = s.stmt.problemSamples.rows(func(r *sqlite3.Stmt) {
		samples = append(samples, store.ProblemSample{Problem: p.ID, Slot: r.ColumnText(0), At: columnTime(r, 1), Mail: r.ColumnBlob(2, nil)})
	}, p.ID)
	store.SortSamples(samples)
	return p, samples, err
}

// KnownProblems implements store.Problems.
func (s *Store) KnownProblems(ctx context.Context, ids []string) (map[string]*store.Problem, error) {
	if err := s.lockUpToDate(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return problems{s}.Load(ids)
}

// ChangeProblem implements store.Problems.
func (s *Store) ChangeProblem(ctx context.Context, id string, change func(*store.Problem) error) (p *store.Problem, err error) {
	err = s.transaction(ctx, func() error {
		p, err = store.ChangeProblem(problems{s}, id, change)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// MergeProblems implements store.Problems.
func (s *Store) MergeProblems(ctx context.Context, into map[string]string, at time.Time) error {
	return s.transaction(ctx, func() error {
		var ids []string
		for fingerprint := range into {
			err := s.stmt.problemsOf.rows(func(r *sqlite3.Stmt) { ids = append(ids, r.ColumnText(0)) }, clean(fingerprint))
			if err != nil {
				return err
			}
		}
		return store.MergeProblems(problems{s}, ids, into, at)
	})
}

// ForgetProblems implements store.Problems.
func (s *Store) ForgetProblems(ctx context.Context, before, now time.Time) error {
	return s.transaction(ctx, func() error {
		quiet := now.Add(-s.limits.ResolveAfter)
		if err := s.stmt.forgetProblems.exec(before, quiet, now.Add(-store.WithoutMails)); err != nil {
			return err
		}
		if err := s.stmt.forgetSamples.exec(before); err != nil {
			return err
		}
		return s.stmt.boundProblems.exec(s.limits.Problems, quiet)
	})
}

// shiftProblems moves the times of all problems.
func (s *Store) shiftProblems(by time.Duration) error {
	var all []*store.Problem
	err := s.ask(`SELECT record FROM problem_records`, nil, func(r *sqlite3.Stmt) {
		if p, err := store.DecodeProblem(r.ColumnRawBlob(0), s.limits.ResolveAfter); err == nil {
			p.Shift(by)
			all = append(all, p)
		}
	})
	if err != nil {
		return err
	}
	return problems{s}.Save(all, nil)
}
