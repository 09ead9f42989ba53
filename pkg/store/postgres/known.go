package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Keys of what belongs to a batch.
type (
	groupID struct {
		batch int64
		group hash
	}
	variantID struct {
		groupID
		variant hash
	}
	sourceID struct {
		groupID
		host hash
	}
)

// known is what open batches have of that which is added to them.
type known struct {
	groups   map[groupID]groupCounts
	variants map[variantID]knownVariant
	sources  map[sourceID]bool
	kept     int64 // bytes of samples and summaries in the whole store
}

type groupCounts struct{ variants, hosts int }

type knownVariant struct {
	varying string
	first   time.Time
	sample  int // its size, if something is reopened
}

// find reads what is known, in one round trip, and in another one how full the
// store is if there may be new samples. The batches are locked, so it stays true.
func find(ctx context.Context, tx pgx.Tx, additions []*addition) (*known, error) {
	k := &known{
		groups: make(map[groupID]groupCounts), variants: make(map[variantID]knownVariant),
		sources: make(map[sourceID]bool),
	}
	var groups []groupID
	var variants []variantID
	var sources []sourceID
	folds := false
	for _, a := range additions {
		folds = folds || a.reopened
		for _, g := range a.Groups {
			id := groupID{a.id, hashOf(g.Key)}
			groups = append(groups, id)
			for _, v := range g.Variants {
				variants = append(variants, variantID{id, hashOf(v.Fingerprint)})
			}
			for host := range g.Hosts {
				sources = append(sources, sourceID{id, hashOf(host)})
			}
		}
	}
	var b pgx.Batch
	k.findGroups(&b, groups)
	k.findVariants(&b, variants)
	if folds {
		k.findSamples(&b, variants)
	}
	k.findSources(&b, sources)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, err
	}
	if len(k.variants) == len(variants) {
		return k, nil
	}
	err := tx.QueryRow(ctx, `
		SELECT (SELECT coalesce(sum(sample_size), 0) FROM batches) + (SELECT coalesce(sum(octet_length(mail)), 0) FROM outbox)`).Scan(&k.kept)
	return k, err
}

func (k *known) findGroups(b *pgx.Batch, ids []groupID) {
	b.Queue(`
		SELECT batch, hash, variant_count, host_count
		FROM unnest($1::bigint[], $2::uuid[]) AS k (batch, hash) JOIN groups USING (batch, hash)`,
		column(ids, func(id *groupID) int64 { return id.batch }),
		column(ids, func(id *groupID) pgtype.UUID { return id.group.uuid() }),
	).Query(func(rows pgx.Rows) error {
		var id groupID
		var counts groupCounts
		_, err := pgx.ForEachRow(rows, []any{&id.batch, (*[16]byte)(&id.group), &counts.variants, &counts.hosts}, func() error {
			k.groups[id] = counts
			return nil
		})
		return err
	})
}

func (k *known) findVariants(b *pgx.Batch, ids []variantID) {
	b.Queue(`
		SELECT batch, group_hash, hash, varying, first_at
		FROM unnest($1::bigint[], $2::uuid[], $3::uuid[]) AS k (batch, group_hash, hash)
		JOIN variants USING (batch, group_hash, hash)`,
		column(ids, func(id *variantID) int64 { return id.batch }),
		column(ids, func(id *variantID) pgtype.UUID { return id.group.uuid() }),
		column(ids, func(id *variantID) pgtype.UUID { return id.variant.uuid() }),
	).Query(func(rows pgx.Rows) error {
		var id variantID
		var v knownVariant
		_, err := pgx.ForEachRow(rows, []any{&id.batch, (*[16]byte)(&id.group), (*[16]byte)(&id.variant), &v.varying, into(&v.first)}, func() error {
			k.variants[id] = v
			return nil
		})
		return err
	})
}

// findSamples adds the sizes of samples to what findVariants has found.
func (k *known) findSamples(b *pgx.Batch, ids []variantID) {
	b.Queue(`
		SELECT batch, group_hash, hash, octet_length(mail)
		FROM unnest($1::bigint[], $2::uuid[], $3::uuid[]) AS k (batch, group_hash, hash)
		JOIN samples USING (batch, group_hash, hash)`,
		column(ids, func(id *variantID) int64 { return id.batch }),
		column(ids, func(id *variantID) pgtype.UUID { return id.group.uuid() }),
		column(ids, func(id *variantID) pgtype.UUID { return id.variant.uuid() }),
	).Query(func(rows pgx.Rows) error {
		var id variantID
		var size int
		_, err := pgx.ForEachRow(rows, []any{&id.batch, (*[16]byte)(&id.group), (*[16]byte)(&id.variant), &size}, func() error {
			v := k.variants[id]
			v.sample = size
			k.variants[id] = v
			return nil
		})
		return err
	})
}

func (k *known) findSources(b *pgx.Batch, ids []sourceID) {
	b.Queue(`
		SELECT batch, group_hash, hash
		FROM unnest($1::bigint[], $2::uuid[], $3::uuid[]) AS k (batch, group_hash, hash)
		JOIN sources USING (batch, group_hash, hash)`,
		column(ids, func(id *sourceID) int64 { return id.batch }),
		column(ids, func(id *sourceID) pgtype.UUID { return id.group.uuid() }),
		column(ids, func(id *sourceID) pgtype.UUID { return id.host.uuid() }),
	).Query(func(rows pgx.Rows) error {
		var id sourceID
		_, err := pgx.ForEachRow(rows, []any{&id.batch, (*[16]byte)(&id.group), (*[16]byte)(&id.host)}, func() error {
			k.sources[id] = true
			return nil
		})
		return err
	})
}
