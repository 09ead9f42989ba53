package failmail_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// await returns what /readyz answers once it answers with status.
func await(t *testing.T, p *failmail.Proxy, status int) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; <-time.After(100 * time.Millisecond) {
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
		if w.Code == status {
			return w.Body.String()
		}
		if time.Now().After(deadline) {
			t.Fatalf("/readyz says %d %q, want %d", w.Code, w.Body, status)
		}
	}
}

func TestReadyTellsWhatA250DependsOnAndHeals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, archive := filepath.Join(dir, "failmail.db"), filepath.Join(dir, "all")
	s, err := sqlite.Open(file, store.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p, err := failmail.New(failmail.Config{
		Bind: failmail.NoListener, Store: s, AllDir: archive, FailDir: filepath.Join(dir, "failed"),
		Sender: failmail.SenderFunc(func(context.Context, *failmail.Mail) error { return nil }),
	})
	if err == nil {
		err = p.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer p.Shutdown(context.Background())
	await(t, p, http.StatusOK)
	for _, c := range []struct {
		name       string
		fault, end func() error
		says       string
	}{
		{"the archive is a file", func() error {
			return firstOf(os.RemoveAll(archive), os.WriteFile(archive, nil, 0o600))
		}, func() error { return os.Remove(archive) }, "archive"},
		{"the store is replaced", func() error {
			return firstOf(os.Rename(file, file+".mine"), os.WriteFile(file, []byte("somebody's"), 0o600))
		}, func() error { return os.Rename(file+".mine", file) }, "put back the file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.fault(); err != nil {
				t.Fatal(err)
			}
			if err := p.Submit(t.Context(), message()); err == nil {
				t.Error("a mail is taken")
			}
			if said := await(t, p, http.StatusServiceUnavailable); !strings.Contains(said, c.says) {
				// The trial that follows a refusal may know better what to do.
				<-time.After(100 * time.Millisecond)
				if said = await(t, p, http.StatusServiceUnavailable); !strings.Contains(said, c.says) {
					t.Errorf("got %q, want %q", said, c.says)
				}
			}
			wantMetric(t, p, "failmail_ready 0")
			if err := c.end(); err != nil {
				t.Fatal(err)
			}
			await(t, p, http.StatusOK)
			if err := p.Submit(t.Context(), message()); err != nil {
				t.Error(err)
			}
		})
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
