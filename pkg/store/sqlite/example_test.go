package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// A store of its own for each Proxy of a program. Who opens it closes it.
func ExampleOpen() {
	folder, err := os.MkdirTemp("", "failmail")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	s, err := sqlite.Open(filepath.Join(folder, "billing.db"), store.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	p, err := failmail.New(failmail.Config{
		Bind:    "localhost:0",
		Store:   s,
		FailDir: filepath.Join(folder, "billing-failed"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, end := context.WithCancel(context.Background())
	end() // in real life: when the program ends
	fmt.Println(p.Run(ctx))
	// Output: <nil>
}

// Whether a process may start with a file, without touching it.
func ExampleProbe() {
	folder, err := os.MkdirTemp("", "failmail")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "failmail.db")
	s, err := sqlite.Open(path, store.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(errors.Is(sqlite.Probe(path), sqlite.ErrInUse))
	fmt.Println(s.Close(), sqlite.Probe(path))
	// Output:
	// true
	// <nil> <nil>
}
