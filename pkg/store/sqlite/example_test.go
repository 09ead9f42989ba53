package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3/vfs"

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

// A listing is the operating system's VFS, and says what is opened.
type listing struct{ vfs.VFSFilename }

func (l listing) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	fmt.Println("opens", filepath.Base(name.String()))
	return l.VFSFilename.OpenFilename(name, flags)
}

// A store on a VFS of one's own.
func ExampleOpenVFS() {
	folder, err := os.MkdirTemp("", "failmail")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	vfs.Register("listing", listing{vfs.Find("os").(vfs.VFSFilename)})
	defer vfs.Unregister("listing")
	s, err := sqlite.OpenVFS(filepath.Join(folder, "failmail.db"), store.Limits{}, "listing")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Close())
	// Output:
	// opens failmail.db
	// opens failmail.db-journal
	// opens failmail.db-wal
	// <nil>
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
