package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// write carries the plan out in one round trip. Each statement takes all of its
// rows at once.
func (p *plan) write(ctx context.Context, tx pgx.Tx) error {
	var b pgx.Batch
	p.writeBegun(&b)
	p.writeGroups(&b)
	p.writeVariants(&b)
	p.writeSamples(&b)
	p.writeCounts(&b)
	if b.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, &b).Close()
}

// writeBegun comes before the times are widened, by which it knows what is older.
func (p *plan) writeBegun(b *pgx.Batch) {
	if rows := p.begunGroups; len(rows) > 0 {
		b.Queue(`
			UPDATE groups SET title = k.title, reason = k.reason
			FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::bigint[]) AS k (batch, hash, title, reason, first_at)
			WHERE groups.batch = k.batch AND groups.hash = k.hash AND groups.first_at > k.first_at`,
			column(rows, func(r *groupRow) int64 { return r.batch }),
			column(rows, func(r *groupRow) pgtype.UUID { return r.group.uuid() }),
			column(rows, func(r *groupRow) string { return clean(r.Title) }),
			column(rows, func(r *groupRow) string { return clean(r.Reason) }),
			column(rows, func(r *groupRow) int64 { return micros(r.First) }))
	}
	if rows := p.begunVariants; len(rows) > 0 {
		b.Queue(`
			UPDATE variants SET reason = k.reason, size = coalesce(k.size, variants.size),
				status = k.status, severity = k.severity, source = k.source, sender = k.sender, object = k.object
			FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
				AS k (batch, group_hash, hash, reason, size, status, severity, source, sender, object)
			WHERE variants.batch = k.batch AND variants.group_hash = k.group_hash AND variants.hash = k.hash`,
			column(rows, func(r *variantRow) int64 { return r.batch }),
			column(rows, func(r *variantRow) pgtype.UUID { return r.group.uuid() }),
			column(rows, func(r *variantRow) pgtype.UUID { return r.variant.uuid() }),
			column(rows, func(r *variantRow) string { return clean(r.Reason) }),
			column(rows, (*variantRow).replacedSize),
			column(rows, func(r *variantRow) string { return clean(string(r.Meaning.Status)) }),
			column(rows, func(r *variantRow) string { return clean(r.Meaning.Severity) }),
			column(rows, func(r *variantRow) string { return clean(r.Meaning.Source) }),
			column(rows, func(r *variantRow) string { return clean(r.Meaning.Sender) }),
			column(rows, func(r *variantRow) string { return clean(r.Meaning.Object) }))
	}
}

// replacedSize is the size of the mail whose sample replaces another one; nil if
// none does.
func (r *variantRow) replacedSize() *int64 {
	if len(r.sample) == 0 {
		return nil
	}
	size := int64(r.SampleSize)
	return &size
}

func (p *plan) writeGroups(b *pgx.Batch) {
	if rows := p.oldGroups; len(rows) > 0 {
		b.Queue(`
			UPDATE groups SET count = groups.count + k.count, parts = groups.parts + k.parts, variant_count = variants, host_count = hosts,
				first_at = least(groups.first_at, k.first_at), last_at = greatest(groups.last_at, k.last_at)
			FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[], $8::bigint[])
				AS k (batch, hash, count, variants, hosts, first_at, last_at, parts)
			WHERE groups.batch = k.batch AND groups.hash = k.hash`,
			column(rows, func(r *groupRow) int64 { return r.batch }),
			column(rows, func(r *groupRow) pgtype.UUID { return r.group.uuid() }),
			column(rows, func(r *groupRow) int64 { return int64(r.Count) }),
			column(rows, func(r *groupRow) int32 { return int32(r.counts.variants) }),
			column(rows, func(r *groupRow) int32 { return int32(r.counts.hosts) }),
			column(rows, func(r *groupRow) int64 { return micros(r.First) }),
			column(rows, func(r *groupRow) int64 { return micros(r.Last) }),
			column(rows, func(r *groupRow) int64 { return int64(r.Parts) }))
	}
	if rows := p.newGroups; len(rows) > 0 {
		b.Queue(`
			INSERT INTO groups (batch, hash, nr, key, title, reason, muted, count, variant_count, host_count, first_at, last_at, parts)
			SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::boolean[],
				$8::bigint[], $9::integer[], $10::integer[], $11::bigint[], $12::bigint[], $13::bigint[])`,
			column(rows, func(r *groupRow) int64 { return r.batch }),
			column(rows, func(r *groupRow) pgtype.UUID { return r.group.uuid() }),
			column(rows, func(r *groupRow) int32 { return int32(r.nr) }),
			column(rows, func(r *groupRow) string { return clean(r.Key) }),
			column(rows, func(r *groupRow) string { return clean(r.Title) }),
			column(rows, func(r *groupRow) string { return clean(r.Reason) }),
			column(rows, func(r *groupRow) bool { return r.Muted }),
			column(rows, func(r *groupRow) int64 { return int64(r.Count) }),
			column(rows, func(r *groupRow) int32 { return int32(r.counts.variants) }),
			column(rows, func(r *groupRow) int32 { return int32(r.counts.hosts) }),
			column(rows, func(r *groupRow) int64 { return micros(r.First) }),
			column(rows, func(r *groupRow) int64 { return micros(r.Last) }),
			column(rows, func(r *groupRow) int64 { return int64(r.Parts) }))
	}
}

