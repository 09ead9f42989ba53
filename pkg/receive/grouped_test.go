package receive_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

// A writeListener notes what each write of its connections sends.
type writeListener struct {
	net.Listener
	mu     sync.Mutex
	writes []string
}

func (l *writeListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return &writeConn{conn, l}, err
}

// since returns what was written since it was last asked.
func (l *writeListener) since() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	writes := l.writes
	l.writes = nil
	return writes
}

type writeConn struct {
	net.Conn
	l *writeListener
}

func (c *writeConn) Write(b []byte) (int, error) {
	c.l.mu.Lock()
	c.l.writes = append(c.l.writes, string(b))
	c.l.mu.Unlock()
	return c.Conn.Write(b)
}

func TestRepliesToCommandsThatCameTogetherGoOutTogether(t *testing.T) {
	l := &writeListener{Listener: listen(t, "127.0.0.1:0")[0]}
	server := receive.NewServer(&inbox{}, receive.Options{})
	go server.Serve(l)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		server.Shutdown(ctx)
	})
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	steps := []struct {
		send  string
		codes []string // the replies, and how they go out
	}{
		{"", []string{"220"}},
		{"EHLO web1.example\r\n", []string{"250"}}, // of many lines
		{"MAIL FROM:<f@x>\r\nRCPT TO:<t@x>\r\nRCPT TO:<\r\nDATA\r\n", []string{"250 250 501 354"}},
		{"one\r\n.\r\nMAIL FROM:<f@x>\r\nRSET\r\nNOOP\r\n", []string{"250", "250 250 250"}},
		{"MAIL FROM:<f@x>\r\nRCPT TO:<t@x>\r\nBDAT 4\r\none\n", []string{"250 250 250"}},
		{"BDAT 0 LAST\r\nVRFY x\r\nMAIL FROM:<f@x>\r\nQUIT\r\n", []string{"250", "252", "250 221"}},
	}
	for _, step := range steps {
		io.WriteString(conn, step.send)
		want := strings.Join(step.codes, " | ")
		for range len(strings.Fields(strings.ReplaceAll(want, "|", ""))) {
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					t.Fatalf("after %q: %v", step.send, err)
				}
				if line[3] == ' ' {
					break
				}
			}
		}
		var got []string
		for _, write := range l.since() {
			var codes []string
			for line := range strings.Lines(write) {
				if line[3] == ' ' {
					codes = append(codes, line[:3])
				}
			}
			got = append(got, strings.Join(codes, " "))
		}
		if got := strings.Join(got, " | "); got != want {
			t.Errorf("after %q: replies went out as %s, want %s", step.send, got, want)
		}
	}
}

func TestNoReplyWaitsForACommandThatIsNotWhole(t *testing.T) {
	p := dial(t, start(t, &inbox{}, receive.Options{}).addr)
	p.ask("EHLO web1.example", "250")
	p.send("MAIL FROM:<f@x>\r\nRCPT TO")
	p.expect("250 ")
	p.send(":<t@x>\r\n")
	p.expect("250 ")
}
