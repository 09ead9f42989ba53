package sqlite

import (
	"cmp"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// rememberStandings keeps how the things stand that the mails of a batch are about.
func (s *Store) rememberStandings(batch int64) error {
	said := make(store.Said)
	var badVarying error
	err := s.stmt.said.rows(func(r *sqlite3.Stmt) {
		varying, err := store.DecodeVarying(r.ColumnText(7))
		badVarying = cmp.Or(badVarying, err)
		said.Add(&store.Variant{
			Meaning: meaning.Meaning{Status: meaning.Status(r.ColumnText(0)), Source: r.ColumnText(1), Sender: r.ColumnText(2), Object: r.ColumnText(3)},
			Count:   r.ColumnInt(4), First: columnTime(r, 5), Last: columnTime(r, 6), Varying: varying,
		})
	}, batch)
	if err := cmp.Or(err, badVarying); err != nil {
		return err
	}
	for thing := range said {
		var before store.Standing
		_, err := s.stmt.standing.row(func(r *sqlite3.Stmt) {
			before = store.Standing{Since: columnTime(r, 0), Bad: columnTime(r, 1), Good: goodTime(r, 2), Count: r.ColumnInt(3)}
		}, thing.Source, thing.Sender, thing.Object)
		if err != nil {
			return err
		}
		now := said.After(thing, before)
		if now.Count == 0 {
			continue
		}
		good := any(0)
		if !now.Good.IsZero() {
			good = now.Good
		}
		if err := s.stmt.stand.exec(thing.Source, thing.Sender, thing.Object, now.Since, now.Bad, good, now.Count); err != nil {
			return err
		}
	}
	return nil
}

// goodTime reads a time of which 0 says never.
func goodTime(r *sqlite3.Stmt, column int) time.Time {
	if r.ColumnInt64(column) == 0 {
		return time.Time{}
	}
	return columnTime(r, column)
}
