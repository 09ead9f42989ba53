package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// problems are a store.ProblemTable in a transaction that has the lock of the journal.
type problems struct {
	ctx    context.Context
	tx     pgx.Tx
	limits store.Limits
}

var _ store.ProblemTable = (*problems)(nil)

// Load implements store.ProblemTable. What cannot be read is as unknown: it must not keep
// mails from being counted.
func (t *problems) Load(ids []string) (map[string]*store.Problem, error) {
	found := make(map[string]*store.Problem, len(ids))
	rows, _ := t.tx.Query(t.ctx, `
		SELECT asked, record FROM unnest($1::text[]) AS asked LEFT JOIN problem_aliases a ON a.id = asked COLLATE "C"
		JOIN problem_records ON problem = coalesce(became, asked COLLATE "C")`, ids)
	var id string
	var record []byte
	_, err := pgx.ForEachRow(rows, []any{&id, &record}, func() error {
		if p, err := store.DecodeProblem(record, t.limits.ResolveAfter); err == nil {
			found[id] = p
		}
		return nil
	})
	return found, err
}

func hashOfThing(t meaning.Thing) pgtype.UUID {
	return hashOf(t.Source + "\x00" + t.Sender + "\x00" + t.Object).uuid()
}

// About implements store.ProblemTable.
func (t *problems) About(things []meaning.Thing) ([]string, error) {
	if len(things) == 0 {
		return nil, nil
	}
	rows, _ := t.tx.Query(t.ctx, `SELECT DISTINCT problem FROM problem_things WHERE thing = ANY ($1::uuid[])`,
		column(things, func(t *meaning.Thing) pgtype.UUID { return hashOfThing(*t) }))
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// History implements store.ProblemTable.
func (t *problems) History(fingerprints []string) (map[string]store.Seen, error) {
	found := make(map[string]store.Seen)
	if len(fingerprints) == 0 {
		return found, nil
	}
	rows, _ := t.tx.Query(t.ctx, `
		SELECT asked, first_at, last_at, count FROM unnest($1::text[], $2::uuid[]) AS k (asked, hash) JOIN fingerprints USING (hash)`,
		fingerprints, column(fingerprints, func(f *string) pgtype.UUID { return hashOf(*f).uuid() }))
	var fingerprint string
	var seen store.Seen
	_, err := pgx.ForEachRow(rows, []any{&fingerprint, into(&seen.First), into(&seen.Last), &seen.Count}, func() error {
		found[fingerprint] = seen
		return nil
	})
	return found, err
}

// Save implements store.ProblemTable.
func (t *problems) Save(changed []*store.Problem, samples []store.ProblemSample) error {
	type row struct {
		store.ProblemRow
		*store.Problem
		record []byte
	}
	type thing struct {
		hash    pgtype.UUID
		problem string
	}
	var rows []row
	var things []thing
	for _, p := range changed {
		record, err := store.EncodeProblem(p)
		if err != nil {
			return err
		}
		rows = append(rows, row{p.Row(), p, record})
		for _, own := range p.Named() {
			things = append(things, thing{hashOfThing(own.Thing), p.ID})
		}
	}
	var b pgx.Batch
	b.Queue(`
		INSERT INTO problems SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
			$8::boolean[], $9::bigint[], $10::boolean[], $11::bigint[], $12::bigint[], $13::bigint[])
		ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, text = excluded.text, hosts = excluded.hosts,
			source = excluded.source, objects = excluded.objects, owner = excluded.owner, lasting = excluded.lasting,
			bad_at = excluded.bad_at, acked = excluded.acked, muted_until = excluded.muted_until,
			first_at = excluded.first_at, last_at = excluded.last_at`,
		column(rows, func(r *row) string { return r.ID }),
		column(rows, func(r *row) string { return clean(r.Fingerprint) }),
		column(rows, func(r *row) string { return clean(r.ProblemRow.Text) }),
		column(rows, func(r *row) string { return clean(r.ProblemRow.Hosts) }),
		column(rows, func(r *row) string { return clean(r.Source) }),
		column(rows, func(r *row) string { return clean(r.Objects) }),
		column(rows, func(r *row) string { return clean(r.ProblemRow.Owner) }),
		column(rows, func(r *row) bool { return r.Lasting }),
		column(rows, func(r *row) *int64 { return orNull(r.Bad) }),
		column(rows, func(r *row) bool { return r.Acked }),
		column(rows, func(r *row) *int64 { return orNull(r.MutedUntil) }),
		column(rows, func(r *row) int64 { return micros(r.ProblemRow.First) }),
		column(rows, func(r *row) int64 { return micros(r.Last) }))
	b.Queue(`
		INSERT INTO problem_records SELECT * FROM unnest($1::text[], $2::bytea[])
		ON CONFLICT (problem) DO UPDATE SET record = excluded.record`,
		column(rows, func(r *row) string { return r.ID }),
		column(rows, func(r *row) []byte { return r.record }))
	b.Queue(`INSERT INTO problem_things SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING`,
		column(things, func(r *thing) pgtype.UUID { return r.hash }),
		column(things, func(r *thing) string { return r.problem }))
	for _, s := range samples {
		b.Queue(`
			INSERT INTO problem_samples SELECT $1, $2, $3, $4 WHERE pg_total_relation_size('problem_samples'::regclass) < $5
			ON CONFLICT (problem, slot) DO UPDATE SET at = excluded.at, mail = excluded.mail WHERE excluded.slot = 'last'`,
			s.Problem, s.Slot, micros(s.At), s.Mail, t.limits.StoreBytes)
	}
	return t.tx.SendBatch(t.ctx, &b).Close()
}

// Remove implements store.ProblemTable.
func (t *problems) Remove(id, became string) error {
	var b pgx.Batch
	if became != "" {
		b.Queue(`INSERT INTO problem_samples SELECT $2, slot, at, mail FROM problem_samples WHERE problem = $1 ON CONFLICT DO NOTHING`, id, became)
		b.Queue(`UPDATE problem_aliases SET became = $2 WHERE became = $1`, id, became)
		b.Queue(`INSERT INTO problem_aliases VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET became = excluded.became`, id, became)
	}
	b.Queue(`DELETE FROM problems WHERE id = $1`, id)
	return t.tx.SendBatch(t.ctx, &b).Close()
}

// Release implements store.ProblemTable.
func (t *problems) Release(id string) error {
	_, err := t.tx.Exec(t.ctx, `DELETE FROM problem_aliases WHERE id = $1`, id)
	return err
}

// changeProblems is change for who works on problems.
func (s *Store) changeProblems(ctx context.Context, fn func(t *problems) error) error {
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx) error { return fn(&problems{ctx, tx, s.limits}) })
}

