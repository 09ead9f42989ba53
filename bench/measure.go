package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A measurement is one turn of one peer.
type measurement struct {
	rate          float64       // mails acknowledged in a second
	cpu           time.Duration // of the server, for a mail
	memory        int64         // largest resident size, in bytes
	store         int64         // size on disk at the end, in bytes
	p50, p99, max time.Duration // reply to the final dot
}

// measure runs l once against a fresh p.
func measure(ctx context.Context, p peer, l load) (m measurement, err error) {
	folder, err := os.MkdirTemp("", "failmail-bench-")
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(folder)
	addr, err := freeAddress()
	if err != nil {
		return m, err
	}
	cmd := p.command(folder, addr)
	cmd.Stderr = os.Stderr
	separate(cmd)
	if err := cmd.Start(); err != nil {
		return m, err
	}
	defer end(cmd)
	if err := await(ctx, addr); err != nil {
		return m, err
	}
	before := usage(cmd.Process.Pid)
	g, err := l.generate(ctx, addr)
	if err != nil {
		return m, err
	}
	after := usage(cmd.Process.Pid)
	n := len(g.replies)
	m = measurement{
		rate: float64(n) / g.took.Seconds(), cpu: (after.cpu - before.cpu) / time.Duration(n), memory: after.memory,
		p50: g.replies[n/2], p99: g.replies[n*99/100], max: g.replies[n-1],
	}
	if p.files != "" {
		m.store = sizeOf(filepath.Join(folder, p.files))
	}
	return m, nil
}

func end(cmd *exec.Cmd) {
	cmd.Process.Signal(syscall.SIGTERM)
	gone := make(chan struct{})
	go func() { cmd.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		killSession(cmd)
		<-gone
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// await returns when addr greets.
func await(ctx context.Context, addr string) error {
	deadline := time.Now().Add(20 * time.Second)
	for {
		c, err := connect(ctx, addr)
		if err == nil {
			c.quit()
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

type used struct {
	cpu    time.Duration
	memory int64
}

// usage adds up what a process and its descendants have used.
func usage(root int) (sum used) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return sum
	}
	parents, cpu := make(map[int]int), make(map[int]time.Duration)
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 15 {
			continue
		}
		parents[pid], _ = strconv.Atoi(fields[1])
		const tick = 10 * time.Millisecond    // USER_HZ is 100 on Linux
		for _, field := range fields[11:15] { // utime, stime, and of children that were waited for
			n, _ := strconv.ParseInt(field, 10, 64)
			cpu[pid] += time.Duration(n) * tick
		}
	}
	for pid := range parents {
		for ancestor := pid; ancestor > 1; ancestor = parents[ancestor] {
			if ancestor == root {
				sum.cpu += cpu[pid]
				sum.memory += peak(pid)
				break
			}
		}
	}
	return sum
}

func peak(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10
		}
	}
	return 0
}

func sizeOf(pattern string) (size int64) {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return 0
	}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			size += info.Size()
		}
	}
	return size
}

// median returns the measurement with the median rate; the figures of one turn
// belong together.
func median(runs []measurement) measurement {
	slices.SortFunc(runs, func(a, b measurement) int { return int(a.rate - b.rate) })
	return runs[len(runs)/2]
}
