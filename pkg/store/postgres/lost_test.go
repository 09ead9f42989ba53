package postgres_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/postgres"
)

const socket = ".s.PGSQL.5432"

// A wire stands between a store and its server, and can be cut.
type wire struct {
	net.Listener
	server func() (net.Conn, error)

	mu     sync.Mutex
	when   []string // what a connection asks, one after the other, before it is cut
	answer bool     // cut when the server has answered; otherwise before it is asked
	cut    int      // times
}

// through returns a wire, and the URL of the server at its other end.
func through(t *testing.T, server string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	w := &wire{server: func() (net.Conn, error) { return net.Dial("tcp", u.Host) }}
	if host := query.Get("host"); host != "" {
		w.server = func() (net.Conn, error) { return net.Dial("unix", filepath.Join(host, socket)) }
	}
	folder, err := os.MkdirTemp("", "failmail-wire-") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	if w.Listener, err = net.Listen("unix", filepath.Join(folder, socket)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	go w.serve()
	query.Set("host", folder)
	query.Set("default_query_exec_mode", "exec") // every statement goes by its text
	through := *u
	through.RawQuery = query.Encode()
	return w, through.String()
}

func (w *wire) serve() {
	for {
		client, err := w.Accept()
		if err != nil {
			return
		}
		server, err := w.server()
		if err != nil {
			client.Close()
			continue
		}
		go w.carry(client, server)
	}
}

func (w *wire) carry(client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	answers := make(chan bool, 1) // whether to carry them on
	answers <- true
	go func() {
		defer client.Close()
		for chunk := make([]byte, 64<<10); ; {
			n, err := server.Read(chunk)
			on := <-answers
			answers <- on
			if err != nil || !on {
				return
			}
			client.Write(chunk[:n])
		}
	}()
	asked := 0
	for chunk := make([]byte, 64<<10); ; {
		n, err := client.Read(chunk)
		if err != nil {
			return
		}
		cut, answered := w.asks(chunk[:n], &asked)
		if cut && !answered {
			return
		}
		if cut {
			<-answers
			answers <- false
		}
		server.Write(chunk[:n])
		if cut {
			io.Copy(io.Discard, client) // until the answer is there, and not carried on
			return
		}
	}
}

// asks reports whether the wire is to be cut now, which it is once, and whether after
// the server has answered.
func (w *wire) asks(chunk []byte, asked *int) (cut, answered bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if *asked < len(w.when) && bytes.Contains(chunk, []byte(w.when[*asked])) {
		*asked++
	}
	if len(w.when) == 0 || *asked < len(w.when) {
		return false, false
	}
	w.when = nil
	w.cut++
	return true, w.answer
}

func (w *wire) cutWhen(answered bool, asked ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.when, w.answer = asked, answered
}

func (w *wire) cuts() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut
}

const noting = "INSERT INTO journal"

func TestACommitWhoseAnswerIsLostCountsOnce(t *testing.T) {
	t.Parallel()
	quiet := entry("one")
	quiet.Quiet = time.Hour
	for _, test := range []struct {
		name     string
		entry    store.Entry
		answered bool
		asked    []string
	}{
		{"cut between COMMIT and its answer", entry("one"), true, []string{noting}},
		{"cut before COMMIT", entry("one"), false, []string{noting}},
		{"with Quiet, cut between COMMIT and its answer", quiet, true, []string{noting, "commit"}},
		{"with Quiet, cut before COMMIT", quiet, false, []string{noting, "commit"}},
		{"with Quiet, cut in the middle", quiet, true, []string{noting}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := testutil.StartPostgres(t)
			w, url := through(t, server)
			s := open(t, url, store.Limits{})
			for range 5 {
				before := w.cuts()
				w.cutWhen(test.answered, test.asked...)
				record(t, s, test.entry)
				if w.cuts() != before+1 {
					t.Fatal("the connection was not cut")
				}
			}
			wantMails(t, open(t, server, store.Limits{}), 5)
		})
	}
}

func TestACommitWhoseServerIsGoneIsInDoubt(t *testing.T) {
	t.Parallel()
	server := testutil.StartPostgres(t)
	w, url := through(t, server)
	s, err := postgres.Open(t.Context(), url, store.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w.cutWhen(true, noting)
	w.Close() // so that there is no other connection
	if err := s.Record(t.Context(), []store.Entry{entry("one")}); !errors.Is(err, store.ErrInDoubt) {
		t.Errorf("got %v, want %v", err, store.ErrInDoubt)
	}
	wantMails(t, open(t, server, store.Limits{}), 1)
}
