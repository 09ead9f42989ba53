// Package demo sends a storm of mails through a proxy and shows the summary.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/sink"
	"github.com/hut8labs/failmail/internal/storm"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// Options say how the demo goes.
type Options struct {
	Mails int           // to send, at least one
	Wait  time.Duration // from the last mail to the summary
	Out   io.Writer
	Log   *slog.Logger // the proxy's; nil for none
}

// Run runs the proxy, a relay to throw away and four hosts in trouble, on free ports.
// The summaries stay in a temporary folder that it names.
func Run(ctx context.Context, o Options) error {
	folder, err := os.MkdirTemp("", "failmail-demo-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w; set TMPDIR to a folder you can write to", err)
	}
	return (&demo{o, folder}).run(ctx)
}

type demo struct {
	Options
	folder string
}

func (d *demo) run(ctx context.Context) (err error) {
	relay, err := sink.Start("localhost:0")
	if err != nil {
		return err
	}
	defer relay.Stop()
	spool, err := sqlite.Open(filepath.Join(d.folder, "failmail.db"), store.Limits{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, spool.Close(), os.Remove(filepath.Join(d.folder, "failmail.db"))) }()
	proxy, err := failmail.New(failmail.Config{
		Bind: "localhost:0", Relay: relay.Addr(), From: "failmail@demo.example", Hostname: "demo.example",
		Wait: d.Wait, FailDir: filepath.Join(d.folder, "failed"), Store: spool, Logger: d.Log,
	})
	if err != nil {
		return err
	}
	if err := proxy.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, proxy.Shutdown(context.WithoutCancel(ctx))) }()
	fmt.Fprintf(d.Out, "The proxy listens on %s, the relay on %s.\n", proxy.Addr(), relay.Addr())

	start := time.Now()
	if err := d.flood(ctx, proxy.Addr().String()); err != nil {
		return err
	}
	sent := time.Since(start)
	fmt.Fprintf(d.Out, "Sent %d mails in %.1f s. Waiting %s for the summary ...\n", d.Mails, sent.Seconds(), d.Wait)
	summaries, err := relay.WaitFor(ctx, func(mails []*receive.Message) bool { return standsFor(mails) >= d.Mails })
	if err != nil {
		return fmt.Errorf("wait for the summary: %w", err)
	}
	return d.show(summaries, time.Since(start))
}

// flood sends the storm, each host over a connection of its own.
func (d *demo) flood(ctx context.Context, addr string) error {
	byHost := make(map[string][]storm.Mail)
	for _, m := range storm.Mails(1, d.Mails, time.Now()) {
		byHost[m.Helo] = append(byHost[m.Helo], m)
	}
	var sent atomic.Int64
	errs := make(chan error, len(byHost))
	var hosts sync.WaitGroup
	for _, mails := range byHost {
		hosts.Go(func() { errs <- inject(ctx, addr, mails, &sent) })
	}
	go func() { hosts.Wait(); close(errs) }()
	progress := time.NewTicker(200 * time.Millisecond)
	defer progress.Stop()
	var failures []error
	for {
		select {
		case <-progress.C:
			fmt.Fprintf(d.Out, "  %d of %d mails sent from %d hosts\n", sent.Load(), d.Mails, len(byHost))
		case err, open := <-errs:
			if !open {
				return errors.Join(failures...)
			}
			if err != nil {
				failures = append(failures, err)
			}
		}
	}
}

// inject sends mails over one connection, as an application would.
func inject(ctx context.Context, addr string, mails []storm.Mail, sent *atomic.Int64) error {
	session, err := deliver.Dial(ctx, addr)
	if err != nil {
		return err
	}
	defer session.Close()
	if err := session.Hello(mails[0].Helo); err != nil {
		return fmt.Errorf("greet the proxy: %w", err)
	}
	for _, m := range mails {
		if err := sendOne(session, m); err != nil {
			return fmt.Errorf("send a mail to the proxy: %w", err)
		}
		sent.Add(1)
	}
	return session.Quit()
}

func sendOne(c *smtp.Client, m storm.Mail) error {
	if err := c.Mail(m.From, nil); err != nil {
		return err
	}
	for _, to := range m.To {
		if err := c.Rcpt(to, nil); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(m.Data); err != nil {
		return err
	}
	return w.Close()
}

// standsFor adds up how many mails the summaries count.
func standsFor(mails []*receive.Message) int {
	total := 0
	for _, m := range mails {
		n, _ := strconv.Atoi(m.Header.Get("X-Failmail-Count"))
		total += n
	}
	return total
}

func (d *demo) show(summaries []*receive.Message, took time.Duration) error {
	for i, m := range summaries {
		fmt.Fprintf(d.Out, "\nFrom:    %s\nTo:      %s\nSubject: %s\n\n%s\n",
			m.Header.Get("From"), m.Header.Get("To"), m.Subject(), m.Body())
		name := filepath.Join(d.folder, fmt.Sprintf("summary-%d", i+1))
		if err := os.WriteFile(name+".eml", m.Raw, 0o600); err != nil {
			return err
		}
		if err := os.WriteFile(name+".html", []byte(m.HTML()), 0o600); err != nil {
			return err
		}
	}
	noun := "mails"
	if len(summaries) == 1 {
		noun = "mail"
	}
	fmt.Fprintf(d.Out, "%d mails became %d %s in %.1f s, %s of them waiting for more.\n",
		d.Mails, len(summaries), noun, took.Seconds(), d.Wait)
	fmt.Fprintf(d.Out, "Look at it in a browser: %s\n", filepath.Join(d.folder, "summary-1.html"))
	return nil
}
