package failmail

import (
	"context"
	"fmt"

	"github.com/hut8labs/failmail/internal/readiness"
	"github.com/hut8labs/failmail/pkg/store"
)

// Ready returns why the Proxy refuses mails now, and what to do; nil if it takes
// them. What a 250 depends on, the store and Config.AllDir, is tried every few
// seconds, so that a failure is known within ten, whether mails come or not.
func (p *Proxy) Ready(context.Context) error {
	if err := p.running(); err != nil {
		return err
	}
	return p.readiness.Err()
}

// dependencies are what a 250 depends on.
func (p *Proxy) dependencies() []readiness.Dependency {
	var all []readiness.Dependency
	if p.archive != nil {
		all = append(all, readiness.Dependency{Name: "archive", Try: func(_ context.Context, bytes int) error {
			return asArchiveError(p.archive.Try(bytes))
		}})
	}
	engine := p.engine
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
