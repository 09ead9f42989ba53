package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hut8labs/failmail/internal/sink"
	"github.com/hut8labs/failmail/pkg/receive"
)

// A fault is what is done to a failmail under load, at a random instant.
type fault struct {
	name string
	do   func(r *round)
}

var faults = []fault{
	{"kill -9", func(r *round) { r.kill(); r.start() }},
	{"kill -9 twice", func(r *round) { r.kill(); r.start(); r.pause(200 * time.Millisecond); r.kill(); r.start() }},
	{"kill -9, relay down", func(r *round) {
		r.relayDown(true)
		r.pause(300 * time.Millisecond)
		r.kill()
		r.start()
		r.relayDown(false)
	}},
	{"SIGSTOP", func(r *round) {
		r.process.Process.Signal(syscall.SIGSTOP)
		r.pause(500 * time.Millisecond)
		r.process.Process.Signal(syscall.SIGCONT)
	}},
	{"relay throttles", func(r *round) { r.relayDown(true); r.pause(500 * time.Millisecond); r.relayDown(false) }},
	{"SIGTERM", func(r *round) { r.process.Process.Signal(syscall.SIGTERM); r.process.Wait(); r.start() }},
}

// An outcome is what one round has shown.
type outcome struct {
	acknowledged, unanswered, counted, summaries, repeated int
	missing, doubled                                       int
}

type round struct {
	binary  string
	random  *rand.Rand
	folder  string
	relay   *sink.Sink
	addr    string
	http    string
	process *exec.Cmd

	attempted, acknowledged atomic.Int64
	err                     error // of start
}

const (
	sessions   = 10
	perRound   = 2 * time.Second // how long clients send
	settleTime = 2 * time.Minute // how long what is pending may take in the end
)

func (r *round) run(ctx context.Context, f fault) (o outcome, err error) {
	if r.folder, err = os.MkdirTemp("", "failmail-torture-"); err != nil {
		return o, err
	}
	if r.relay, err = sink.Start("127.0.0.1:0"); err != nil {
		return o, err
	}
	defer r.relay.Stop()
	r.addr, r.http = freeAddress(), freeAddress()
	r.start()
	if r.err != nil {
		return o, r.err
	}
	sending, stop := context.WithTimeout(ctx, perRound)
	defer stop()
	var clients sync.WaitGroup
	for session := range sessions {
		clients.Go(func() { r.client(sending, session) })
	}
	r.pause(50*time.Millisecond + time.Duration(r.random.Int64N(int64(perRound-300*time.Millisecond))))
	f.do(r)
	if r.err != nil {
		return o, r.err
	}
	clients.Wait()
	if err := r.settle(ctx); err != nil {
		return o, err
	}
	r.process.Process.Signal(syscall.SIGTERM)
	if err := r.process.Wait(); err != nil {
		return o, fmt.Errorf("at the end: %w", err)
	}
	o = r.count()
	if o.missing == 0 && o.doubled == 0 {
		os.RemoveAll(r.folder)
	}
	return o, nil
}

func (r *round) pause(d time.Duration) { time.Sleep(d) }

func (r *round) kill() {
	r.process.Process.Kill()
	r.process.Wait()
}

func (r *round) start() {
	r.process = exec.Command(r.binary, "--bind="+r.addr, "--bind-http="+r.http, "--relay="+r.relay.Addr(), "--store=sqlite:failmail.db",
		"--wait=100ms", "--max-wait=300ms", "--retry-for=1h", "--log-level=error")
	r.process.Dir = r.folder
	log, err := os.OpenFile(filepath.Join(r.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		r.err = err
		return
	}
	defer log.Close()
	r.process.Stderr = log
	if r.err = r.process.Start(); r.err != nil {
		return
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", r.addr)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			r.err = fmt.Errorf("failmail did not start: %w; see %s/log", err, r.folder)
			return
		}
	}
}

func (r *round) relayDown(down bool) {
	if down {
		r.relay.RefuseAll(421, "too busy")
		return
	}
	r.relay.Refuse(nil)
}

// client sends mails until ctx ends, over a new connection whenever one is lost.
func (r *round) client(ctx context.Context, session int) {
	for n := 0; ctx.Err() == nil; {
		c, err := smtp.Dial(r.addr)
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		for ; ctx.Err() == nil; n++ {
			if r.send(c, session, n) != nil {
				break
			}
		}
		c.Close()
	}
}

func (r *round) send(c *smtp.Client, session, n int) error {
	if err := c.Mail("app@example.com"); err != nil {
		return err
	}
	if err := c.Rcpt("ops@example.com"); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	r.attempted.Add(1)
	if _, err := fmt.Fprintf(w, "Subject: error %d\r\n\r\nOrder %d failed.\r\n%s", session%3, n, strings.Repeat("0123456789abcdef\r\n", 100)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	r.acknowledged.Add(1)
	return nil
}

// settle waits until nothing is pending.
func (r *round) settle(ctx context.Context) error {
	for deadline := time.Now().Add(settleTime); ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		if r.gauge("failmail_pending_mails") == 0 && r.gauge("failmail_outbox_summaries") == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("something is still pending after %s; see %s/log", settleTime, r.folder)
		}
	}
	return ctx.Err()
}

// gauge reads one metric; -1 if it cannot be read.
func (r *round) gauge(name string) int {
	response, err := http.Get("http://" + r.http + "/metrics")
	if err != nil {
		return -1
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return -1
	}
	_, rest, found := strings.Cut(string(text), "\n"+name+" ")
	value, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseFloat(value, 64)
	if !found || err != nil {
		return -1
	}
	return int(n)
}

// count compares what was acknowledged with what the summaries stand for. One
// with a Message-ID that was seen is a copy, which receivers drop.
func (r *round) count() (o outcome) {
	seen := make(map[string]bool)
	for _, m := range r.relay.Mails() {
		o.summaries++
		id := m.Header.Get("Message-Id")
		if seen[id] {
			o.repeated++
			continue
		}
		seen[id] = true
		o.counted += countOf(m)
	}
	o.acknowledged = int(r.acknowledged.Load())
	o.unanswered = int(r.attempted.Load()) - o.acknowledged
	o.missing = max(o.acknowledged-o.counted, 0)
	o.doubled = max(o.counted-o.acknowledged-o.unanswered, 0)
	return o
}

func countOf(m *receive.Message) int {
	n, _ := strconv.Atoi(m.Header.Get("X-Failmail-Count"))
	return n
}

func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err) // there is always a free port
	}
	defer l.Close()
	return l.Addr().String()
}
