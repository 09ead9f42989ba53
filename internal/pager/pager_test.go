package pager_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/pager"
	"github.com/hut8labs/failmail/internal/ratewatch"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

func TestAStormIsPagedOnceAndItsEndToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, watch := memory.New(store.Limits{}), ratewatch.New(3, time.Minute, time.Now())
		sent, fails := make(chan store.Outgoing, 10), 2
		p := pager.New(pager.Config{
			Watch: watch, Engine: st, Batches: st, Logger: slog.New(slog.DiscardHandler),
			Policy: func() pager.Policy {
				return pager.Policy{Origin: render.Origin{From: "failmail@example.com", Hostname: "mx"}, To: "oncall@example.com"}
			},
			Summaries: func(context.Context) ([]*render.Summary, error) {
				return []*render.Summary{{Groups: []render.Group{
					{Title: "login refused", Count: 400, News: render.News{State: render.Ongoing}}, {Title: "disk full", Count: 4, News: render.News{State: render.New}},
				}}}, nil
			},
			Enqueue: func(_ context.Context, mails ...store.Outgoing) error {
				if fails--; fails >= 0 {
					return errors.New("the store is down")
				}
				sent <- mails[0]
				return nil
			},
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); p.Run(ctx) }()
		for range 4 {
			watch.Count(time.Now())
		}
		if m := <-sent; m.To[0] != "oncall@example.com" || !strings.Contains(string(m.Mail), "more than 3 mails in 1m: disk full") {
			t.Errorf("when it begins: %+v", m)
		}
		if m := <-sent; !strings.Contains(string(m.Mail), "over: 4 mails") {
			t.Errorf("when it is over: %+v", m)
		}
		time.Sleep(time.Hour)
		if len(sent) > 0 {
			t.Errorf("%d mails afterwards", len(sent))
		}
		cancel()
		<-ended
	})
}
