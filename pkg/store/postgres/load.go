package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/pkg/store"
)

// scanBatches reads rows of batchColumns.
func scanBatches(rows pgx.Rows) ([]*store.Batch, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*store.Batch, error) {
		b := &store.Batch{Recipients: make(map[string]int)}
		var loud store.Span
		var dueBy time.Time
		err := row.Scan(&b.ID, &b.Key, &b.Early, &b.Count, into(&b.First), into(&b.Last), into(&b.Due), into(&b.HeldSince),
			into(&loud.First), into(&loud.Last), into(&dueBy))
		b.SetDueBy(loud, dueBy)
		return b, err
	})
}

// load reads the groups of batches, with the samples or without, in one round
// trip.
func load(ctx context.Context, tx pgx.Tx, batches []*store.Batch, samples bool) error {
	if len(batches) == 0 {
		return nil
	}
	l := loading{batches: make(map[int64]*store.Batch), groups: make(map[groupID]*store.Group)}
	var ids []int64
	for _, b := range batches {
		l.batches[b.ID] = b
		ids = append(ids, b.ID)
	}
	var b pgx.Batch
	b.Queue(`
		SELECT batch, hash, key, title, reason, muted, count, parts, first_at, last_at
		FROM groups WHERE batch = ANY($1) ORDER BY nr`, ids).Query(l.readGroups)
	b.Queue(`
		SELECT v.batch, v.group_hash, fingerprint, reason, v.count, v.first_at, v.last_at, size, varying,
			f.first_at, f.last_at, coalesce(f.count, 0), mail, v.status, v.severity, v.source, v.sender, v.object,
			d.since_at, d.bad_at, d.good_at, coalesce(d.count, 0)
		FROM variants v LEFT JOIN samples s
			ON $2 AND s.batch = v.batch AND s.group_hash = v.group_hash AND s.hash = v.hash
			LEFT JOIN fingerprints f ON f.hash = v.hash
			LEFT JOIN standings d ON d.source = v.source AND d.sender = v.sender AND d.object = v.object AND v.object <> ''
		WHERE v.batch = ANY($1) ORDER BY nr`, ids, samples).Query(l.readVariants)
	b.Queue(`SELECT batch, group_hash, host, count FROM sources WHERE batch = ANY($1)`, ids).Query(l.readSources)
	b.Queue(`SELECT batch, group_hash, minute, count FROM minutes WHERE batch = ANY($1)`, ids).Query(l.readMinutes)
	b.Queue(`SELECT batch, address, count FROM recipients WHERE batch = ANY($1)`, ids).Query(l.readRecipients)
	return tx.SendBatch(ctx, &b).Close()
}

type loading struct {
	batches map[int64]*store.Batch
	groups  map[groupID]*store.Group
}

func (l *loading) readGroups(rows pgx.Rows) error {
	var id groupID
	var g store.Group
	into := []any{&id.batch, (*[16]byte)(&id.group), &g.Key, &g.Title, &g.Reason, &g.Muted, &g.Count, &g.Parts, into(&g.First), into(&g.Last)}
	_, err := pgx.ForEachRow(rows, into, func() error {
		group := g
		group.Hosts, group.Minutes = make(map[string]int), make(map[int64]int)
		l.groups[id] = &group
		l.batches[id.batch].Groups = append(l.batches[id.batch].Groups, &group)
		return nil
	})
	return err
}

func (l *loading) readVariants(rows pgx.Rows) error {
	for rows.Next() {
		var id groupID
		var v store.Variant
		var varying string
		err := rows.Scan(&id.batch, (*[16]byte)(&id.group), &v.Fingerprint, &v.Reason, &v.Count, into(&v.First), into(&v.Last),
			&v.SampleSize, &varying, into(&v.Seen.First), into(&v.Seen.Last), &v.Seen.Count, &v.Sample,
			&v.Meaning.Status, &v.Meaning.Severity, &v.Meaning.Source, &v.Meaning.Sender, &v.Meaning.Object,
			into(&v.Standing.Since), into(&v.Standing.Bad), into(&v.Standing.Good), &v.Standing.Count)
		if err != nil {
			return err
		}
		if v.Varying, err = store.DecodeVarying(varying); err != nil {
			return err
		}
		l.groups[id].Variants = append(l.groups[id].Variants, &v)
	}
	return rows.Err()
}

func (l *loading) readSources(rows pgx.Rows) error {
	var id groupID
	var host string
	var count int
	_, err := pgx.ForEachRow(rows, []any{&id.batch, (*[16]byte)(&id.group), &host, &count}, func() error {
		l.groups[id].Hosts[host] = count
		return nil
	})
	return err
}

func (l *loading) readMinutes(rows pgx.Rows) error {
	var id groupID
	var minute int64
	var count int
	_, err := pgx.ForEachRow(rows, []any{&id.batch, (*[16]byte)(&id.group), &minute, &count}, func() error {
		l.groups[id].Minutes[minute] = count
		return nil
	})
	return err
}

func (l *loading) readRecipients(rows pgx.Rows) error {
	var batch int64
	var address []byte
	var count int
	_, err := pgx.ForEachRow(rows, []any{&batch, &address, &count}, func() error {
		l.batches[batch].Recipients[string(address)] = count
		return nil
	})
	return err
}
