package receive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// lockedBuffer is a log that is read while the server runs.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// take returns what was written since the last call.
func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.text.Reset()
	return b.text.String()
}

// FuzzConnection says anything to a server, in one write and in two.
func FuzzConnection(f *testing.F) {
	const longest = 16 << 10 // beyond it the replies could fill the way back
	for _, d := range dialogs(f) {
		if len(d.said) <= longest {
			f.Add([]byte(d.said), uint(len(d.said)/2))
		}
	}
	const begin = "EHLO x\r\nMAIL FROM:<f@x>\r\nRCPT TO:<t@x>\r\n"
	for _, more := range []string{
		"BDAT 3\r\noneBDAT 3 LAST\r\ntwo", "BDAT 0\r\nBDAT 5 LAST\r\n\r\n.\r\n", "BDAT 99 LAST\r\nRSET\r\n",
		"DATA\r\none\r\r\n.\r\nRSET\r\n", "DATA\r\n..\r\n.\n.\r.\r\n\x00.\r\n.\r\n", "DATA\r\n.\r\nBDAT 3\r\nSTARTTLS\r\n",
		"AUTH PLAIN\r\nAHVzZXIAc2VjcmV0\r\n" + begin + "DATA\r\nm\r\n.\r\n", "AUTH LOGIN\r\nDATA\r\n*\r\nSTARTTLS\r\n",
	} {
		f.Add([]byte(begin+more), uint(len(begin)+7))
	}
	in, log := &inbox{}, &lockedBuffer{}
	l, err := receive.Listen(f.Context(), "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	server := receive.NewServer(in, receive.Options{
		MaxMessageSize: 1000, MaxRecipients: 3, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	go server.Serve(l[0])
	f.Cleanup(func() { cut(server) })
	f.Fuzz(func(t *testing.T, sent []byte, split uint) {
		if len(sent) > longest {
			t.Skip()
		}
		addr := l[0].Addr().String()
		at := int(split % uint(len(sent)+1))
		whole := conversation(t, addr, in, sent)
		inTwo := conversation(t, addr, in, sent[:at], sent[at:])
		if whole != inTwo {
			t.Errorf("%q gave the mails\n%s\nbut cut at %d\n%s", sent, whole, at, inTwo)
		}
		if text := log.take(); strings.Contains(text, "panic") {
			t.Errorf("%q made the server panic:\n%s", sent, text)
		}
	})
}

// conversation says the parts in turn, without listening in between, and returns
// the mails that were handed over until the connection ended.
func conversation(t *testing.T, addr string, in *inbox, parts ...[]byte) string {
	t.Helper()
	in.mu.Lock()
	in.mails = nil
	in.mu.Unlock()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	for _, part := range parts {
		if _, err := conn.Write(part); err != nil {
			break // the server has hung up, as after QUIT
		}
	}
	conn.(*net.TCPConn).CloseWrite()
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the connection does not end after %q", parts)
	}
	var mails strings.Builder
	for _, m := range in.all() {
		if strings.ContainsAny(strings.ReplaceAll(string(m.Raw), "\r\n", ""), "\r\n") {
			t.Errorf("a bare CR or LF is handed on: %q", m.Raw)
		}
		fmt.Fprintf(&mails, "%q to %q by %q: %q\n", m.From, m.To, m.Helo, m.Raw)
	}
	return mails.String()
}
