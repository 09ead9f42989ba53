//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hut8labs/failmail/internal/sink"
	"github.com/hut8labs/failmail/pkg/receive"
)

// What a storm of equal mails may take.
const (
	maxStore  = 16 << 20
	maxMemory = 96 << 20
)

// A storm is many mails that must need little space.
type storm struct {
	name   string
	groups int // that the mails are spread over
	// Bounds; 0 for none but the usual ones.
	store, memory int64
}

var storms = []storm{
	{"equal mails", 1, maxStore, maxMemory},
	// 1,000 groups of a batch with a sample each, and the next batch: 4 KiB a group
	// twice, and the log of the database.
	{"mails over many groups", 50_000, 64 << 20, 256 << 20},
}

const stormSessions = 100

// A watch notes the largest store and memory.
type watch struct {
	store, memory int64
	marks         []string // memory when 1, 10, 20 … hundredths were acknowledged
}

// bounds sends mails through a new node and says what that took.
func (s storm) bounds(ctx context.Context, binary string, mails int) error {
	folder, err := os.MkdirTemp("", "failmail-torture-")
	if err != nil {
		return err
	}
	relay, err := sink.Start("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer relay.Stop()
	n, err := newNode(binary, folder, "--relay="+relay.Addr(), "--store=sqlite:failmail.db", "--wait=5s", "--max-wait=1m", "--retry-for=1h")
	if err != nil {
		return err
	}
	if err := n.start(); err != nil {
		return err
	}
	fmt.Printf("%d %s, %d groups, %d sessions\n", mails, s.name, s.groups, stormSessions)
	var sent atomic.Int64
	var w watch
	watching, stop := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() { w.run(watching, n, &sent, mails) })
	begin := time.Now()
	err = s.send(ctx, n.addr, mails, &sent)
	took := time.Since(begin)
	for err == nil && !n.idle() {
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	peak := n.memory("VmHWM")
	stop()
	watcher.Wait()
	if err = errors.Join(err, n.stop()); err != nil {
		return fmt.Errorf("%w; the store is in %s", err, folder)
	}
	got := countMails(relay.Mails())
	fmt.Printf("  acknowledged %d in %s, %.0f/s; %s\n", sent.Load(), took.Round(time.Second), float64(sent.Load())/took.Seconds(), got)
	fmt.Printf("  store at most %.1f MiB, resident memory at most %.1f MiB (%s)\n", mib(w.store), mib(peak), strings.Join(w.marks, ", "))
	if err := errors.Join(got.check(int(sent.Load()), s.groups), within("store", w.store, s.store), within("resident memory", peak, s.memory)); err != nil {
		return fmt.Errorf("%s: %w; the store is in %s", s.name, err, folder)
	}
	return os.RemoveAll(folder)
}

func within(what string, size, bound int64) error {
	if size > bound {
		return fmt.Errorf("%s: %.1f MiB, more than %.0f", what, mib(size), mib(bound))
	}
	return nil
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

func (s storm) send(ctx context.Context, addr string, mails int, sent *atomic.Int64) error {
	errs := make([]error, stormSessions)
	var next atomic.Int64
	var clients sync.WaitGroup
	for session := range stormSessions {
		clients.Go(func() {
			c, err := dial(addr)
			if err != nil {
				errs[session] = err
				return
			}
			defer c.close()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= mails {
					return
				}
				if errs[session] = errors.Join(c.begin(), c.finish(s.mail(i))); errs[session] != nil {
					return
				}
				sent.Add(1)
			}
		})
	}
	clients.Wait()
	return errors.Join(errs...)
}

var lines = strings.Repeat("2026-03-09 03:17:21,037 ERROR worker-7 request failed for order 17 after 3021 ms\r\n", 50)

// mail returns the i-th mail, 4 KiB.
func (s storm) mail(i int) []byte {
	// A word, as digits would be masked.
	word := strings.Map(func(digit rune) rune { return digit - '0' + 'a' }, fmt.Sprint(i%s.groups))
	subject := "Subject: error " + word + " of the shop\r\nFrom: app@example.com\r\n\r\n"
	return append([]byte(subject), lines[:4096-len(subject)-2]+"\r\n"...)
}

// run watches until ctx ends.
func (w *watch) run(ctx context.Context, n *node, sent *atomic.Int64, mails int) {
	next := mails / 100
	for ctx.Err() == nil {
		w.store = max(w.store, sizeOf(filepath.Join(n.folder, "failmail.db*")))
		w.memory = max(w.memory, n.memory("VmRSS"))
		if int(sent.Load()) >= next && next <= mails {
			w.marks = append(w.marks, fmt.Sprintf("%.0f after %d", mib(n.memory("VmRSS")), next))
			next = next/(mails/10)*(mails/10) + mails/10
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func sizeOf(pattern string) (size int64) {
	files, _ := filepath.Glob(pattern) // the pattern is good
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			size += info.Size()
		}
	}
	return size
}

// A counted is what the summaries of a storm say.
type counted struct {
	summaries, mails int
	mostGroups       int // of one summary
	omitted          int // mails of groups that were not kept, as the summaries say
}

func (c counted) String() string {
	return fmt.Sprintf("%d summaries stand for %d mails, show at most %d groups, and tell of %d mails of errors not kept", c.summaries, c.mails, c.mostGroups, c.omitted)
}

var omission = regexp.MustCompile(`(?m)^ *([\d,]+)  of further errors, whose details were not kept`)

func countMails(summaries []*receive.Message) (c counted) {
	for _, m := range summaries {
		c.summaries++
		c.mails += number(m, "X-Failmail-Count")
		c.mostGroups = max(c.mostGroups, number(m, "X-Failmail-Groups"))
		if found := omission.FindStringSubmatch(m.Body()); found != nil {
			omitted, _ := strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
			c.omitted += omitted
		}
	}
	return c
}

// check compares with what was acknowledged.
func (c counted) check(acknowledged, groups int) error {
	const keptGroups = 1000 // of a batch, as store.Limits has it
	switch {
	case c.mails != acknowledged:
		return fmt.Errorf("%d mails were acknowledged, and the summaries stand for %d", acknowledged, c.mails)
	case c.mostGroups > keptGroups:
		return fmt.Errorf("a summary has %d groups, more than %d", c.mostGroups, keptGroups)
	case groups > keptGroups && c.omitted == 0:
		return errors.New("no summary says that errors were not kept")
	}
	return nil
}

func number(m *receive.Message, header string) int {
	n, _ := strconv.Atoi(m.Header.Get(header))
	return n
}