// ChangeProblem implements store.Problems.
func (s *Store) ChangeProblem(ctx context.Context, id string, change func(*store.Problem) error) (p *store.Problem, err error) {
	err = s.changeProblems(ctx, func(t *problems) error {
		p, err = store.ChangeProblem(t, clean(id), change)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// MergeProblems implements store.Problems.
func (s *Store) MergeProblems(ctx context.Context, into map[string]string, at time.Time) error {
	var fingerprints []string
	for f := range into {
		fingerprints = append(fingerprints, clean(f))
	}
	return s.changeProblems(ctx, func(t *problems) error {
		rows, _ := t.tx.Query(t.ctx, `SELECT id FROM problems WHERE fingerprint = ANY ($1::text[]) AND fingerprint <> ''`, fingerprints)
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		return store.MergeProblems(t, ids, into, at)
	})
}

// ForgetProblems implements store.Problems.
func (s *Store) ForgetProblems(ctx context.Context, before, now time.Time) error {
	quiet := micros(now.Add(-s.limits.ResolveAfter))
	return s.changeProblems(ctx, func(t *problems) error {
		var b pgx.Batch
		b.Queue(`DELETE FROM problems WHERE last_at < $1 AND NOT (lasting OR coalesce(bad_at > $2, false))
			AND (last_at > 0 OR first_at < $3)`, micros(before), quiet, micros(now.Add(-store.WithoutMails)))
		b.Queue(`DELETE FROM problem_samples WHERE at < $1 AND slot NOT IN ('first', 'last')`, micros(before))
		b.Queue(`
			DELETE FROM problems WHERE id IN (
				SELECT id FROM problems ORDER BY (lasting OR coalesce(bad_at > $2, false)), last_at, id DESC
				LIMIT greatest((SELECT count(*) FROM problems) - $1, 0))`, s.limits.Problems, quiet)
		return t.tx.SendBatch(t.ctx, &b).Close()
	})
}
