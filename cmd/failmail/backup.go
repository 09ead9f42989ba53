package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// backupTimeout is how long a copy may take: a gigabyte over a slow network.
const backupTimeout = time.Hour

func backupCommand() *cli.Command {
	return &cli.Command{
		Name:      "backup",
		Usage:     "write a consistent copy of the store to FILE; the proxy may be running",
		ArgsUsage: "FILE",
		Description: "The copy is a store that failmail --store=sqlite:FILE can start with. A running proxy, found by\n" +
			"--bind-http, copies its own store, whatever --store says; if none is running, the file of\n" +
			"--store is copied. FILE must not exist yet.",
		Flags: []cli.Flag{httpFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 || c.Args().First() == "" {
				return &usageError{"backup needs the name of one new file, such as failmail backup failmail-backup.db"}
			}
			target := c.Args().First()
			size, err := backup(c, target)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.App.Writer, "wrote %d bytes to %s\n", size, target)
			return nil
		},
	}
}

// backup writes to a file beside the target first, so that half a copy is never
// taken for one.
func backup(c *cli.Context, target string) (size int64, err error) {
	if _, err := os.Lstat(target); err == nil {
		return 0, &usageError{fmt.Sprintf("backup %q: the file exists; name a new one", target)}
	}
	storage, err := storageFrom(proxyOf(c))
	if err != nil {
		return 0, err
	}
	if storage.engine != "sqlite" {
		return 0, &usageError{fmt.Sprintf("--store %q is not a file that failmail can copy; back up a PostgreSQL database with pg_dump", withoutPassword(storage.url))}
	}
	part := target + ".part"
	defer func() {
		if err != nil {
			os.Remove(part)
		}
	}()
	named := c.String("http") != ""
	if pageless := proxyOf(c).String("bind-http") == ""; pageless && !named {
		err = copyStore(c.Context, storage, part)
	} else if err = fetchBackup(c, part); errors.Is(err, errConnectionRefused) && !named {
		err = copyStore(c.Context, storage, part)
	}
	if err != nil {
		return 0, err
	}
	info, err := os.Stat(part)
	if err != nil {
		return 0, err
	}
	if err := os.Rename(part, target); err != nil {
		return 0, err
	}
	return info.Size(), syncFolder(filepath.Dir(target))
}

// fetchBackup asks the running proxy.
func fetchBackup(c *cli.Context, part string) error {
	proxy, err := clientFrom(c)
	if err != nil {
		return err
	}
	proxy.timeout = backupTimeout
	response, err := proxy.send(c.Context, http.MethodPost, "/api/backup", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return proxy.refused(response)
	}
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(f, response.Body)
	if err == nil && n != response.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("read the copy: %w; try again", err)
	}
	return f.Sync()
}

// copyStore copies the file of a proxy that does not run.
func copyStore(ctx context.Context, s storage, part string) error {
	if _, err := os.Stat(s.path); err != nil { // opening would make an empty one
		return fmt.Errorf("no proxy is running, and there is no store: %w; name the file with --store", err)
	}
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	opened, err := sqlite.Open(s.path, s.limits)
	if errors.Is(err, sqlite.ErrInUse) {
		return fmt.Errorf("a proxy has %s open, and only that proxy can copy it; name its settings with --config, or its page with --http", s.path)
	}
	if err != nil {
		return ofStore(err)
	}
	return errors.Join(opened.Copy(ctx, part), opened.Close())
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
