package recent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

func summaryMail(id, text string) *message.Mail {
	return &message.Mail{MessageID: id, Raw: []byte("Subject: " + id + "\r\n\r\n" + text + "\r\n")}
}

// page is a renderer that writes a page, or panics.
type page struct {
	render.Standard
	html   []byte
	panics bool
}

func (p page) HTML(*render.Summary) ([]byte, error) {
	if p.panics {
		panic("no page")
	}
	return p.html, nil
}

// kept returns summaries that a store keeps.
func kept(t *testing.T, s store.Sent) *Recent {
	t.Helper()
	r := &Recent{}
	if err := r.Keep(t.Context(), s, true, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return r
}

func found(t *testing.T, r *Recent, id string) *render.Sent {
	t.Helper()
	sent, err := r.Find(t.Context(), func(messageID string) bool { return messageID == id })
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

func TestSummariesAreKnownAfterARestartAndOnAllNodes(t *testing.T) {
	s := memory.New(store.Limits{})
	one, other := kept(t, s), kept(t, s)
	for i := range maxSummaries + 5 {
		at := time.Unix(int64(1000+i), 0)
		one.Made(&render.Summary{Created: at, Count: 7}, summaryMail(fmt.Sprint(i), ""), page{html: fmt.Appendf(nil, "page %d", i)})
	}
	one.Became("33", "failed", errors.New("no such user"))
	one.Forget("34")
	other.readAt = time.Time{} // a while later
	for name, r := range map[string]*Recent{"another node": other, "a new process": kept(t, s)} {
		list := r.List()
		if len(list) != maxSummaries || list[0].MessageID != "33" || list[0].Result != "failed" || list[0].Error != "no such user" || list[0].Count != 7 || !list[0].Made.Equal(time.Unix(1033, 0)) {
			t.Errorf("%s knows %d, the newest is %+v", name, len(list), list[0])
		}
		// Those that are not listed any more can be looked at as well.
		if sent := found(t, r, "2"); sent == nil || string(sent.HTML) != "page 2" {
			t.Errorf("%s: %+v", name, sent)
		}
		if sent := found(t, r, "34"); sent != nil {
			t.Errorf("%s knows one whose batch is open again: %+v", name, sent)
		}
	}
}

func TestWithoutAPageThePreviewIsTheText(t *testing.T) {
	for name, renderer := range map[string]render.Renderer{
		"a renderer of mails only": render.RendererFunc(func(context.Context, *render.Summary) (*message.Mail, error) { return nil, nil }),
		"a page that panics":       page{panics: true},
	} {
		r := kept(t, memory.New(store.Limits{}))
		r.Made(&render.Summary{}, summaryMail("m", "3 errors"), renderer)
		if sent := found(t, r, "m"); sent == nil || sent.HTML != nil || sent.Text != "3 errors" {
			t.Errorf("%s: %+v", name, sent)
		}
	}
}

func TestHeadlinesAreKeptOfTheLastThousand(t *testing.T) {
	var r Recent
	make := func(id int) {
		r.Made(&render.Summary{Groups: []render.Group{{Title: "disk full"}}}, summaryMail(fmt.Sprint(id), ""), nil)
	}
	for id := range maxHeadlines {
		make(id)
	}
	make(0) // anew
	make(maxHeadlines)
	if len(r.lines) != maxHeadlines || r.Headlines("0") == nil || r.Headlines("1") != nil || r.Headlines("2") == nil {
		t.Errorf("those of %d summaries are kept", len(r.lines))
	}
}

func TestASummaryIsKnownUntilThirtyFollow(t *testing.T) {
	var r Recent
	for i := range maxSummaries + 1 {
		r.Made(&render.Summary{Groups: []render.Group{{Title: fmt.Sprint("error ", i)}}}, summaryMail(fmt.Sprint(i), ""), nil)
	}
	list := r.List()
	if len(list) != maxSummaries || list[0].MessageID != fmt.Sprint(maxSummaries) || list[0].HTML != nil {
		t.Errorf("%d are known, the newest is %s", len(list), list[0].MessageID)
	}
	if lines := r.Headlines("7"); len(lines) != 1 || lines[0].Title != "error 7" {
		t.Errorf("headlines: %v", lines)
	}
	r.Forget("7")
	if r.Headlines("7") != nil || len(r.List()) != maxSummaries-1 {
		t.Error("it is known although its batch is open again")
	}
}

func TestTheLastAttemptSaysWhatBecameOfASummary(t *testing.T) {
	var r Recent
	r.Made(&render.Summary{}, summaryMail("m", ""), nil)
	for _, test := range []struct {
		result string
		err    error
		want   string
	}{{"postponed", errors.New("refused"), "refused"}, {"sent", nil, ""}} {
		r.Became("m", test.result, test.err)
		if s := r.List()[0]; s.Result != test.result || s.Error != test.want {
			t.Errorf("after %s: %s %q", test.result, s.Result, s.Error)
		}
	}
}

// Who sends a summary may be faster than who made it.
func TestAnOutcomeIsKnownThatCameBeforeItsSummary(t *testing.T) {
	var r Recent
	r.Became("m", "postponed", errors.New("refused"))
	r.Became("m", "sent", nil)
	for i := range maxEarly - 1 {
		r.Became(fmt.Sprint(i), "failed", nil)
	}
	r.Made(&render.Summary{}, summaryMail("m", ""), nil)
	r.Made(&render.Summary{}, summaryMail("other", ""), nil)
	if list := r.List(); list[1].Result != "sent" || list[1].Error != "" || list[0].Result != "waiting" {
		t.Errorf("%+v", list)
	}
	if len(r.early) >= maxEarly {
		t.Errorf("%d outcomes are kept", len(r.early))
	}
}

func TestMinutesWithoutMailsAreEmpty(t *testing.T) {
	var r Recent
	start := time.Date(2026, 3, 1, 3, 0, 10, 0, time.UTC)
	for _, after := range []time.Duration{0, time.Second, 3 * time.Minute, 59 * time.Minute} {
		r.Count(start.Add(after))
	}
	now := r.PerMinute(start.Add(59 * time.Minute))
	if now[0] != 2 || now[3] != 1 || now[59] != 1 || now[1]+now[58] != 0 {
		t.Errorf("%v", now)
	}
	later := r.PerMinute(start.Add(2 * time.Hour))
	for minute, n := range later {
		if n != 0 {
			t.Errorf("minute %d: %d mails of two hours ago", minute, n)
		}
	}
}

func TestMinutesAreKnownAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New(store.Limits{})
		run := func() (r *Rate, stop func()) {
			r = &Rate{}
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { r.Run(ctx, s, "minutes here", slog.New(slog.DiscardHandler)) })
			synctest.Wait()
			return r, func() { cancel(); running.Wait() }
		}
		old, stop := run()
		for range 3 {
			old.Count(time.Now())
			<-time.After(10 * time.Minute)
		}
		old.Count(time.Now())
		stop()
		<-time.After(5 * time.Minute)
		young, stop := run()
		young.Count(time.Now())
		var got []int
		for ago, n := range young.PerMinute(time.Now()) {
			if n > 0 {
				got = append(got, 59-ago)
			}
		}
		if !slices.Equal(got, []int{35, 25, 15, 5, 0}) {
			t.Errorf("mails came %v minutes ago", got)
		}
		stop()
		<-time.After(2 * time.Hour)
		late, stop := run()
		if slices.Max(late.PerMinute(time.Now())) > 0 {
			t.Error("mails of hours ago are counted")
		}
		stop()
	})
}
