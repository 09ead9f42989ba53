package postgres

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// A hash stands for a text in indices and locks.
type hash [16]byte

func hashOf(text string) hash {
	sum := sha256.Sum256([]byte(text))
	return hash(sum[:16])
}

func (h hash) uuid() pgtype.UUID { return pgtype.UUID{Bytes: h, Valid: true} }

// micros is how times are kept.
func micros(t time.Time) int64 { return t.UnixMicro() }

// orNull keeps the zero time as NULL.
func orNull(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	n := micros(t)
	return &n
}

// An instant reads what micros and orNull have kept.
type instant time.Time

// ScanInt64 implements pgtype.Int64Scanner.
func (i *instant) ScanInt64(n pgtype.Int8) error {
	*i = instant{}
	if n.Valid {
		*i = instant(time.UnixMicro(n.Int64))
	}
	return nil
}

func into(t *time.Time) *instant { return (*instant)(t) }

// clean makes text acceptable to a text column. What it replaces cannot come from
// Failmail itself.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}

// column returns one parameter of a statement that takes many rows at once, as
// unnest does.
func column[R, T any](rows []R, value func(r *R) T) []T {
	values := make([]T, len(rows))
	for i := range rows {
		values[i] = value(&rows[i])
	}
	return values
}
