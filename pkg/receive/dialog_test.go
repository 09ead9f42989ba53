package receive_test

import (
	"crypto/tls"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestDialogs plays the files of testdata/dialogs against a server. Their first
// line is a comment that says why; the name of a file says what is shown. The
// other lines are
//
//	# options: tls idle-timeout=1s   how the server is set up, see dialog.set
//	C: text                the client sends text and CRLF
//	B: "text" "text"*9     the client sends just these bytes, quoted as in Go
//	D: 5ms "text"          so, a byte every 5ms, until the server hangs up
//	T:                     the client makes the handshake of TLS
//	E:                     the client ends its half of the connection
//	S: text                the next reply begins with text
//	X:                     the server ends the connection and says no more
//	X: text                ... than replies that begin with text, which are lost
//	                       where it has not read all that was sent
//	M: <from> <to>,<to> "text"   the handler got this mail, byte for byte
//
// C*9: and S*9: stand for nine lines, and <to>*9 for nine recipients, in which
// %d counts from 1. What the client sends is sent together up to the next line
// of another kind. When the file ends, so does the client's half: then the
// server must have no more to say, and the handler no mail but those of M:.
//
// Each dialog is played twice, the second time byte by byte.
func TestDialogs(t *testing.T) {
	const longest = 64 << 10 // to be played byte by byte
	for _, d := range dialogs(t) {
		name := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(d.file), ".txt"), "-", " ")
		t.Run(name, func(t *testing.T) {
			if d.timed() {
				synctest.Test(t, func(t *testing.T) { d.play(t, false) })
				return
			}
			t.Run("at once", func(t *testing.T) { d.play(t, false) })
			if !d.atOnce && len(d.said) <= longest {
				t.Run("byte by byte", func(t *testing.T) { d.play(t, true) })
			}
		})
	}
}

// timed reports whether it needs a time that no busy machine stretches. A port for TLS
// is only on the network.
func (d *dialog) timed() bool {
	return d.options.IdleTimeout+d.options.SessionTimeout > 0 && d.port == ""
}

// play has the dialog with a server of its own.
func (d *dialog) play(t *testing.T, byteByByte bool) {
	in := &inbox{}
	options := d.options
	var clientTLS *tls.Config
	if d.tls {
		options.TLS, clientTLS = tlsPair(t)
	}
	var server *running
	var p *peer
	if d.timed() {
		server, p = startOnPipe(t, in, options)
	} else {
		server = startOn(t, listen(t, d.port+"127.0.0.1:0")[0], in, options)
		p = connect(t, "tcp", server.addr)
	}
	if d.port != "smtps://" { // where T: comes first
		p.expect("220 ")
	}
	var unsent strings.Builder
	for _, step := range append(d.steps, dialogStep{kind: "E"}, dialogStep{kind: "X"}) {
		if step.kind == "send" {
			unsent.WriteString(step.text)
			continue
		}
		p.say(unsent.String(), byteByByte, 0)
		unsent.Reset()
		switch step.kind {
		case "D":
			p.say(step.text, true, step.pause)
		case "T":
			p = p.secure(clientTLS)
		case "E":
			if half, ok := p.conn.(interface{ CloseWrite() error }); ok {
				half.CloseWrite() // fails if the server was faster
			}
		case "S":
			reply, err := p.reply()
			if err != nil || !strings.HasPrefix(reply, step.text) {
				t.Fatalf("%s:%d: reply = %q, %v; want %q", d.file, step.line, reply, err, step.text)
			}
		case "X":
			rest := p.expectEnd()
			for reply := range strings.Lines(rest) {
				if step.text == "" || !strings.HasPrefix(reply, step.text) {
					t.Fatalf("%s:%d: before the end came %q; want %q", d.file, step.line, rest, step.text)
				}
			}
		}
	}
	p.conn.Close()
	server.drain(t)
	var got []dialogMail
	for _, m := range in.all() {
		got = append(got, dialogMail{"<" + m.From + ">", "<" + strings.Join(m.To, ">,<") + ">", string(m.Raw)})
	}
	if !slices.Equal(got, d.mails) {
		t.Errorf("%s: the handler got %d mails\n%v\nwant %d\n%v", d.file, len(got), got, len(d.mails), d.mails)
	}
}

// say sends text, until the server hangs up: it may, and what it says then is
// for the dialog to judge.
func (p *peer) say(text string, byteByByte bool, pause time.Duration) {
	size := max(len(text), 1)
	if byteByByte {
		size = 1
	}
	for piece := range slices.Chunk([]byte(text), size) {
		if _, err := p.conn.Write(piece); err != nil {
			return
		}
		time.Sleep(pause)
	}
}
