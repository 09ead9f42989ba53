//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A soak is hours of a node's life: storms and quiet, while the relay has troubles,
// the settings are read anew, and the process is replaced. It asks what a round does
// not: whether anything grows that should not.
//
//	load                          load                     load
//	├──SIGUSR1─────────┤ quiet end ├──────────────┤ quiet end ├─SIGTERM─┤ all is summarised
//	 process 1 │         process 2                            │ process 3
//
// The second process is the one to compare: as long before the first quiet end as
// between the two.
type soak struct {
	length  time.Duration
	node    *node
	relay   *relay
	ledger  ledger
	traffic *traffic
	started time.Time
	tempo   tempo

	replacing sync.Mutex // held while the process, or a file of it, is replaced

	mu       sync.Mutex
	samples  []sample
	troubles map[trouble]int
	reloads  int
	removals int // of files of the store
}

func runSoak(ctx context.Context, binary string, length time.Duration) error {
	folder, err := os.MkdirTemp("", "failmail-soak-")
	if err != nil {
		return err
	}
	s := &soak{length: length, started: time.Now(), tempo: tempoOf(length), troubles: make(map[trouble]int)}
	err = s.run(ctx, binary, folder)
	if err != nil {
		return fmt.Errorf("%w; the store and the log are in %s", err, folder)
	}
	return os.RemoveAll(folder)
}

func (s *soak) run(ctx context.Context, binary, folder string) (err error) {
	if err := adopt(); err != nil {
		return err
	}
	if s.relay, err = startRelay(); err != nil {
		return err
	}
	defer s.relay.close()
	settings := filepath.Join(folder, "failmail.toml")
	if err := write(settings, 0); err != nil {
		return err
	}
	s.node, err = newNode(binary, folder, "--config="+settings, "--pidfile="+pidfile, "--relay="+s.relay.addr, "--store=sqlite:failmail.db",
		"--retry-for=24h", "--subject={{.Batch}}")
	if err != nil {
		return err
	}
	if err := s.node.start(); err != nil {
		return err
	}
	defer func() {
		if !s.node.ended() {
			s.node.kill()
		}
	}()
	s.traffic = &traffic{addr: s.node.addr, page: "http://" + s.node.http, ledger: &s.ledger, storms: s.tempo.storm, quiet: s.tempo.quiet}
	fmt.Printf("soak of %s: storms of %s to %s from 20 to 60 sessions, then %s to %s of little\n",
		s.length, s.tempo.storm.from, s.tempo.storm.to, s.tempo.quiet.from, s.tempo.quiet.to)
	watching, stop := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() { s.watch(watching) })
	first, second, err := s.lead(ctx)
	stop()
	watcher.Wait()
	if err != nil {
		return err
	}
	return s.judge(first, second)
}

// lead leads the node through its life. It returns what it takes at the two quiet
// ends.
func (s *soak) lead(ctx context.Context) (first, second sample, err error) {
	t := s.tempo
	half := (s.length - 2*t.edge - 2*t.window) / 2
	if err := s.load(ctx, t.edge, half, s.handOver); err != nil {
		return first, second, err
	}
	if first, err = s.quietEnd(ctx); err != nil {
		return first, second, err
	}
	if err := s.load(ctx, half, 0, nil); err != nil {
		return first, second, err
	}
	if second, err = s.quietEnd(ctx); err != nil {
		return first, second, err
	}
	restart := func() error { return errors.Join(s.node.stop(), s.node.start()) }
	if err := s.load(ctx, t.edge/2, t.edge/2, restart); err != nil {
		return first, second, err
	}
	return first, second, errors.Join(s.settle(ctx), s.node.stop())
}

// load lasts for before and after, between which replace is done.
func (s *soak) load(ctx context.Context, before, after time.Duration, replace func() error) error {
	loading, stop := context.WithCancel(ctx)
	var parts sync.WaitGroup
	parts.Go(func() { s.traffic.run(loading) })
	failed := make(chan error, 1)
	parts.Go(func() { failed <- s.vex(loading) })
	parts.Go(func() { s.reload(loading) })
	parts.Go(func() { s.rob(loading) })
	pause(ctx, before)
	var err error
	if replace != nil && ctx.Err() == nil {
		s.replacing.Lock()
		s.say("replacing the process")
		err = replace()
		s.replacing.Unlock()
		pause(ctx, after)
	}
	stop()
	parts.Wait()
	return errors.Join(err, <-failed, ctx.Err())
}

// handOver replaces the process by one that takes over its sockets, so that no client
// may notice.
func (s *soak) handOver() error {
	before := s.traffic.unreachable.Load()
	if err := s.node.handOver(); err != nil {
		return err
	}
	if n := s.traffic.unreachable.Load() - before; n > 0 {
		return fmt.Errorf("%d clients could not connect while the process handed over", n)
	}
	return nil
}

// vex gives the relay its troubles, and ends the last one when ctx ends.
func (s *soak) vex(ctx context.Context) error {
	for turn := rand.IntN(len(troubles)); pause(ctx, s.tempo.work.random()); turn++ {
		t := troubles[turn%len(troubles)]
		s.mu.Lock()
		s.troubles[t]++
		s.mu.Unlock()
		if err := s.relay.turn(t); err != nil {
			return err
		}
		pause(ctx, s.tempo.trouble.random())
		if err := s.relay.turn(none); err != nil {
			return err
		}
	}
	return nil
}

