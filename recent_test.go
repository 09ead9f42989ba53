package failmail

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/render"
)

func TestPreviewsOfOldSummariesMakeRoomForNewOnes(t *testing.T) {
	var r recent
	for i := range 5 {
		r.made(Sent{MessageID: fmt.Sprint(i), HTML: make([]byte, maxPreviews/3)}, nil)
	}
	for i, sent := range r.list() {
		if kept := sent.HTML != nil; kept != (i < 3) {
			t.Errorf("summary %d before the last: preview kept: %t", i, kept)
		}
	}
	r.made(Sent{MessageID: "huge", HTML: make([]byte, 2*maxPreviews)}, nil)
	if list := r.list(); list[0].HTML == nil || list[1].HTML != nil {
		t.Error("the last one goes before the older ones")
	}
}

// A panicking renderer costs no more than its preview.
type panicking struct{ render.Standard }

func (panicking) HTML(*Summary) ([]byte, error) { panic("no page") }

func TestWithoutAPageThePreviewIsTheText(t *testing.T) {
	plain := RendererFunc(func(context.Context, *Summary) (*Mail, error) {
		return &Mail{Raw: []byte("Subject: plain\r\n\r\n3 errors\r\n")}, nil
	})
	for want, renderer := range map[string]Renderer{"3 errors": plain, "disk full": panicking{}} {
		p, err := New(Config{
			Bind: NoListener, Store: NewMemoryStore(), FailDir: t.TempDir(), Renderer: renderer, Wait: time.Millisecond,
			Sender: SenderFunc(func(context.Context, *Mail) error { return nil }),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := p.Submit(t.Context(), NewMessage("", []string{"ops@example.com"}, []byte("Subject: disk full\r\n\r\nx\r\n"))); err != nil {
			t.Fatal(err)
		}
		ticker := time.NewTicker(time.Millisecond)
		for len(p.Recent()) == 0 {
			<-ticker.C
		}
		ticker.Stop()
		if sent := p.Recent()[0]; sent.HTML != nil || !bytes.Contains([]byte(sent.Text), []byte(want)) {
			t.Errorf("%d bytes of HTML and %q, want %q", len(sent.HTML), sent.Text, want)
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestTheRelaysPasswordIsNotShown(t *testing.T) {
	for relay, want := range map[string]string{
		"smtp://me:secret@mail.example.com:25": "smtp://me:xxxxx@mail.example.com:25",
		"mail.example.com:25":                  "mail.example.com:25",
	} {
		p := &Proxy{}
		p.settings.Store(&settings{config: Config{Relay: relay}})
		if got := p.Relay(); got.Name != want {
			t.Errorf("relay %q", got.Name)
		}
	}
}
