package sqlite

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
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
		row.Lasting, orZero(row.Bad), row.Acked, orZero(p.MutedUntil), p.First, p.Last)
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

// Problems implements store.Problems.
func (s *Store) Problems(ctx context.Context, q store.ProblemQuery) (list []*store.Problem, total int, err error) {
	if err := s.lockUpToDate(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	where, args := s.conditions(&q)
	// To look for words costs the most. Few that are found are all known after one look
	// through the table; of many the newest are found soon.
	var few []int64
	err = s.ask(`SELECT number FROM problems WHERE `+where+` LIMIT ?`, append(slices.Clone(args), fewProblems+1), func(r *sqlite3.Stmt) {
		few = append(few, r.ColumnInt64(0))
	})
	if err != nil {
		return nil, 0, err
	}
	if total = len(few); total > fewProblems {
		if err := s.ask(`SELECT count(*) FROM problems WHERE `+where, args, func(r *sqlite3.Stmt) { total = r.ColumnInt(0) }); err != nil {
			return nil, 0, err
		}
	} else {
		numbers, err := json.Marshal(few)
		if err != nil {
			return nil, 0, err
		}
		where, args = `number IN (SELECT value FROM json_each(?))`, []any{string(numbers)}
	}
	from := `problems`
	if total > fewProblems {
		from = `problems INDEXED BY problems_last`
	}
	var bad error
	err = s.ask(`
		SELECT record FROM (SELECT number, last_at, id FROM `+from+` WHERE `+where+` ORDER BY last_at DESC, id LIMIT ? OFFSET ?)
		JOIN problem_records ON problem = number ORDER BY last_at DESC, id`, append(args, q.Limit, q.Offset), func(r *sqlite3.Stmt) {
		p, err := store.DecodeProblem(r.ColumnRawBlob(0), s.limits.ResolveAfter)
		if err != nil {
			bad = err
			return
		}
		list = append(list, p)
	})
	if err == nil {
		err = bad
	}
	return list, total, err
}

// fewProblems is how many problems are looked for one by one.
const fewProblems = 1000

// conditions say in SQL what q.Match does.
func (s *Store) conditions(q *store.ProblemQuery) (where string, args []any) {
	conditions := []string{"last_at > 0 AND last_at >= ?"}
	args = []any{q.Since}
	has := func(column, part string) {
		if part != "" {
			conditions, args = append(conditions, "instr("+column+", ?) > 0"), append(args, clean(strings.ToLower(part)))
		}
	}
	is := func(want *bool, condition string, more ...any) {
		if want != nil {
			if !*want { // not "= ?", for which there is no index
				condition = "NOT (" + condition + ")"
			}
			conditions, args = append(conditions, "("+condition+")"), append(args, more...)
		}
	}
	for _, word := range q.Words {
		has("text", word)
	}
	if q.Host != "" {
		host := "\n" + clean(strings.ToLower(q.Host))
		conditions, args = append(conditions, "(instr(hosts, ?) > 0 OR instr(hosts, ?) > 0)"), append(args, host+"\n", host+".")
	}
	has("source", q.Source)
	has("objects", q.Object)
	has("owner", q.Owner)
	is(q.Open, "lasting = 1 OR bad_at > ?", q.Now.Add(-s.limits.ResolveAfter))
	is(q.New, "first_at > ?", q.Now.Add(-store.NewFor))
	is(q.Muted, "muted_until > ?", q.Now)
	is(q.Acked, "acked")
	return strings.Join(conditions, " AND "), args
}

// ask runs a query that is made for one question.
func (s *Store) ask(sql string, args []any, scan func(*sqlite3.Stmt)) error {
	query := statement{sql: sql}
	if err := query.prepare(s.conn); err != nil {
		return err
	}
	defer query.stmt.Close()
	return query.rows(scan, args...)
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
		if err := s.stmt.forgetProblems.exec(before, quiet); err != nil {
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
