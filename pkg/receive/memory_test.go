package receive_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

// live returns how many bytes of the heap are in use.
func live() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC() // what was left for use again is dropped by the second one
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

const mebibyte = 1 << 20

// What connections, buffers and the test itself take.
const besides = mebibyte

// contents are mails of about a MiB without the end of their last line.
var contents = map[string]string{
	"lines in CRLF":  strings.Repeat(strings.Repeat("x", 78)+"\r\n", mebibyte/80),
	"lines in LF":    strings.Repeat(strings.Repeat("x", 79)+"\n", mebibyte/80),
	"empty lines":    strings.Repeat("\n", mebibyte/2),
	"bare CR":        strings.Repeat("xxxxxxx\r", mebibyte/8),
	"one long line":  strings.Repeat("x", mebibyte),
	"a bomb of MIME": "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", mebibyte/11),
}

func (p *peer) untilRcpt() {
	p.t.Helper()
	p.ask("EHLO test", "250-")
	p.ask("MAIL FROM:<f@x>", "250 ")
	p.ask("RCPT TO:<t@x>", "250 ")
}

func TestMailsInTransferHoldNoMoreThanIsCounted(t *testing.T) {
	const limit = 8 * mebibyte
	for name, content := range contents {
		t.Run(name, func(t *testing.T) {
			server := start(t, &inbox{}, receive.Options{MaxInFlight: limit})
			before := live()
			refused := 0
			for range 12 {
				p := dial(t, server.addr)
				p.untilRcpt()
				p.send(fmt.Sprintf("BDAT %d\r\n%s", len(content), content))
				if reply, err := p.reply(); err != nil {
					t.Fatal(err)
				} else if reply[0] == '4' {
					refused++
				}
			}
			held, counted := live()-before, server.Stats().InFlight
			if counted > limit || counted < limit/2 || refused == 0 {
				t.Errorf("%d bytes are counted, and %d mails refused", counted, refused)
			}
			if held > counted+besides {
				t.Errorf("%d bytes are held and %d counted", held, counted)
			}
		})
	}
}

func TestAMailIsHeldOnceWhileItIsHandled(t *testing.T) {
	for name, content := range contents {
		t.Run(name, func(t *testing.T) {
			var held, size int64
			var before int64
			server := start(t, receive.HandlerFunc(func(_ context.Context, m *receive.Message) error {
				held, size = live()-before, int64(len(m.Raw))
				return nil
			}), receive.Options{})
			p := dial(t, server.addr)
			content := strings.Repeat(content, 8)
			before = live()
			p.untilData()
			p.ask(content+"\r\n.", "250 ")
			if held > size+besides {
				t.Errorf("%d bytes are held for a mail of %d", held, size)
			}
			if got := server.Stats().InFlight; got != 0 {
				t.Errorf("%d bytes are counted after its end", got)
			}
		})
	}
}

func TestWhatIsAbandonedIsNoLongerCounted(t *testing.T) {
	for name, begin := range map[string]string{"DATA": "DATA\r\n", "BDAT": "BDAT 1100000\r\n"} {
		t.Run(name, func(t *testing.T) {
			server := start(t, &inbox{}, receive.Options{})
			p := dial(t, server.addr)
			p.untilRcpt()
			p.send(begin + contents["lines in LF"])
			p.conn.Close()
			server.drain(t)
			if got := server.Stats().InFlight; got != 0 {
				t.Errorf("%d bytes are counted", got)
			}
		})
	}
}

func TestShortMailsGetThroughBesideLongOnes(t *testing.T) {
	const limit = 2 * mebibyte
	in := &inbox{}
	server := start(t, in, receive.Options{MaxInFlight: limit})
	for _, size := range []int{300_000, 70_000} { // both together fill the limit to the last byte
		for reply := "250 "; reply[0] == '2'; {
			p := dial(t, server.addr)
			p.untilRcpt()
			p.send(fmt.Sprintf("BDAT %d\r\n%s", size, strings.Repeat("x", size)))
			var err error
			if reply, err = p.reply(); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := dial(t, server.addr)
	for range 3 {
		p.untilData()
		p.ask(strings.Repeat("x", 4000)+"\r\n.", "250 ")
	}
	if n := len(in.all()); n != 3 {
		t.Errorf("%d mails arrived", n)
	}
}

// blocking returns a Handler that lets short mails through and keeps long ones
// until release is closed or its context has ended.
func blocking() (h receive.Handler, entered chan string, release chan struct{}) {
	entered, release = make(chan string, 10), make(chan struct{})
	return receive.HandlerFunc(func(ctx context.Context, m *receive.Message) error {
		if len(m.Raw) < 64<<10 {
			return nil
		}
		entered <- m.From
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}), entered, release
}

func TestLongMailsWaitForEachOtherAndShortOnesDoNot(t *testing.T) {
	h, entered, release := blocking()
	server := start(t, h, receive.Options{MaxInFlight: 64 * mebibyte})
	content := contents["lines in CRLF"]
	long := func() *peer {
		p := dial(t, server.addr)
		p.untilRcpt()
		p.ask(fmt.Sprintf("BDAT %d\r\n%s", len(content), content[:len(content)-2]), "250 ")
		p.send("BDAT 0 LAST\r\n")
		return p
	}
	first := long()
	<-entered
	second := long()
	p := dial(t, server.addr)
	for range 3 {
		p.untilData()
		p.ask("short\r\n.", "250 ")
	}
	if len(entered) > 0 {
		t.Error("two long mails are handled at a time")
	}
	close(release)
	first.expect("250 ")
	second.expect("250 ")
}
