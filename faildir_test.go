package failmail_test

import (
	"context"
	"errors"
	"testing"

	"github.com/hut8labs/failmail"
)

// A batch whose summary is being made is in no list of the store.
func TestTheBatchThatIsBeingSummarizedIsTold(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	p, err := failmail.New(failmail.Config{
		Bind: failmail.NoListener, Store: failmail.NewMemoryStore(), FailDir: t.TempDir(),
		Sender: failmail.SenderFunc(func(context.Context, *failmail.Mail) error { return nil }),
		Renderer: failmail.RendererFunc(func(context.Context, *failmail.Summary) (*failmail.Mail, error) {
			close(begun)
			<-goOn
			return nil, errors.New("slow")
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Shutdown(t.Context())
	if err := p.Submit(t.Context(), failmail.NewMessage("a@x", []string{"b@x"}, []byte("Subject: disk full\r\n\r\nx\r\n"))); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	<-begun
	open, err := p.Open(t.Context())
	s := p.Summarizing()
	if err != nil || len(open) != 0 || s == nil || s.Count != 1 || s.Groups[0].Title != "disk full" {
		t.Errorf("open: %v, %v; being summarised: %+v", open, err, s)
	}
	close(goOn)
}
