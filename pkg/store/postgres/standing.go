package postgres

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// rememberStandings keeps how the things stand that the mails of a batch are about, in
// their order, since two batches may be about the same ones.
func rememberStandings(ctx context.Context, tx pgx.Tx, batch int64) error {
	said := make(store.Said)
	rows, _ := tx.Query(ctx, `
		SELECT status, source, sender, object, count, first_at, last_at, varying FROM variants WHERE batch = $1 AND object <> ''`, batch)
	var v store.Variant
	var varying string
	row := []any{&v.Meaning.Status, &v.Meaning.Source, &v.Meaning.Sender, &v.Meaning.Object, &v.Count, into(&v.First), into(&v.Last), &varying}
	_, err := pgx.ForEachRow(rows, row, func() (err error) {
		if v.Varying, err = store.DecodeVarying(varying); err == nil {
			said.Add(&v)
		}
		return err
	})
	if err != nil || len(said) == 0 {
		return err
	}
	var things []meaning.Thing
	for thing := range said {
		things = append(things, thing)
	}
	before := make(map[meaning.Thing]store.Standing)
	rows, _ = tx.Query(ctx, `
		SELECT source, sender, object, since_at, bad_at, good_at, count
		FROM standings JOIN unnest($1::text[], $2::text[], $3::text[]) AS k (source, sender, object) USING (source, sender, object)`,
		column(things, func(t *meaning.Thing) string { return clean(t.Source) }),
		column(things, func(t *meaning.Thing) string { return clean(t.Sender) }),
		column(things, func(t *meaning.Thing) string { return clean(t.Object) }))
	var thing meaning.Thing
	var d store.Standing
	row = []any{&thing.Source, &thing.Sender, &thing.Object, into(&d.Since), into(&d.Bad), into(&d.Good), &d.Count}
	_, err = pgx.ForEachRow(rows, row, func() error { before[thing] = d; return nil })
	if err != nil {
		return err
	}
	type standing struct {
		meaning.Thing
		store.Standing
	}
	var now []standing
	for thing := range said {
		if after := said.After(thing, before[thing]); after.Count > 0 {
			now = append(now, standing{thing, after})
		}
	}
	slices.SortFunc(now, func(a, b standing) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Sender, b.Sender), cmp.Compare(a.Object, b.Object))
	})
	_, err = tx.Exec(ctx, `
		INSERT INTO standings AS have SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
		ON CONFLICT (source, sender, object) DO UPDATE SET since_at = excluded.since_at, bad_at = greatest(have.bad_at, excluded.bad_at),
			good_at = greatest(have.good_at, excluded.good_at), count = greatest(have.count, excluded.count)`,
		column(now, func(s *standing) string { return clean(s.Source) }),
		column(now, func(s *standing) string { return clean(s.Sender) }),
		column(now, func(s *standing) string { return clean(s.Object) }),
		column(now, func(s *standing) int64 { return micros(s.Since) }),
		column(now, func(s *standing) int64 { return micros(s.Bad) }),
		column(now, func(s *standing) *int64 { return orNull(s.Good) }),
		column(now, func(s *standing) int64 { return int64(s.Count) }))
	return err
}
