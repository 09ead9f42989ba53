package failmail_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hut8labs/failmail"
)

// quiet is a Proxy that keeps nothing, for the examples below: 3 mails are in it,
// and its summaries go to sender.
func quiet(sender failmail.Sender, change ...func(*failmail.Config)) (p *failmail.Proxy, stop func()) {
	config := failmail.Config{
		Bind:   failmail.NoListener,
		Store:  failmail.NewMemoryStore(),
		Sender: sender,
		Wait:   time.Hour, MaxWait: time.Hour,
	}
	for _, c := range change {
		c(&config)
	}
	p, err := failmail.New(config)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	if err := p.Start(ctx); err != nil {
		panic(err)
	}
	for i := range 3 {
		raw := fmt.Appendf(nil, "Subject: [shop] disk full\n\nonly %d bytes left on /srv\n", 100+i)
		if err := p.Submit(ctx, failmail.NewMessage("app@example.com", []string{"ops@example.com"}, raw)); err != nil {
			panic(err)
		}
	}
	return p, func() {
		if err := p.Shutdown(ctx); err != nil {
			panic(err)
		}
	}
}

// nowhere takes every mail.
var nowhere = failmail.SenderFunc(func(context.Context, *failmail.Mail) error { return nil })

// Start and Shutdown instead of Run: for a program that has more to do. It brings
// its own listener.
func ExampleProxy_Start() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := failmail.New(failmail.Config{
		Listeners: []net.Listener{listener}, // closed by Shutdown
		Store:     failmail.NewMemoryStore(),
		Sender:    nowhere,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	if err := p.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Addr().String() == listener.Addr().String(), p.Ready(ctx))

	end, cancel := context.WithTimeout(ctx, failmail.DefaultShutdownTimeout)
	defer cancel()
	fmt.Println(p.Shutdown(end))
	fmt.Println(p.Start(ctx))
	// Output:
	// true <nil>
	// <nil>
	// failmail: the proxy was started or stopped before; make a new one
}

// A Config is checked as a whole, and each mistake named.
func ExampleNew() {
	_, err := failmail.New(failmail.Config{Bind: "localhost", Wait: -time.Second})
	for _, mistake := range err.(interface{ Unwrap() []error }).Unwrap() {
		if field, ok := errors.AsType[*failmail.FieldError](mistake); ok {
			fmt.Println(field.Field)
		}
	}
	// Output:
	// Bind
	// Wait
}

// The page, the API and the probes on a mux of your own. Put your log-in around
// it, as it has none.
func ExampleProxy_Handler() {
	p, stop := quiet(nowhere)
	defer stop()
	mux := http.NewServeMux()
	mux.Handle("/failmail/", http.StripPrefix("/failmail", p.Handler()))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/failmail/readyz", nil))
	fmt.Println(w.Code)
	// Output: 200
}

// The metrics on a registry of your own.
func ExampleProxy_Metrics() {
	p, stop := quiet(nowhere)
	defer stop()
	registry := prometheus.NewRegistry()
	registry.MustRegister(p.Metrics())

	families, err := registry.Gather()
	if err != nil {
		fmt.Println(err)
	}
	for _, family := range families {
		if family.GetName() == "failmail_pending_mails" {
			fmt.Println(family.GetMetric()[0].GetGauge().GetValue())
		}
	}
	// Output: 3
}

// What is being collected, and a summary of it ahead of time.
func ExampleProxy_Flush() {
	subjects := make(chan string)
	p, stop := quiet(failmail.SenderFunc(func(_ context.Context, m *failmail.Mail) error {
		subjects <- failmail.NewMessage(m.From, m.To, m.Raw).Subject()
		return nil
	}))
	defer stop()
	ctx := context.Background()
	summaries, err := p.Open(ctx)
	if err != nil {
		fmt.Println(err)
	}
	for _, s := range summaries {
		fmt.Println(s.Count, s.Groups[0].Title)
	}
	fmt.Println(p.Flush(ctx, 0)) // 0 for all
	fmt.Println(<-subjects)
	// Output:
	// 3 [shop] disk full
	// 1 <nil>
	// [failmail] 1 new: [shop] disk full
}