func (p *plan) writeVariants(b *pgx.Batch) {
	if rows := p.oldVariants; len(rows) > 0 {
		b.Queue(`
			UPDATE variants SET count = variants.count + k.count, varying = k.varying,
				first_at = least(variants.first_at, k.first_at), last_at = greatest(variants.last_at, k.last_at)
			FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[])
				AS k (batch, group_hash, hash, count, varying, first_at, last_at)
			WHERE variants.batch = k.batch AND variants.group_hash = k.group_hash AND variants.hash = k.hash`,
			column(rows, func(r *variantRow) int64 { return r.batch }),
			column(rows, func(r *variantRow) pgtype.UUID { return r.group.uuid() }),
			column(rows, func(r *variantRow) pgtype.UUID { return r.variant.uuid() }),
			column(rows, func(r *variantRow) int64 { return int64(r.Count) }),
			column(rows, func(r *variantRow) string { return r.varying }),
			column(rows, func(r *variantRow) int64 { return micros(r.First) }),
			column(rows, func(r *variantRow) int64 { return micros(r.Last) }))
	}
	if rows := p.newVariants; len(rows) > 0 {
		b.Queue(`
			INSERT INTO variants (batch, group_hash, hash, nr, fingerprint, reason, count, first_at, last_at, size, varying,
				status, severity, source, sender, object, seen_count)
			SELECT *, 0 FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::integer[], $5::text[], $6::text[], $7::bigint[],
				$8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[])`,
			column(rows, func(r *variantRow) int64 { return r.batch }),
			column(rows, func(r *variantRow) pgtype.UUID { return r.group.uuid() }),
			column(rows, func(r *variantRow) pgtype.UUID { return r.variant.uuid() }),
			column(rows, func(r *variantRow) int32 { return int32(r.nr) }),
			column(rows, func(r *variantRow) string { return clean(r.Fingerprint) }),
			column(rows, func(r *variantRow) string { return clean(r.Reason) }),
			column(rows, func(r *variantRow) int64 { return int64(r.Count) }),
			column(rows, func(r *variantRow) int64 { return micros(r.First) }),
			column(rows, func(r *variantRow) int64 { return micros(r.Last) }),
			column(rows, func(r *variantRow) int64 { return int64(r.SampleSize) }),
			column(rows, func(r *variantRow) string { return r.varying }),
			column(rows, func(r *variantRow) string { return clean(string(r.Meaning.Status)) }),
			column(rows, func(r *variantRow) string { return clean(r.Meaning.Severity) }),
			column(rows, func(r *variantRow) string { return clean(r.Meaning.Source) }),
			column(rows, func(r *variantRow) string { return clean(r.Meaning.Sender) }),
			column(rows, func(r *variantRow) string { return clean(r.Meaning.Object) }))
	}
}

func (p *plan) writeSamples(b *pgx.Batch) {
	var rows []variantRow
	for _, r := range slices.Concat(p.newVariants, p.begunVariants) {
		if len(r.sample) > 0 {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return
	}
	b.Queue(`
		INSERT INTO samples SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::bytea[])
		ON CONFLICT (batch, group_hash, hash) DO UPDATE SET mail = excluded.mail`,
		column(rows, func(r *variantRow) int64 { return r.batch }),
		column(rows, func(r *variantRow) pgtype.UUID { return r.group.uuid() }),
		column(rows, func(r *variantRow) pgtype.UUID { return r.variant.uuid() }),
		column(rows, func(r *variantRow) []byte { return r.sample }))
}

func (p *plan) writeCounts(b *pgx.Batch) {
	if rows := p.sourceRows; len(rows) > 0 {
		b.Queue(`
			INSERT INTO sources AS have SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[])
			ON CONFLICT (batch, group_hash, hash) DO UPDATE SET count = have.count + excluded.count`,
			column(rows, func(r *sourceRow) int64 { return r.batch }),
			column(rows, func(r *sourceRow) pgtype.UUID { return r.group.uuid() }),
			column(rows, func(r *sourceRow) pgtype.UUID { return r.host.uuid() }),
			column(rows, func(r *sourceRow) string { return clean(r.name) }),
			column(rows, func(r *sourceRow) int64 { return int64(r.count) }))
	}
	if rows := p.minuteRows; len(rows) > 0 {
		b.Queue(`
			INSERT INTO minutes AS have SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[])
			ON CONFLICT (batch, group_hash, minute) DO UPDATE SET count = have.count + excluded.count`,
			column(rows, func(r *minuteRow) int64 { return r.batch }),
			column(rows, func(r *minuteRow) pgtype.UUID { return r.group.uuid() }),
			column(rows, func(r *minuteRow) int64 { return r.minute }),
			column(rows, func(r *minuteRow) int64 { return int64(r.count) }))
	}
	if rows := p.recipientRows; len(rows) > 0 {
		b.Queue(`
			INSERT INTO recipients AS have SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bigint[])
			ON CONFLICT (batch, hash) DO UPDATE SET count = have.count + excluded.count`,
			column(rows, func(r *recipientRow) int64 { return r.batch }),
			column(rows, func(r *recipientRow) pgtype.UUID { return hashOf(r.address).uuid() }),
			column(rows, func(r *recipientRow) []byte { return []byte(r.address) }),
			column(rows, func(r *recipientRow) int64 { return int64(r.count) }))
	}
	if rows := p.batchRows; len(rows) > 0 {
		b.Queue(`
			UPDATE batches SET group_count = k.groups, sample_size = k.size
			FROM unnest($1::bigint[], $2::integer[], $3::bigint[]) AS k (id, groups, size) WHERE batches.id = k.id`,
			column(rows, func(r *batchRow) int64 { return r.id }),
			column(rows, func(r *batchRow) int32 { return int32(r.groupCount) }),
			column(rows, func(r *batchRow) int64 { return int64(r.sampleSize) }))
	}
}
