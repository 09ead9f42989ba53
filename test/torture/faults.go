//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A fault is what is done under load, at a random instant.
type fault struct {
	name     string
	postgres bool // the store, SQLite otherwise
	nodes    int  // how many share it; 1 if it is 0
	fills    bool // the disk
	archives bool // every mail, in the folder all
	whole    bool // no batch is due before the load ends, so each must become one summary
	do       func(r *round) error
}

// lines returns how long mails are. Those that are to fill a disk are long: what a
// store keeps of a batch does not grow with the mails.
func (f fault) lines() int {
	if f.fills {
		return 2000
	}
	return 100
}

var faults = []fault{
	{name: "kill -9", do: func(r *round) error { return r.killAndStart(0) }},
	{name: "kill -9 twice", do: func(r *round) error {
		if err := r.killAndStart(0); err != nil {
			return err
		}
		r.pause(0, 300*time.Millisecond)
		return r.killAndStart(0)
	}},
	{name: "kill -9, relay down", do: func(r *round) error {
		r.relay.RefuseAll(421, "too busy")
		r.pause(200*time.Millisecond, 500*time.Millisecond)
		if err := r.killAndStart(0); err != nil {
			return err
		}
		r.relay.Refuse(nil)
		return nil
	}},
	{name: "SIGSTOP", do: func(r *round) error {
		r.nodes[0].signal(syscall.SIGSTOP)
		r.pause(200*time.Millisecond, time.Second)
		r.nodes[0].signal(syscall.SIGCONT)
		return nil
	}},
	{name: "relay throttles", do: func(r *round) error {
		r.relay.RefuseAll(421, "too busy")
		r.pause(200*time.Millisecond, 700*time.Millisecond)
		r.relay.Refuse(nil)
		return nil
	}},
	{name: "SIGTERM", do: func(r *round) error {
		if err := r.nodes[0].stop(); err != nil {
			return err
		}
		return r.nodes[0].start()
	}},
	{name: "hand-over", do: func(r *round) error { return r.nodes[0].handOver() }},
	{name: "hand-over that fails", do: func(r *round) error {
		if err := r.nodes[0].handOverInVain(failures[r.random.IntN(len(failures))]); err != nil {
			return err
		}
		return r.nodes[0].handOver()
	}},
	{name: "disk full", fills: true, do: func(r *round) error {
		if err := r.fillDisk(); err != nil {
			return err
		}
		r.pause(200*time.Millisecond, 700*time.Millisecond)
		return r.drainDisk()
	}},
	{name: "disk full, kill -9", fills: true, do: func(r *round) error {
		if err := r.fillDisk(); err != nil {
			return err
		}
		r.pause(100*time.Millisecond, 500*time.Millisecond)
		n := r.nodes[0]
		n.kill()
		if n.start() == nil { // it may: all it needs may be there
			r.pause(50*time.Millisecond, 200*time.Millisecond)
			n.kill()
		}
		if err := r.drainDisk(); err != nil {
			return err
		}
		return n.start()
	}},
	{name: "store removed", do: func(r *round) error { return r.removeStore("failmail.db") }},
	{name: "log of the store removed", do: func(r *round) error { return r.removeStore("failmail.db-wal") }},
	{name: "store removed, kill -9 once it is back", do: func(r *round) error {
		if err := r.removeStore("failmail.db"); err != nil {
			return err
		}
		if err := r.await("the store", func() bool { return exists(filepath.Join(r.nodes[0].folder, "failmail.db")) }); err != nil {
			return err
		}
		r.pause(50*time.Millisecond, 300*time.Millisecond)
		return r.killAndStart(0)
	}},
	{name: "store removed, SIGTERM", do: func(r *round) error {
		if err := r.removeStore("failmail.db"); err != nil {
			return err
		}
		return errors.Join(r.nodes[0].stop(), r.nodes[0].start())
	}},
	{name: "archive in the way", archives: true, do: func(r *round) error {
		folder := filepath.Join(r.nodes[0].folder, "all", "tmp")
		if err := errors.Join(os.Rename(folder, folder+".away"), os.WriteFile(folder, nil, 0o600)); err != nil {
			return err
		}
		if err := r.await("a node that is not ready", func() bool { return r.nodes[0].gauge("failmail_ready") == 0 }); err != nil {
			return err
		}
		if err := putBack(folder); err != nil {
			return err
		}
		return r.await("a node that is ready", func() bool { return r.nodes[0].gauge("failmail_ready") == 1 })
	}},
	{name: "PostgreSQL stopped at once", postgres: true, do: func(r *round) error { return r.restartDatabase("QUIT") }},
	{name: "PostgreSQL kill -9", postgres: true, do: func(r *round) error { return r.restartDatabase("KILL") }},
	{name: "PostgreSQL, node kill -9", postgres: true, do: func(r *round) error { return r.killAndStart(0) }},
	{name: "3 nodes, one killed", postgres: true, nodes: 3, whole: true, do: func(r *round) error {
		return r.killAndStart(r.random.IntN(3))
	}},
	{name: "3 nodes, killed at random", postgres: true, nodes: 3, do: func(r *round) error {
		for range 4 {
			if err := r.killAndStart(r.random.IntN(3)); err != nil {
				return err
			}
			r.pause(0, 300*time.Millisecond)
		}
		return nil
	}},
	{name: "3 nodes, PostgreSQL kill -9", postgres: true, nodes: 3, do: func(r *round) error { return r.restartDatabase("KILL") }},
}

// removeStore removes a file of the store under the running node.
func (r *round) removeStore(name string) error {
	return os.Remove(filepath.Join(r.nodes[0].folder, name))
}

// noticed is how long a fault may go unnoticed, and its end; an operator is promised
// ten seconds on a machine that does something else than torture.
const noticed = 30 * time.Second

// await returns when what is waited for is there.
func (r *round) await(what string, there func() bool) error {
	for deadline := time.Now().Add(noticed); !there(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not there after %s", what, noticed)
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (r *round) killAndStart(i int) error {
	r.nodes[i].kill()
	return r.nodes[i].start()
}

func (r *round) restartDatabase(signal string) error {
	if err := r.db.stop(signal); err != nil {
		return err
	}
	r.pause(0, 400*time.Millisecond)
	return r.db.start()
}

// fillDisk also stops the relay, since what is delivered makes space.
func (r *round) fillDisk() error {
	r.relay.RefuseAll(421, "too busy")
	return r.disk.fill()
}

func (r *round) drainDisk() error {
	r.relay.Refuse(nil)
	return r.disk.drain()
}

// putBack puts a folder in place of the file in its way. Meanwhile failmail may make the
// folder anew, so it takes more than one try.
func putBack(folder string) (err error) {
	for range 100 {
		if err = os.RemoveAll(folder); err != nil {
			return err
		}
		if err = os.Rename(folder+".away", folder); err == nil {
			return nil
		}
	}
	return err
}