// What the relay has not taken, why not, and another attempt now.
func ExampleProxy_Outbox() {
	p, stop := quiet(nowhere)
	defer stop()
	ctx := context.Background()
	waiting, err := p.Outbox(ctx)
	if err != nil {
		fmt.Println(err)
	}
	for _, o := range waiting {
		fmt.Printf("%s: %d attempts, the next at %v: %s\n", o.MessageID, o.Attempts, o.NextAt, o.LastError)
	}
	n, err := p.Retry(ctx, 0) // 0 for all
	fmt.Println(len(waiting), "waiting,", n, "tried again", err)
	// Output: 0 waiting, 0 tried again <nil>
}

// A known error is kept out of the summaries for a while. It is still counted.
func ExampleProxy_Mute() {
	p, stop := quiet(nowhere)
	defer stop()
	ctx := context.Background()
	mute, err := p.Mute(ctx, "disk full", "a bigger one is on its way", 24*time.Hour)
	if err != nil {
		fmt.Println(err)
	}
	mutes, err := p.Mutes(ctx)
	for _, m := range mutes {
		fmt.Println(m.Pattern, "-", m.Reason, err)
	}
	fmt.Println(p.Unmute(ctx, mute.ID))
	fmt.Println(p.Unmute(ctx, mute.ID))
	// Output:
	// disk full - a bigger one is on its way <nil>
	// true <nil>
	// false <nil>
}

// Mails that only prove that the path works are dated, and in no summary.
func ExampleProxy_Heartbeats() {
	p, stop := quiet(nowhere, func(c *failmail.Config) {
		c.Heartbeats = []*regexp.Regexp{regexp.MustCompile(`^just monitoring`)}
	})
	defer stop()
	ctx := context.Background()
	beat := failmail.NewMessage("nagios@example.com", []string{"ops@example.com"}, []byte("Subject: just monitoring 17\n\n"))
	if err := p.Submit(ctx, beat); err != nil {
		fmt.Println(err)
	}
	beats, err := p.Heartbeats(ctx)
	for _, b := range beats {
		fmt.Println(b.Name, b.Count, !b.Last.IsZero(), err)
	}
	// Output: ^just monitoring 1 true <nil>
}

// What a status page of your own might say.
func ExampleProxy_Ready() {
	p, stop := quiet(nil, func(c *failmail.Config) { c.Relay = "smtp://mail.example.com:587" })
	perMinute := p.PerMinute()
	relay := p.Relay()
	fmt.Println(p.Ready(context.Background()), relay.Name, relay.DownSince.IsZero())
	fmt.Println(perMinute[len(perMinute)-1] <= 3, len(p.Recent()))
	stop()
	fmt.Println(p.Ready(context.Background()))
	// Output:
	// <nil> smtp://mail.example.com:587 true
	// true 0
	// failmail: the proxy is not running
}

// Other settings without a restart. What cannot change is named, and stays.
func ExampleProxy_Reload() {
	p, stop := quiet(nowhere)
	defer stop()
	kept, err := p.Reload(failmail.Config{
		Bind: "localhost:2526", Sender: nowhere, Wait: time.Minute,
	})
	fmt.Println(kept, err)
	// Output: [Bind] <nil>
}

