package testutil

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

// A Systemd stands in for systemd, and as that does always listens: its socket
// holds few messages, and a process whose message finds no room waits.
type Systemd struct {
	t    *testing.T
	Path string // for NOTIFY_SOCKET
	said chan string
}

// StartSystemd listens until t ends.
func StartSystemd(t *testing.T) *Systemd {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	m := &Systemd{t, path, make(chan string, 100_000)}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 1000)
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			m.said <- string(buffer[:n])
		}
	}()
	return m
}

// Next returns what it is told next, but for the watchdog unless that is wanted.
func (m *Systemd) Next(wanted string) string {
	m.t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case said := <-m.said:
			if said != "WATCHDOG=1" || said == wanted {
				return said
			}
		case <-late:
			m.t.Fatalf("is not told %q", wanted)
		}
	}
}

// Say puts a message among those that it is told.
func (m *Systemd) Say(text string) {
	m.t.Helper()
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.Path, Net: "unixgram"})
	if err != nil {
		m.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(text)); err != nil {
		m.t.Fatal(err)
	}
}

// Expect fails t unless wanted is what it is told next.
func (m *Systemd) Expect(wanted string) {
	m.t.Helper()
	if said := m.Next(wanted); said != wanted {
		m.t.Fatalf("said %q, want %q", said, wanted)
	}
}
