package receive_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

func TestLMTP(t *testing.T) {
	for name, bind := range map[string]string{
		"on TCP":           "lmtp://127.0.0.1:0",
		"on a Unix socket": "lmtp+unix:" + filepath.Join(t.TempDir(), "s"),
	} {
		t.Run(name, func(t *testing.T) {
			in := &inbox{}
			l := listen(t, bind)[0]
			server := startOn(t, l, in, receive.Options{})
			p := connect(t, l.Addr().Network(), server.addr)
			p.expect("220 localhost LMTP ")
			p.ask("MAIL FROM:<f@x>", "503 ")
			p.ask("EHLO x", "500 ")
			p.ask("HELO x", "500 ")
			p.ask("MAIL FROM:<f@x>", "503 ")
			if reply := p.ask("LHLO x", "250-"); !offers(reply, "PIPELINING") || !offers(reply, "SIZE") {
				t.Errorf("reply to LHLO: %q", reply)
			}
			envelope := func() {
				p.ask("MAIL FROM:<f@x>", "250 ")
				p.ask("RCPT TO:<a@x>", "250 ")
				p.ask("RCPT TO:bad bad", "501 ")
				p.ask("RCPT TO:<b@x>", "250 ")
			}
			envelope()
			p.ask("DATA", "354 ")
			p.send("one\r\n.\r\nNOOP\r\n")
			p.expect("250 2.0.0 <a@x> ")
			p.expect("250 2.0.0 <b@x> ")
			p.expect("250 2.0.0 I have")
			envelope()
			p.chunk("two", "", "250 ")
			p.send("BDAT 2 LAST\r\n\r\nNOOP\r\n")
			p.expect("250 2.0.0 <a@x> ")
			p.expect("250 2.0.0 <b@x> ")
			p.expect("250 2.0.0 I have")
			in.mu.Lock()
			in.err = errors.New("disk full")
			in.mu.Unlock()
			envelope()
			p.ask("DATA", "354 ")
			p.send("three\r\n.\r\nNOOP\r\n")
			p.expect("452 4.3.1 <a@x> ")
			p.expect("452 4.3.1 <b@x> ")
			p.expect("250 2.0.0 I have")
			server.drain(t)
			p.expect("421 ")
			mails := in.all()
			if len(mails) != 2 || string(mails[0].Raw) != "one\r\n" || string(mails[1].Raw) != "two\r\n" {
				t.Fatalf("%d mails arrived", len(mails))
			}
			want := map[string]string{"tcp": "127.0.0.1", "unix": ""}[l.Addr().Network()]
			if m := mails[0]; m.RemoteAddr != want || strings.Join(m.To, ",") != "a@x,b@x" || m.Helo != "x" {
				t.Errorf("from %q to %q by %q", m.RemoteAddr, m.To, m.Helo)
			}
		})
	}
}

func TestLMTPTakesSTARTTLS(t *testing.T) {
	serverTLS, clientTLS := tlsPair(t)
	p := connect(t, "tcp", startOn(t, listen(t, "lmtp://127.0.0.1:0")[0], &inbox{}, receive.Options{TLS: serverTLS}).addr)
	p.expect("220 ")
	if reply := p.ask("LHLO x", "250-"); !offers(reply, "STARTTLS") {
		t.Errorf("reply to LHLO: %q", reply)
	}
	p = p.startTLS(clientTLS)
	p.ask("EHLO x", "500 ")
	p.ask("LHLO x", "250-")
	p.mail()
}

func TestLHLOIsRefusedOnSMTP(t *testing.T) {
	p := dial(t, start(t, &inbox{}, receive.Options{}).addr)
	p.ask("LHLO x", "500 ")
	p.ask("MAIL FROM:<f@x>", "503 ")
	p.ask("EHLO x", "250-")
	p.mail()
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	in := &inbox{}
	server := startOn(t, listen(t, "unix:"+path)[0], in, receive.Options{MaxPerClient: 1})
	p := connect(t, "unix", path)
	p.expect("220 ")
	second := connect(t, "unix", path) // clients of a socket have no address to count by
	second.expect("220 ")
	p.ask("EHLO x", "250-")
	p.mail()
	if m := in.all(); len(m) != 1 || m[0].RemoteAddr != "" {
		t.Errorf("%d mails, the first from %q", len(m), m[0].RemoteAddr)
	}
	server.drain(t)
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the end the socket is still there: %v", err)
	}
}

func TestListenOnAUnixSocketThatExists(t *testing.T) {
	stale := func(t *testing.T, path string) {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false) // as if the process had been killed
		l.Close()
	}
	live := func(t *testing.T, path string) {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
	}
	file := func(t *testing.T, path string) {
		if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder := func(t *testing.T, path string) {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	link := func(t *testing.T, path string) {
		stale(t, path+"2")
		if err := os.Symlink(path+"2", path); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name    string
		prepare func(t *testing.T, path string)
		inUse   bool
	}{
		{"nothing is there", func(*testing.T, string) {}, false},
		{"a stale one is replaced", stale, false},
		{"a live one is in use", live, true},
		{"a live one that is too busy to answer is in use", busySocket, true},
		{"another file is left alone", file, true},
		{"a folder is left alone", folder, true},
		{"a link is left alone", link, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			tt.prepare(t, path)
			before, _ := os.Lstat(path)
			listeners, err := receive.Listen(t.Context(), "unix:"+path)
			if !tt.inUse {
				if err != nil {
					t.Fatalf("Listen = %v", err)
				}
				closeAll(listeners)
				return
			}
			if err == nil {
				closeAll(listeners)
				t.Fatal("Listen succeeded")
			}
			if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "unix:"+path) || !strings.Contains(err.Error(), "another address") {
				t.Errorf("Listen = %v", err)
			}
			if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
				t.Errorf("what was there is gone: %v", err)
			}
		})
	}
}

// busySocket listens with a full queue, so that connecting fails.
func busySocket(t *testing.T, path string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		conn, err := net.Dial("unix", path)
		if err != nil {
			return
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("the queue of a Unix socket does not fill up")
}

func TestListenOnAUnixSocketInAFolderThatIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "s")
	_, err := receive.Listen(t.Context(), "unix:"+path)
	if !errors.Is(err, syscall.ENOENT) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
		t.Errorf("Listen = %v", err)
	}
}
