package sqlite

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

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
