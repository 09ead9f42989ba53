package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/postgres"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// memoryStore is the --store that forgets everything at the end, so that what it
// holds is sent before.
const memoryStore = "memory:"

// A storage is what --store names.
type storage struct {
	engine string // "sqlite", "postgres" or "memory"
	path   string // of the file
	url    string
	limits store.Limits
}

func storageFrom(c *cli.Context) (storage, error) {
	s := storage{url: c.String("store"), limits: store.Limits{StoreBytes: c.Int64("max-store"), ResolveAfter: c.Duration("resolve-after")}}
	s.engine, s.path, _ = strings.Cut(s.url, ":")
	switch {
	case s.url == memoryStore, s.engine == "sqlite" && s.path != "", s.engine == "postgres":
		return s, nil
	case s.engine == "postgresql":
		s.engine = "postgres"
		return s, nil
	}
	return s, &usageError{fmt.Sprintf("--store %q is not a store; use sqlite:FILE such as sqlite:%s, postgres://USER@HOST/DATABASE, or memory:", s.url, failmail.DefaultStore)}
}

// Probe is a part of [supervise.Storage], as are Open and Persistent.
func (s storage) Probe() error {
	if s.engine == "sqlite" {
		return ofStore(sqlite.Probe(s.path))
	}
	return nil
}

func (s storage) Persistent() bool { return s.engine != "memory" }

func (s storage) Open(ctx context.Context, log *slog.Logger) (failmail.Store, error) {
	switch s.engine {
	case "memory":
		return memory.New(s.limits), nil
	case "postgres":
		opened, err := postgres.Open(ctx, s.url, s.limits)
		if err != nil {
			return nil, ofStore(err)
		}
		return opened, nil
	}
	opened, err := sqlite.Open(s.path, s.limits)
	if err != nil {
		return nil, ofStore(err)
	}
	if aside, reason := opened.SetAside(); aside != "" {
		log.Error("the store was damaged; it is set aside, and a fresh one made: what was pending in it is not sent. Check the disk; sqlite3 can perhaps recover the file",
			"store", s.path, "set_aside", aside, "reason", reason)
	}
	return opened, nil
}

// ofStore names the flag that an error is about.
func ofStore(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("--store: %w", err)
}
