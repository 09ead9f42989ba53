package failmail_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// faultyStore fails some of its methods while broken is set.
type faultyStore struct {
	*memory.Store
	broken atomic.Bool
}

var errDiskFull = errors.New("disk full")

func (s *faultyStore) Seal(ctx context.Context, batch int64, summaries []store.Outgoing) error {
	if s.broken.Load() {
		return errDiskFull
	}
	return s.Store.Seal(ctx, batch, summaries)
}

func (s *faultyStore) Finish(ctx context.Context, id int64) error {
	if s.broken.Load() {
		return errDiskFull
	}
	return s.Store.Finish(ctx, id)
}

func inBubbleWithFaults(t *testing.T, f func(t *testing.T, p *failmail.Proxy, s *faultyStore, sender *recordingSender)) {
	synctest.Test(t, func(t *testing.T) {
		s := &faultyStore{Store: memory.New(store.Limits{})}
		sender := &recordingSender{start: time.Now()}
		p, err := failmail.New(failmail.Config{
			Bind: failmail.NoListener, Store: s, Sender: sender, FlushOnExit: true,
			FailDir: filepath.Join(t.TempDir(), "failed"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		f(t, p, s, sender)
		if err := p.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestASummaryGoesOutSoonAfterTheStoreCanTakeItAgain(t *testing.T) {
	inBubbleWithFaults(t, func(t *testing.T, p *failmail.Proxy, s *faultyStore, sender *recordingSender) {
		s.broken.Store(true)
		submitAt(t, p, sender.start, 0)
		<-time.After(2 * time.Minute)
		if got := sender.offered(); len(got) != 0 {
			t.Fatalf("sent at %v, before it was sealed", got)
		}
		s.broken.Store(false)
		<-time.After(time.Minute)
		if got := sender.offered(); len(got) != 1 || got[0] > 2*time.Minute+15*time.Second {
			t.Errorf("sent at %v, want once within 15 s", got)
		}
	})
}

func TestASummaryThatWasSentIsNotSentAgainWhileTheStoreCannotForgetIt(t *testing.T) {
	inBubbleWithFaults(t, func(t *testing.T, p *failmail.Proxy, s *faultyStore, sender *recordingSender) {
		sender.answer = func(int, *failmail.Mail) error {
			s.broken.Store(true) // after it was sealed
			return nil
		}
		submitAt(t, p, sender.start, 0)
		<-time.After(24 * time.Hour)
		if got := sender.offered(); len(got) != 1 {
			t.Errorf("sent at %v, want once", got)
		}
		s.broken.Store(false)
		<-time.After(time.Minute)
		if pending, err := s.Pending(t.Context()); err != nil || pending.Outbox != 0 {
			t.Errorf("the outbox holds %d summaries, %v", pending.Outbox, err)
		}
	})
}

func TestASummaryThatWasSentIsNotSentAgainAtTheEnd(t *testing.T) {
	var all *recordingSender
	inBubbleWithFaults(t, func(t *testing.T, p *failmail.Proxy, s *faultyStore, sender *recordingSender) {
		all = sender
		sender.answer = func(int, *failmail.Mail) error {
			s.broken.Store(true) // after it was sealed
			return nil
		}
		submitAt(t, p, sender.start, 0)
		<-time.After(time.Hour)
		s.broken.Store(false) // and the end comes before the next try
	})
	if got := all.offered(); len(got) != 1 {
		t.Errorf("sent at %v, want once", got)
	}
}

func TestWhatSubmitAcceptsDuringAShutdownIsSent(t *testing.T) {
	for range 20 {
		var sent, accepted atomic.Int64
		p, err := failmail.New(failmail.Config{
			Bind: failmail.NoListener, Store: memory.New(store.Limits{}), FlushOnExit: true,
			FailDir: filepath.Join(t.TempDir(), "failed"),
			Renderer: failmail.RendererFunc(func(_ context.Context, s *failmail.Summary) (*failmail.Mail, error) {
				sent.Add(int64(s.Count))
				return &failmail.Mail{Raw: []byte("Subject: x\r\n\r\n")}, nil
			}),
			Sender: failmail.SenderFunc(func(context.Context, *failmail.Mail) error { return nil }),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		var submitters sync.WaitGroup
		begun := make(chan struct{}, 8)
		for range 8 {
			submitters.Go(func() {
				for i := 0; p.Submit(context.Background(), message()) == nil; i++ {
					accepted.Add(1)
					if i == 0 {
						begun <- struct{}{}
					}
				}
			})
		}
		for range 8 {
			<-begun
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		submitters.Wait()
		if sent.Load() != accepted.Load() {
			t.Fatalf("%d mails were accepted, the summaries count %d", accepted.Load(), sent.Load())
		}
	}
}

func TestARelayThatIsTheProxyUnderAnotherNameIsRefused(t *testing.T) {
	address := deadAddress(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	p := newProxy(t, failmail.Config{Bind: address, Relay: "smtp://localhost:" + port})
	err = p.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "Config.Relay") {
		t.Errorf("got %v, want an error that names --relay", err)
	}
	if err == nil {
		p.Shutdown(t.Context())
	}
}

func TestASummaryThatComesBackIsRefused(t *testing.T) {
	relay := startSink(t)
	p := startProxy(t, failmail.Config{Relay: relay.Addr(), Wait: soon})
	sendMail(t, p, []string{"ops@example.com"}, "disk full", "97%")
	summary := waitForSummaries(t, relay, 1)[0]
	err := smtpSend(p, summary.Raw)
	wantReply(t, err, 554, "5.4.6 Mail loop")
	other := startProxy(t, failmail.Config{Relay: relay.Addr(), Wait: soon, Bind: "127.0.0.1:0"})
	if err := smtpSend(other, summary.Raw); err != nil {
		t.Errorf("another proxy refused it: %v", err)
	}
}
