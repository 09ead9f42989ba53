//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// failures are programs that do not take over. The node hands one socket over, so
// that 4 and 5 are the pipes to it and from it.
var failures = []string{
	"exit 1",
	"kill -SEGV $$",
	"echo release >&4; read turn <&5; exit 1",          // when nobody serves
	"echo release >&4; read turn <&5; sleep 1; exit 1", // slowly
}

// handOverInVain has the node hand over to a program that fails, after which it must
// go on as the process that it is.
func (n *node) handOverInVain(script string) error {
	right := n.binary + ".right"
	if err := os.Rename(n.binary, right); err != nil {
		return err
	}
	if err := os.WriteFile(n.binary, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		return err
	}
	before := n.handoversInVain()
	pid := n.pid()
	n.signal(syscall.SIGUSR1)
	for deadline := time.Now().Add(startTimeout); n.handoversInVain() == before; time.Sleep(10 * time.Millisecond) {
		if n.ended() || time.Now().After(deadline) {
			return fmt.Errorf("%d did not outlive a hand-over that fails; see %s", pid, n.log())
		}
	}
	if err := os.Rename(right, n.binary); err != nil {
		return err
	}
	return n.await()
}

// handoversInVain returns how many are in the log.
func (n *node) handoversInVain() int {
	log, err := os.ReadFile(n.log())
	if err != nil {
		return 0
	}
	return strings.Count(string(log), "cannot hand over")
}