// Each tenant has a Proxy of its own in one program; they share nothing.
func ExampleNewMemoryStore() {
	ctx, end := context.WithCancel(context.Background())
	defer end()
	done := make(chan error)
	tenants := []string{"blue", "green"}
	for _, tenant := range tenants {
		p, err := failmail.New(failmail.Config{
			Bind: "localhost:0", Store: failmail.NewMemoryStore(), FailDir: "failed-" + tenant,
			FlushOnExit: true, Sender: nowhere,
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		go func() { done <- p.Run(ctx) }()
	}
	end()
	for range tenants {
		fmt.Println(<-done)
	}
	// Output:
	// <nil>
	// <nil>
}

// Secrets of your own kind are removed from what people see, besides the usual
// ones.
func ExampleNewRedactor() {
	sent := make(chan *failmail.Mail, 1)
	p, stop := quiet(failmail.SenderFunc(func(_ context.Context, m *failmail.Mail) error {
		sent <- m
		return nil
	}), func(c *failmail.Config) {
		c.Redactor = failmail.NewRedactor(regexp.MustCompile(`CUST-[0-9]+`))
		c.FlushOnExit = true
	})
	raw := []byte("Subject: login failed\n\npassword=hunter2 of CUST-4711\n")
	if err := p.Submit(context.Background(), failmail.NewMessage("app@example.com", []string{"ops@example.com"}, raw)); err != nil {
		fmt.Println(err)
	}
	stop()
	text := failmail.NewMessage("", nil, (<-sent).Raw).Body()
	fmt.Println(regexp.MustCompile(`hunter2|CUST-4711`).FindString(text) == "")
	// Output: true
}

// A summary that the other side will never take goes to the fail-dir at once.
func ExamplePermanent() {
	err := failmail.Permanent(errors.New("the channel was deleted"))
	fmt.Println(err)
	// Output: the channel was deleted
}

// A consistent copy of the store, while mails come in.
func ExampleProxy_Backup() {
	p, stop := quiet(nowhere) // with a store in memory, which has no file to copy
	defer stop()
	err := p.Backup(context.Background(), "failmail-backup.db")
	fmt.Println(errors.Is(err, failmail.ErrNoBackup))
	// Output: true
}

// What could not be delivered, and another attempt once the cause is gone.
func ExampleProxy_Resend() {
	p, stop := quiet(nowhere)
	defer stop()
	ctx := context.Background()
	failed, total, err := p.Failed(ctx)
	for _, f := range failed {
		fmt.Println(f.Subject, "for", f.To, "-", f.Reason)
	}
	result, resendErr := p.Resend(ctx) // all, or those with the names given
	fmt.Println(total, err, result.Sent, result.Left, resendErr)
	// Output: 0 <nil> 0 0 <nil>
}

// What a mute would keep out of the summaries, before it is made.
func ExampleProxy_MuteMatches() {
	p, stop := quiet(nowhere)
	defer stop()
	ctx := context.Background()
	mail := failmail.NewMessage("db1@example.com", []string{"ops@example.com"}, []byte("Subject: disk full on db1\n\n"))
	if err := p.Submit(ctx, mail); err != nil {
		fmt.Println(err)
	}
	matches, err := p.MuteMatches(ctx, "^disk full")
	for _, m := range matches {
		fmt.Println(m.Title, m.Mails, err)
	}
	fmt.Println(p.Summarizing() == nil) // it is not yet due
	// Output:
	// disk full on db1 1 <nil>
	// true
}

// Another process is about to take the store over: what is not due stays there, even
// with FlushOnExit.
func ExampleProxy_Release() {
	p, stop := quiet(nowhere)
	defer stop()
	fmt.Println(p.Release(context.Background()))
	// Output: <nil>
}

// Two errors that are one to whoever mends them, and one that is none of them after all.
// The store remembers both.
func ExampleProxy_Merge() {
	p, stop := quiet(nowhere)
	defer stop()
	ctx := context.Background()
	mail := failmail.NewMessage("app@example.com", []string{"ops@example.com"}, []byte("Subject: [shop] cannot write to /srv\n\n"))
	if err := p.Submit(ctx, mail); err != nil {
		fmt.Println(err)
	}
	full, cannot := fingerprintOf(p, "disk full"), fingerprintOf(p, "cannot write")
	fmt.Println(p.Merge(ctx, full, cannot, "ann"))
	found, err := p.OpenErrors(ctx, cannot)
	fmt.Println(found[0].Title, found[0].Mails, err)

	fmt.Println(p.Split(ctx, cannot, "ann"))
	found, err = p.OpenErrors(ctx, cannot)
	fmt.Println(found[0].Title, found[0].Mails, err)
	// Output:
	// <nil>
	// [shop] disk full 4 <nil>
	// <nil>
	// [shop] cannot write to /srv 1 <nil>
}

// fingerprintOf returns that of the open error whose headline has words.
func fingerprintOf(p *failmail.Proxy, words string) string {
	open, err := p.Open(context.Background())
	if err != nil {
		panic(err)
	}
	for _, g := range open[0].Groups {
		if strings.Contains(g.Title, words) {
			return g.Variants[0].Fingerprint
		}
	}
	return ""
}
