package failmail_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/steady"
)

// stubborn does not look at its context, for a while.
func stubborn(d time.Duration) { <-time.After(d) }

// withOneMail starts a Proxy and submits a mail to it.
func withOneMail(t *testing.T, config failmail.Config) *failmail.Proxy {
	t.Helper()
	p, err := failmail.New(config)
	if err == nil {
		err = p.Start(t.Context())
	}
	if err == nil {
		err = p.Submit(t.Context(), message())
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestShutdownReturnsWhenItsTimeIsOverWhateverOthersDo(t *testing.T) {
	config := func(change func(*failmail.Config)) failmail.Config {
		c := failmail.Config{Wait: time.Second, Sender: failmail.SenderFunc(func(context.Context, *failmail.Mail) error { return nil })}
		change(&c)
		return c
	}
	for name, c := range map[string]failmail.Config{
		"a Sender": config(func(c *failmail.Config) {
			c.Sender = failmail.SenderFunc(func(context.Context, *failmail.Mail) error { stubborn(time.Hour); return nil })
		}),
		"a Renderer": config(func(c *failmail.Config) {
			c.Renderer = failmail.RendererFunc(func(context.Context, *failmail.Summary) (*failmail.Mail, error) {
				stubborn(time.Hour)
				return nil, errors.New("late")
			})
		}),
		"a hook": config(func(c *failmail.Config) {
			c.OnSummary = func(context.Context, failmail.Event) error { stubborn(time.Hour); return nil }
		}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.Bind, c.Store, c.FailDir = failmail.NoListener, memory.New(store.Limits{}), t.TempDir()
				p := withOneMail(t, c)
				<-time.After(2 * time.Second) // it is busy now
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				err := p.Shutdown(ctx)
				if took := time.Since(began); took > 5*time.Second { // of the bubble
					t.Errorf("Shutdown took %s", took)
				}
				if name == "a hook" && (err == nil || !strings.Contains(err.Error(), "hook")) {
					t.Errorf("got %v, want what was left", err)
				}
				<-time.After(2 * time.Hour) // so that nothing is left in the bubble
			})
		})
	}
}

func TestAHookIsToldOfSummariesThatAreSentAtTheExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var events []string
		p := withOneMail(t, failmail.Config{
			Bind: failmail.NoListener, Store: memory.New(store.Limits{}), FailDir: t.TempDir(), FlushOnExit: true,
			Sender: failmail.SenderFunc(func(context.Context, *failmail.Mail) error { return nil }),
			OnSummary: func(ctx context.Context, e failmail.Event) error {
				<-time.After(100 * time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				events = append(events, e.Event)
				return ctx.Err()
			},
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := p.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
		if len(events) != 1 || events[0] != "sent" {
			t.Errorf("the hook was told %q", events)
		}
	})
}

func TestWhatASenderThatHangsDoesNotTakeAtTheExitGoesToTheFailDir(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		p := withOneMail(t, failmail.Config{
			Bind: failmail.NoListener, Store: memory.New(store.Limits{}), FailDir: dir, FlushOnExit: true,
			Sender: failmail.SenderFunc(func(context.Context, *failmail.Mail) error { stubborn(time.Hour); return nil }),
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if n := len(readMaildir(t, dir)); n != 1 {
			t.Errorf("%d mails in the fail-dir, want 1", n)
		}
		<-time.After(2 * time.Hour)
	})
}

func TestASummaryIsDueWhenItWasThoughTheClockIsSet(t *testing.T) {
	for name, step := range map[string]time.Duration{"back": -2 * time.Hour, "forward": 2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ahead atomic.Int64
				var sent []time.Time
				p := withOneMail(t, failmail.Config{
					Bind: failmail.NoListener, FailDir: t.TempDir(),
					Store: steady.New(memory.New(store.Limits{}), steady.Options{
						Wall: func(now time.Time) time.Time { return now.Add(time.Duration(ahead.Load())) },
					}),
					Sender: failmail.SenderFunc(func(context.Context, *failmail.Mail) error { sent = append(sent, time.Now()); return nil }),
				})
				began := time.Now()
				<-time.After(10 * time.Second)
				ahead.Store(int64(step))
				<-time.After(time.Minute)
				if err := p.Shutdown(t.Context()); err != nil {
					t.Fatal(err)
				}
				if len(sent) != 1 || sent[0].Sub(began) != failmail.DefaultWait {
					t.Errorf("sent at %v, want once after %s", sent, failmail.DefaultWait)
				}
			})
		})
	}
}

func TestReloadNamesWhatItKeepsAndChangesTheRest(t *testing.T) {
	p, err := failmail.New(failmail.Config{Bind: failmail.NoListener, Store: memory.New(store.Limits{}), Hostname: "a"})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := p.Reload(failmail.Config{Bind: failmail.NoListener, Store: memory.New(store.Limits{}), Hostname: "b", Wait: time.Minute,
		RateLimit: 10, Pager: "oncall@example.com"})
	if err != nil || strings.Join(kept, " ") != "Hostname Store" {
		t.Errorf("kept %q, %v", kept, err)
	}
	if kept, err := p.Reload(failmail.Config{Bind: failmail.NoListener, Hostname: "a"}); err != nil || len(kept) > 0 {
		t.Errorf("kept %q, %v of what did not change", kept, err)
	}
	var reloads sync.WaitGroup
	for range 20 {
		reloads.Go(func() {
			if _, err := p.Reload(failmail.Config{Bind: failmail.NoListener, Hostname: "a"}); err != nil {
				t.Error(err)
			}
		})
	}
	reloads.Wait()
}
