package receive_test

import (
	"fmt"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

// chunk sends content as a chunk, nothing behind it, and expects a reply.
func (p *peer) chunk(content, last, reply string) {
	p.t.Helper()
	p.send(fmt.Sprintf("BDAT %d%s\r\n%s", len(content), last, content))
	p.expect(reply)
}

// An empty chunk leaves the library's goroutine behind, which may begin only
// when later commands are read.
func TestEmptyChunkAndDATADoNotMeet(t *testing.T) {
	in := &inbox{}
	server := start(t, in, receive.Options{MaxIdleCommands: 1 << 30})
	p := dial(t, server.addr)
	p.ask("EHLO x", "250-")
	for range 300 {
		p.send("MAIL FROM:<f@x>\r\nRCPT TO:<t@x>\r\nBDAT 0\r\nDATA\r\nRSET\r\nMAIL FROM:<root>\r\nRCPT TO:<root>\r\nRSET\r\n")
		for _, reply := range []string{"250 ", "250 ", "250 ", "503 ", "250 ", "250 ", "250 ", "250 "} {
			p.expect(reply)
		}
	}
	p.mail()
	if n := len(in.all()); n != 1 {
		t.Errorf("%d mails arrived", n)
	}
}
