package receive_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

// chunk sends content as a chunk, nothing behind it, and expects a reply.
func (p *peer) chunk(content, last, reply string) {
	p.t.Helper()
	p.send(fmt.Sprintf("BDAT %d%s\r\n%s", len(content), last, content))
	p.expect(reply)
}

func TestChunks(t *testing.T) {
	const evil = "RSET\r\nMAIL FROM:<evil@x>\r\nRCPT TO:<victim@x>\r\nDATA\r\nevil\r\n.\r\n"
	begin := "MAIL FROM:<f@x>\r\nRCPT TO:<t@x>\r\n"
	tests := []struct {
		name, sent string
		replies    string   // how each begins, after EHLO
		mails      []string // what arrives
	}{
		{"a negative size is refused", begin + "BDAT -1\r\nNOOP\r\n", "250|250|501|250", nil},
		{"a negative size that wraps to 1 is refused", begin + "BDAT -4294967295 LAST\r\nNOOP\r\n", "250|250|501|250", nil},
		{"a size above 32 bits is refused", begin + "BDAT 4294967296 LAST\r\nNOOP\r\n", "250|250|501|250", nil},
		{"a size that wraps to 1 in 32 bits is refused", begin + "BDAT 4294967297 LAST\r\nNOOP\r\n", "250|250|501|250", nil},
		{"a size above 64 bits is refused", begin + "BDAT 18446744073709551617 LAST\r\nNOOP\r\n", "250|250|501|250", nil},
		{"a size with a sign is refused", begin + "BDAT +1\r\nNOOP\r\n", "250|250|501|250", nil},
		{"a hexadecimal size is refused", begin + "BDAT 0x10\r\nNOOP\r\n", "250|250|501|250", nil},
		{"a size with underscores is refused", begin + "BDAT 1_0\r\nNOOP\r\n", "250|250|501|250", nil},
		{"a size of nothing is refused", begin + "BDAT LAST\r\nNOOP\r\n", "250|250|501|250", nil},
		{"a missing size is refused", begin + "BDAT\r\nNOOP\r\n", "250|250|501|250", nil},
		{"an unknown word is refused", begin + "BDAT 1 FIRST\r\nNOOP\r\n", "250|250|501|250", nil},
		{"a third word is refused", begin + "BDAT 1 LAST LAST\r\nNOOP\r\n", "250|250|501|250", nil},
		{"a huge size swallows what follows", begin + "BDAT 4294967295\r\n" + evil, "250|250", nil},
		{"a chunk longer than it is never obeyed", begin + "BDAT 1000 LAST\r\n" + evil, "250|250", nil},
		{"a chunk cut short is no mail", begin + "BDAT 10 LAST\r\n123456789", "250|250", nil},
		{"a mail without its last chunk is none", begin + "BDAT 3\r\none", "250|250|250", nil},
		{"an empty mail", begin + "BDAT 0 LAST\r\nNOOP\r\n", "250|250|250|250", []string{""}},
		{"an empty chunk before, between and at the end", begin + "BDAT 0\r\nBDAT 3\r\noneBDAT 0\r\nBDAT 3\r\ntwoBDAT 0 LAST\r\n", "250|250|250|250|250|250|250", []string{"onetwo"}},
		{"leading zeros and small letters", begin + "bdat 0003 last\r\none", "250|250|250", []string{"one"}},
		{"DATA among chunks is refused", begin + "BDAT 3\r\noneDATA\r\nBDAT 3 LAST\r\ntwo", "250|250|250|50|250", []string{"onetwo"}},
		{"MAIL and RCPT among chunks are refused", begin + "BDAT 3\r\none" + begin + "BDAT 3 LAST\r\ntwo", "250|250|250|50|50|250", []string{"onetwo"}},
		{"DATA and chunks in one session", begin + "DATA\r\none\r\n.\r\n" + begin + "BDAT 3 LAST\r\ntwo" + begin + "DATA\r\nthree\r\n.\r\n",
			"250|250|354|250|250|250|250|250|250|354|250", []string{"one\r\n", "two", "three\r\n"}},
		{"a BDAT line inside DATA is content", begin + "DATA\r\nBDAT 5 LAST\r\n.\r\nNOOP\r\n", "250|250|354|250|250", []string{"BDAT 5 LAST\r\n"}},
		{"a chunk that looks like commands is content", begin + fmt.Sprintf("BDAT %d LAST\r\n", len(evil)) + evil + "NOOP\r\n", "250|250|250|250", []string{evil}},
		{"a chunk without MAIL is not obeyed", fmt.Sprintf("BDAT %d LAST\r\n", len(evil)) + evil + "NOOP\r\n", "50|250", nil},
		{"a chunk without RCPT is not obeyed", "MAIL FROM:<f@x>\r\n" + fmt.Sprintf("BDAT %d LAST\r\n", len(evil)) + evil + "NOOP\r\n", "250|50|250", nil},
		{"chunks behind a refused one are not obeyed", "MAIL FROM:<f@x>\r\n" + strings.Repeat(fmt.Sprintf("BDAT %d\r\n", len(evil))+evil, 2) + "NOOP\r\n", "250|50|50|250", nil},
		{"a bare recipient in a chunk stays as it is", begin + "BDAT 36 LAST\r\nRCPT TO:<root>\r\nMAIL FROM:<root>\r\n\r\nNOOP\r\n", "250|250|250|250", []string{"RCPT TO:<root>\r\nMAIL FROM:<root>\r\n\r\n"}},
		{"a bare recipient in DATA stays as it is", begin + "DATA\r\nMAIL FROM:<root>\r\nRCPT TO:<root>\r\n.\r\n", "250|250|354|250", []string{"MAIL FROM:<root>\r\nRCPT TO:<root>\r\n"}},
		{"STARTTLS in a chunk stays as it is", begin + "BDAT 10 LAST\r\nSTARTTLS\r\nNOOP\r\n", "250|250|250|250", []string{"STARTTLS\r\n"}},
		{"a dot alone in a chunk stays as it is", begin + "BDAT 12 LAST\r\none\r\n.\r\n..\r\n", "250|250|250", []string{"one\r\n.\r\n..\r\n"}},
		{"line ends in chunks are made CRLF", begin + "BDAT 4\r\na\rb\nBDAT 3 LAST\r\n\r\r\n", "250|250|250|250", []string{"a\r\nb\r\n\r\n\r\n"}},
		{"a line end split between chunks stays one", begin + "BDAT 2\r\na\rBDAT 2 LAST\r\n\nb", "250|250|250|250", []string{"a\r\nb"}},
	}
	for _, tt := range tests {
		for _, way := range []string{"in one write", "byte by byte"} {
			t.Run(tt.name+", "+way, func(t *testing.T) {
				in := &inbox{}
				server := start(t, in, receive.Options{})
				p := dial(t, server.addr)
				p.ask("EHLO x", "250-")
				p.sendIn(way, tt.sent)
				for reply := range strings.SplitSeq(tt.replies, "|") {
					p.expect(reply)
				}
				p.conn.(*net.TCPConn).CloseWrite()
				if rest := p.expectEnd(); strings.Contains(rest, "250") || strings.Contains(rest, "354") {
					t.Errorf("at the end came %q", rest)
				}
				server.drain(t)
				var got []string
				for _, m := range in.all() {
					got = append(got, string(m.Raw))
					if m.From != "f@x" || strings.Join(m.To, ",") != "t@x" {
						t.Errorf("a mail came from %q to %q", m.From, m.To)
					}
				}
				if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", tt.mails); g != w {
					t.Errorf("mails %s, want %s", g, w)
				}
			})
		}
	}
}

// sendIn sends text in one write or byte by byte.
func (p *peer) sendIn(way, text string) {
	p.t.Helper()
	if way != "byte by byte" {
		p.send(text)
		return
	}
	for i := range len(text) {
		p.send(text[i : i+1])
	}
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
