package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/pkg/store"
)

// Problems implements store.Problems.
func (s *Store) Problems(ctx context.Context, q store.ProblemQuery) (list []*store.Problem, total int, err error) {
	if err := s.bringUpToDate(ctx); err != nil {
		return nil, 0, err
	}
	where, args := s.conditions(&q)
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM problems WHERE `+where, args...).Scan(&total); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, fmt.Sprintf(`
			SELECT record FROM problem_records JOIN (SELECT id, last_at FROM problems WHERE %s ORDER BY last_at DESC, id LIMIT %d OFFSET %d) p
			ON problem = id ORDER BY last_at DESC, id`, where, q.Limit, q.Offset), args...)
		list, err = pgx.CollectRows(rows, s.scanProblem)
		return err
	})
	return list, total, err
}

func (s *Store) scanProblem(row pgx.CollectableRow) (*store.Problem, error) {
	var record []byte
	if err := row.Scan(&record); err != nil {
		return nil, err
	}
	return store.DecodeProblem(record, s.limits.ResolveAfter)
}

// conditions say in SQL what q.Match does.
func (s *Store) conditions(q *store.ProblemQuery) (where string, args []any) {
	var conditions []string
	// add adds a condition in which each $ stands for the next of values.
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "$", fmt.Sprintf("?%d", len(args)), 1)
		}
		conditions = append(conditions, strings.ReplaceAll(condition, "?", "$"))
	}
	lower := func(text string) string { return clean(strings.ToLower(text)) }
	has := func(column, part string) {
		if part != "" {
			add("strpos("+column+", $) > 0", lower(part))
		}
	}
	is := func(want *bool, condition string, values ...any) {
		if want != nil {
			if !*want {
				condition = "NOT coalesce(" + condition + ", false)"
			}
			add(condition, values...)
		}
	}
	add("last_at > 0 AND last_at >= $", micros(q.Since))
	for _, word := range q.Words {
		has("text", word)
	}
	if q.Host != "" {
		add("(strpos(hosts, $) > 0 OR strpos(hosts, $) > 0)", "\n"+lower(q.Host)+"\n", "\n"+lower(q.Host)+".")
	}
	has("source", q.Source)
	has("objects", q.Object)
	has("owner", q.Owner)
	is(q.Open, "(lasting OR bad_at > $)", micros(q.Now.Add(-s.limits.ResolveAfter)))
	is(q.New, "first_at > $", micros(q.Now.Add(-store.NewFor)))
	is(q.Muted, "muted_until > $", micros(q.Now))
	is(q.Acked, "acked")
	return strings.Join(conditions, " AND "), args
}

// Problem implements store.Problems.
func (s *Store) Problem(ctx context.Context, id string) (p *store.Problem, samples []store.ProblemSample, err error) {
	if err := s.bringUpToDate(ctx); err != nil {
		return nil, nil, err
	}
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		known, err := (&problems{ctx, tx, s.limits}).Load([]string{clean(id)})
		if p = known[clean(id)]; err != nil || p == nil {
			return err
		}
		rows, _ := tx.Query(ctx, `SELECT problem, slot, at, mail FROM problem_samples WHERE problem = $1`, p.ID)
		samples, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s store.ProblemSample, err error) {
			err = row.Scan(&s.Problem, &s.Slot, into(&s.At), &s.Mail)
			return s, err
		})
		return err
	})
	store.SortSamples(samples)
	return p, samples, err
}

// KnownProblems implements store.Problems.
func (s *Store) KnownProblems(ctx context.Context, ids []string) (known map[string]*store.Problem, err error) {
	if err := s.bringUpToDate(ctx); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		known, err = (&problems{ctx, tx, s.limits}).Load(ids)
		return err
	})
	return known, err
}
