package deliver_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

// patience ends a test that hangs; no test that passes waits for it.
const patience = 10 * time.Second

// What a relay can do instead of replying.
const (
	drop = "drop" // close the connection
	hang = "hang" // never answer
)

// relay is a scripted SMTP server. It replies with script[step], where step is
// "greeting", a verb, a whole command such as "RCPT TO:<a@x>", or "end" for
// the reply after the data; it accepts where there is no entry.
type relay struct {
	addr   string
	script map[string]string
	hung   chan struct{} // gets a value when a hang begins

	mu       sync.Mutex
	commands []string
	data     []string // of each mail, as on the wire
}

func startRelay(t *testing.T, script map[string]string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{addr: l.Addr().String(), script: script, hung: make(chan struct{}, 10)}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { r.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait() // so every client has closed its connection
	})
	return r
}

func (r *relay) serve(conn net.Conn) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(conn)
	reply := func(fallback string, steps ...string) bool {
		text := fallback
		for _, step := range steps {
			if s, ok := r.script[step]; ok {
				text = s
				break
			}
		}
		switch text {
		case drop:
			return false
		case hang:
			r.hung <- struct{}{}
			io.Copy(io.Discard, in)
			return false
		}
		_, err := io.WriteString(conn, text+"\r\n")
		return err == nil
	}
	if !reply("220 relay", "greeting") {
		return
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSuffix(line, "\r\n")
		r.mu.Lock()
		r.commands = append(r.commands, line)
		r.mu.Unlock()
		verb, _, _ := strings.Cut(line, " ")
		fallback := map[string]string{"DATA": "354 go", "QUIT": "221 bye"}[verb]
		if fallback == "" {
			fallback = "250 ok"
		}
		if !reply(fallback, line, verb) {
			return
		}
		if _, scripted := r.script["DATA"]; verb == "DATA" && !scripted {
			if !r.readData(in) || !reply("250 queued", "end") {
				return
			}
		}
	}
}

func (r *relay) readData(in *bufio.Reader) bool {
	var data strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		data.WriteString(line)
		if line == ".\r\n" {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.data = append(r.data, data.String())
			return true
		}
	}
}

// seen returns the commands of all connections and the data of all mails.
func (r *relay) seen() (commands, data []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.commands...), append([]string(nil), r.data...)
}

// to returns a mail for the given recipients.
func to(recipients ...string) *deliver.Mail {
	return &deliver.Mail{
		From: "failmail@x", To: recipients, MessageID: "1@x",
		Raw: []byte("Subject: s\r\n\r\nbody\r\n"),
	}
}
