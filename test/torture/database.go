//go:build linux

package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/internal/testutil"
)

// A database is a PostgreSQL server of the run, started when a round needs it.
type database struct {
	cluster *testutil.Cluster
	rounds  int
	url     string // of the round's schema
}

// fresh returns the URL of an empty schema.
func (d *database) fresh() (string, error) {
	if d.cluster == nil {
		var err error
		if d.cluster, err = testutil.OpenCluster(); err != nil {
			return "", err
		}
	}
	d.rounds++
	schema := fmt.Sprint("round", d.rounds)
	d.url = d.cluster.URL()
	if err := d.exec("CREATE SCHEMA " + schema); err != nil {
		return "", err
	}
	u, err := url.Parse(d.url)
	if err != nil {
		return "", err
	}
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	d.url = u.String()
	return d.url, nil
}

func (d *database) exec(sql string) error {
	conn, err := pgx.Connect(context.Background(), d.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), sql)
	return err
}

func (d *database) endLeases() error {
	return d.exec("UPDATE batches SET lease_until = 0; UPDATE outbox SET lease_until = 0")
}

// stop ends the server with a signal; KILL goes to all its processes, as when a
// machine fails.
func (d *database) stop(signal string) error {
	if signal != "KILL" {
		return d.cluster.Signal(signal)
	}
	var backend int
	conn, err := pgx.Connect(context.Background(), d.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(context.Background(), "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return err
	}
	server := parents()[backend]
	syscall.Kill(server, syscall.SIGSTOP) // or it begins more of them
	children := parents()
	err = d.cluster.Signal("KILL")
	for pid, parent := range children {
		if parent == server {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return err
}

// parents returns the parent of each process.
func parents() map[int]int {
	of := make(map[int]int)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is good
	for _, path := range stats {
		stat, _ := os.ReadFile(path) // nothing if it has ended
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			of[pid], _ = strconv.Atoi(fields[1])
		}
	}
	return of
}

func (d *database) start() error { return d.cluster.Start() }

func (d *database) remove() error {
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Remove()
}
