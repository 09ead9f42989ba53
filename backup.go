package failmail

import (
	"context"
	"errors"

	"github.com/hut8labs/failmail/pkg/store"
)

// ErrNoBackup is returned by [Proxy.Backup] for a store that makes no copies of
// itself, such as a database that several nodes share.
var ErrNoBackup = errors.New("failmail: this store makes no copies of itself; back up a PostgreSQL database with pg_dump")

// Backup writes a consistent copy of the store to a new file at path, which a Proxy
// can be started with, while mails come in and summaries go out. What is
// acknowledged meanwhile may or may not be part of it. It fails if there is a file.
func (p *Proxy) Backup(ctx context.Context, path string) error {
	parts, err := p.running()
	if err != nil {
		return err
	}
	engine, ok := parts.engine.(store.Copier)
	if !ok {
		return ErrNoBackup
	}
	return engine.Copy(ctx, path)
}
