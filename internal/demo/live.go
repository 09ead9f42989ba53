package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/shop"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// What the live demo goes by. An hour of the shop takes ten seconds: errors come at once, the
// database goes down after less than a minute and is back half a minute later. A mail that is
// missing is noticed at a full minute, so that a much shorter day would be over before.
const (
	liveDay     = 4 * time.Minute
	liveWait    = 5 * time.Second
	liveMaxWait = 15 * time.Second
	liveSeed    = 1
	// headerTime is how long a browser may take to ask for a page.
	headerTime = 10 * time.Second
)

// LiveOptions say how the live demo goes.
type LiveOptions struct {
	HTTP    string        // address of the page, such as "localhost:0"
	Wait    time.Duration // from the last mail to the summary; 0 for a few seconds
	Version string        // of the program
	Out     io.Writer     // hears what happens in the shop
	Log     *slog.Logger  // the proxy's; nil for none
	// Guard, if it is set, wraps what is served at an address.
	Guard func(handler http.Handler, address net.Addr) http.Handler
}

// nowhere is a relay that takes all and sends nothing.
type nowhere struct{}

func (nowhere) Send(context.Context, *failmail.Mail) error { return nil }

// String says so on the page.
func (nowhere) String() string { return "to nowhere: this is a demo" }

// A Live is a proxy before which the days of a shop are played. It keeps all in memory, and
// sends nothing anywhere: what would be sent is on its page.
type Live struct {
	Proxy *failmail.Proxy
	URL   string // of its page
	kept  *memory.Store
	out   io.Writer
	page  net.Listener
	serve http.Handler
}

// Serve runs the live demo until ctx ends, and returns nil then.
func Serve(ctx context.Context, o LiveOptions) error {
	l, err := StartLive(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Out, welcome, l.URL, phrase.Duration(liveDay), l.Proxy.Addr())
	err = l.Run(ctx)
	if err == nil {
		fmt.Fprintln(o.Out, "The demo is over; it left no files behind.")
	}
	return err
}

const welcome = `Open %s

A shop with a database, web servers and backups sends mails, and Failmail sums them up.
A day takes %s. You will see
  within 10 s   errors of the payment provider, counted as they arrive
  within 1 min  a release with a new error, a flapping check that is muted,
                and a database outage
  within 2 min  the end of the outage
  within 4 min  backups: successful ones, one that failed, and one that is MISSING
Click on everything: mute, acknowledge, merge, send now. Each problem has its own page below
%[1]sproblems. Summaries are shown under Recent summaries; none is sent.

Send mails of your own to %[3]s:
  printf 'Subject: disk full on nas7\n\n97 %%%%\n' | failmail send -S %[3]s you@example.com
End with Ctrl-C.

`

// StartLive starts the live demo; Run goes on with it.
func StartLive(ctx context.Context, o LiveOptions) (*Live, error) {
	page, err := new(net.ListenConfig).Listen(ctx, "tcp", o.HTTP)
	if err != nil {
		return nil, fmt.Errorf("listen for the page: %w; choose another address with --bind-http", err)
	}
	l := &Live{URL: "http://" + page.Addr().String() + "/", kept: memory.New(store.Limits{}), out: o.Out, page: page}
	config := failmail.Config{
		Bind: "localhost:0", From: "failmail@shop.example", Hostname: "failmail.shop.example", Version: o.Version,
		Wait: cmp.Or(o.Wait, liveWait), Expect: shop.Expected(liveDay), Store: l.kept, Logger: o.Log,
		Sender:  nowhere{},
		FailDir: filepath.Join(os.TempDir(), "failmail-demo-failed"), // where nothing goes, since nothing fails
	}
	config.MaxWait = max(liveMaxWait, config.Wait)
	if err = shop.Recall(ctx, l.kept, config, liveSeed, liveDay); err == nil {
		if l.Proxy, err = failmail.New(config); err == nil {
			err = l.Proxy.Start(ctx)
		}
	}
	if err != nil {
		return nil, errors.Join(err, page.Close())
	}
	l.serve = l.Proxy.Handler()
	if o.Guard != nil {
		l.serve = o.Guard(l.serve, page.Addr())
	}
	return l, nil
}

// Run plays one day after the other until ctx ends. It returns nil then, and may be called
// once.
func (l *Live) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	server := &http.Server{Handler: l.serve, ReadHeaderTimeout: headerTime}
	context.AfterFunc(ctx, func() { server.Close() })
	served := make(chan error, 1)
	go func() {
		err := server.Serve(l.page)
		cancel(err) // without a page there is nothing to see
		served <- err
	}()
	played := (&shop.Shop{Proxy: l.Proxy, Kept: l.kept, Seed: liveSeed, Day: liveDay, Tell: l.tell}).Play(ctx)
	cancel(nil)
	err := <-served
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(played, err, l.Proxy.Shutdown(context.WithoutCancel(ctx)))
}

func (l *Live) tell(day int, clock time.Duration, what string) {
	fmt.Fprintf(l.out, "day %d, %02d:%02d  %s\n", day+1, int(clock.Hours()), int(clock.Minutes())%60, what)
}
