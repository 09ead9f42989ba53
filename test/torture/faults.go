package main

import (
	"syscall"
	"time"
)

// A fault is what is done under load, at a random instant.
type fault struct {
	name     string
	postgres bool // the store, SQLite otherwise
	nodes    int  // how many share it; 1 if it is 0
	fills    bool // the disk
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