// reload changes the settings and sends SIGHUP, but not while a process is about to
// be replaced, or it might not be there yet to take it.
func (s *soak) reload(ctx context.Context) {
	for n := 1; pause(ctx, s.tempo.reload.random()); n++ {
		if err := write(filepath.Join(s.node.folder, "failmail.toml"), n); err != nil {
			log.Print(err)
			continue
		}
		if s.node.gauge("failmail_store_up") != 1 {
			continue // nobody is there, or has not come as far as to take signals
		}
		s.node.signal(syscall.SIGHUP)
		s.mu.Lock()
		s.reloads++
		s.mu.Unlock()
	}
}

// rob removes a file of the store now and then, which the node writes again. It does
// not while the process is being replaced.
func (s *soak) rob(ctx context.Context) {
	for n := 1; pause(ctx, 2*s.tempo.reload.random()); n++ {
		if s.node.gauge("failmail_ready") != 1 {
			continue
		}
		s.replacing.Lock()
		path := filepath.Join(s.node.folder, []string{"failmail.db", "failmail.db-wal"}[n%2])
		if os.Remove(path) == nil {
			s.removals++
			for !exists(path) && pause(ctx, 20*time.Millisecond) {
			}
		}
		s.replacing.Unlock()
	}
}

// write writes the n-th settings.
func write(path string, n int) error {
	text := fmt.Sprintf("wait = \"%dms\"\nmax-wait = \"%ds\"\n", 500+n%4*500, 4+n%3*2)
	return errors.Join(os.WriteFile(path+".new", []byte(text), 0o600), os.Rename(path+".new", path))
}

// settle waits until all is summarised. An operator's "Retry now" shortens what is
// waited for after a trouble.
func (s *soak) settle(ctx context.Context) error {
	for deadline := time.Now().Add(settleTime); !s.node.idle(); {
		response, err := http.Post("http://"+s.node.http+"/api/retry", "application/json", strings.NewReader("{}"))
		if err == nil {
			response.Body.Close()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("something is still pending after %s", settleTime)
		}
		if !pause(ctx, 200*time.Millisecond) {
			return ctx.Err()
		}
	}
	return nil
}

const collectionsMetric = "go_gc_duration_seconds_count"

// quietEnd returns the least of what the node takes while nothing happens.
func (s *soak) quietEnd(ctx context.Context) (sample, error) {
	if err := s.settle(ctx); err != nil {
		return sample{}, err
	}
	from := time.Since(s.started)
	collections := s.node.gauge(collectionsMetric)
	pause(ctx, s.tempo.window)
	// The heap is compared after a collection, and being asked lets it grow towards one.
	for deadline := time.Now().Add(settleTime); s.node.gauge(collectionsMetric) == collections && time.Now().Before(deadline); {
		pause(ctx, 50*time.Millisecond)
	}
	pause(ctx, 2*s.tempo.sample)
	s.mu.Lock()
	defer s.mu.Unlock()
	var quiet []sample
	for _, one := range s.samples {
		if one.at > from {
			quiet = append(quiet, one)
		}
	}
	if len(quiet) == 0 {
		return sample{}, errors.Join(errors.New("no sample was taken while all was quiet"), ctx.Err())
	}
	return least(quiet), ctx.Err()
}

// watch takes samples until ctx ends.
func (s *soak) watch(ctx context.Context) {
	for reported := time.Duration(0); pause(ctx, s.tempo.sample); {
		one, ok := take(s.node)
		if !ok {
			continue
		}
		one.at, one.mails = time.Since(s.started), s.traffic.mails.Load()
		s.mu.Lock()
		s.samples = append(s.samples, one)
		s.mu.Unlock()
		if one.at-reported >= s.tempo.report {
			reported = one.at
			s.say(fmt.Sprintf("%d mails, %s", one.mails, one))
		}
	}
}

func (s *soak) say(what string) {
	fmt.Printf("%8s  %s\n", time.Since(s.started).Round(time.Second), what)
}

// judge prints what was seen, and says what must not be.
func (s *soak) judge(first, second sample) error {
	const parts = 12
	fmt.Printf("\n%s\n", table(s.samples, parts))
	fmt.Printf("quiet end of the first half:  %s\nquiet end of the second half: %s\n", first, second)
	t := s.traffic
	fmt.Printf("%d storms, %d connections, of which %d broke off and %d were refused with a reply; %d could not connect\n",
		t.storm.Load(), t.connections.Load(), t.brokenOff.Load(), t.refusedConnections.Load(), t.unreachable.Load())
	fmt.Printf("troubles of the relay:")
	for _, trouble := range troubles {
		fmt.Printf(" %s %d", trouble, s.troubles[trouble])
	}
	fmt.Printf("; settings read anew %d times; files of the store removed %d times\n", s.reloads, s.removals)
	o := s.ledger.settle(s.relay.taken(), false)
	fmt.Printf("%s\n%s\n", rowHeader, o.row())
	var lost error
	if o.missing > 0 || o.doubled > 0 {
		lost = fmt.Errorf("%d missing, %d doubled", o.missing, o.doubled)
	}
	return errors.Join(lost, compare(first, second), within("store", most(s.samples).store, maxSoakStore))
}
