package failmail

import (
	"context"
	"fmt"

	"github.com/hut8labs/failmail/internal/readiness"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
)

// dependencies are what a 250 depends on.
func dependencies(archive *deliver.Maildir, engine store.Store) []readiness.Dependency {
	var all []readiness.Dependency
	if archive != nil {
		all = append(all, readiness.Dependency{Name: "archive", Try: func(_ context.Context, bytes int) error {
			return asArchiveError(archive.Try(bytes))
		}})
	}
	try := func(ctx context.Context, _ int) error { _, err := engine.Pending(ctx); return err }
	if prober, ok := engine.(store.Prober); ok {
		try = prober.Probe
	}
	kept := readiness.Dependency{Name: "store", Try: try}
	if repairer, ok := engine.(store.Repairer); ok {
		kept.Repair = repairer.Repair
	}
	return append(all, kept)
}

func asArchiveError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("archive the mail: %w; make room there, and the folder writable for this user", err)
}
