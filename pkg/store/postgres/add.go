package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/pkg/store"
)

// add puts groups and all below them into the open batches, whose own counts are
// up to date and which are locked.
func (s *Store) add(ctx context.Context, tx pgx.Tx, additions []*addition) error {
	known, err := find(ctx, tx, additions)
	if err != nil {
		return err
	}
	p := plan{known: known, limits: s.limits}
	for _, a := range additions {
		if err := p.add(a); err != nil {
			return err
		}
	}
	return p.write(ctx, tx)
}

// A plan decides, within limits, what is counted where. It has no side effects;
// write carries it out.
type plan struct {
	*known
	limits store.Limits

	newGroups, oldGroups     []groupRow
	newVariants, oldVariants []variantRow
	begunGroups              []groupRow   // that began before the open ones
	begunVariants            []variantRow // likewise
	sourceRows               []sourceRow
	minuteRows               []minuteRow
	recipientRows            []recipientRow
	batchRows                []batchRow
}

type groupRow struct {
	groupID
	*store.Group
	nr     int
	counts groupCounts
}

type variantRow struct {
	variantID
	*store.Variant
	nr      int
	sample  []byte
	varying string
}

type sourceRow struct {
	sourceID
	name  string
	count int
}

type minuteRow struct {
	groupID
	minute int64
	count  int
}

type recipientRow struct {
	batch   int64
	address string
	count   int
}

type batchRow struct {
	id                     int64
	groupCount, sampleSize int
}

func (p *plan) add(a *addition) error {
	before := batchRow{a.id, a.groupCount, a.sampleSize}
	for _, g := range a.Groups {
		if err := p.addGroup(a, g); err != nil {
			return err
		}
	}
	for address, count := range a.Recipients {
		p.recipientRows = append(p.recipientRows, recipientRow{a.id, address, count})
	}
	if after := (batchRow{a.id, a.groupCount, a.sampleSize}); after != before {
		p.batchRows = append(p.batchRows, after)
	}
	return nil
}

// addGroup counts g. When the batch does not know it yet, it is added if there is
// room, and left to the batch's total otherwise.
func (p *plan) addGroup(a *addition, g *store.Group) error {
	row := groupRow{groupID: groupID{a.id, hashOf(g.Key)}, Group: g}
	counts, isKnown := p.groups[row.groupID]
	if !isKnown {
		if a.groupCount >= p.limits.GroupsPerBatch {
			return nil
		}
		a.groupCount++
		row.nr = a.groupCount
	}
	for _, v := range g.Variants {
		if err := p.addVariant(a, row.groupID, v, &counts); err != nil {
			return err
		}
	}
	for _, host := range g.HostsByArrival() {
		id := sourceID{row.groupID, hashOf(host)}
		if !p.sources[id] {
			if counts.hosts >= p.limits.HostsPerGroup {
				continue
			}
			counts.hosts++
		}
		p.sourceRows = append(p.sourceRows, sourceRow{id, host, g.Hosts[host]})
	}
	for minute, count := range g.Minutes {
		p.minuteRows = append(p.minuteRows, minuteRow{row.groupID, minute, count})
	}
	row.counts = counts
	if isKnown && a.reopened {
		p.begunGroups = append(p.begunGroups, row)
	}
	if isKnown {
		p.oldGroups = append(p.oldGroups, row)
	} else {
		p.newGroups = append(p.newGroups, row)
	}
	return nil
}

func (p *plan) addVariant(a *addition, group groupID, v *store.Variant, counts *groupCounts) error {
	row := variantRow{variantID: variantID{group, hashOf(v.Fingerprint)}, Variant: v}
	if have, isKnown := p.variants[row.variantID]; isKnown {
		varying, err := store.DecodeVarying(have.varying)
		if err != nil {
			return err
		}
		if a.reopened && v.First.Before(have.first) {
			p.beginVariant(a, row, have.sample)
		}
		varying.Merge(&v.Varying)
		row.varying = varying.Encode()
		p.oldVariants = append(p.oldVariants, row)
		return nil
	}
	if counts.variants >= p.limits.VariantsPerGroup {
		return nil
	}
	counts.variants++
	row.nr, row.varying = counts.variants, v.Varying.Encode()
	if a.reopened || p.kept < p.limits.StoreBytes { // what is reopened was kept before
		row.sample = v.Sample[:min(len(v.Sample), max(p.limits.BatchBytes-a.sampleSize, 0))]
		a.sampleSize += len(row.sample)
		p.kept += int64(len(row.sample))
	}
	p.newVariants = append(p.newVariants, row)
	return nil
}

// beginVariant gives a variant that is open, with a sample of size bytes, what an
// older one, which is reopened into it, began with; see store.Batch.Merge.
func (p *plan) beginVariant(a *addition, older variantRow, size int) {
	if older.Replaces(size, p.limits.BatchBytes-a.sampleSize) {
		older.sample = older.Sample
		a.sampleSize += len(older.sample) - size
	}
	p.begunVariants = append(p.begunVariants, older)
}
