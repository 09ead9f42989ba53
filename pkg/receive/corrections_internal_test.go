package receive

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// bare is a session that leaves everything to the library.
type bare struct{}

func (bare) Reset()                               {}
func (bare) Logout() error                        { return nil }
func (bare) Mail(string, *smtp.MailOptions) error { return nil }
func (bare) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (bare) Data(r io.Reader) error               { _, err := io.Copy(io.Discard, r); return err }
func (bare) AuthMechanisms() []string             { return []string{sasl.Plain} }
func (bare) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(string, string, string) error { return nil }), nil
}

// What is corrected is found by the library's words, which the next version may
// change: then a correction would be lost without a sign.
func TestTheLibraryStillSaysWhatIsCorrected(t *testing.T) {
	engine := NewServer(HandlerFunc(nil), Options{}).newEngine(false)
	server := engine.Server
	server.Backend = smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return bare{}, nil })
	server.MaxLineLength = 100 // stands for the wire's bound
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })

	var said []string
	for _, dialog := range []string{
		"MAIL FROM:<f@x>\nNOOP\nEHLO x\nDATA\nRCPT TO:<t@x>\nAUTH\nAUTH PLAIN !\nAUTH PLAIN =\n" +
			"MAIL FROM:<f@x> FOO\nMAIL FROM:<f@x> AUTH=\nMAIL FROM:<f@x>\nRCPT TO:<t@x> FOO",
		"STARTTLSX\nXYZZY1\nXYZZY\nX\nXY\nXYZ",
		"NOOP " + strings.Repeat("x", 200),
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(conn, strings.ReplaceAll(dialog, "\n", "\r\n")+"\r\n")
		conn.(*net.TCPConn).CloseWrite()
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			said = append(said, lines.Text())
		}
		conn.Close()
	}
	for _, c := range corrections {
		found := false
		for _, line := range said {
			if strings.HasPrefix(line, c.prefix) {
				found = true
				if got := correct([]byte(line + "\r\n")); !bytes.HasPrefix(got, []byte(c.code+" ")) || !bytes.HasSuffix(got, []byte("\r\n")) {
					t.Errorf("%q became %q", line, got)
				}
			}
		}
		if !found {
			t.Errorf("the library says %q no more; see what it says instead, and correct that", c.prefix)
		}
	}
	// The first line of the reply to EHLO and the greeting are what capability and
	// Write look for.
	for _, prefix := range []string{"220 ", "250-PIPELINING", "250-SIZE "} {
		if !strings.Contains("\n"+strings.Join(said, "\n"), "\n"+prefix) {
			t.Errorf("the library says %q no more", prefix)
		}
	}
	if t.Failed() {
		t.Logf("it says\n%s", strings.Join(said, "\n"))
	}
}

func TestALineOfAReplyIsCutAt512Octets(t *testing.T) {
	for n, want := range map[int]int{10: 10, 512: 512, 513: 512, 60000: 512} {
		line := shorten([]byte("250 " + strings.Repeat("x", n-6) + "\r\n"))
		if len(line) != want || !bytes.HasSuffix(line, []byte("\r\n")) || (n > 512) != bytes.HasSuffix(line, []byte("...\r\n")) {
			t.Errorf("%d octets became %d: %q", n, len(line), line[len(line)-9:])
		}
	}
	if line := shorten([]byte("250 " + strings.Repeat("ü", 400) + "\r\n")); !utf8.Valid(line) || len(line) > 512 {
		t.Errorf("a character is cut: %q", line[490:])
	}
}
