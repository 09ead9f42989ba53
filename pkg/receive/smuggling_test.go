package receive_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

// SMTP smuggling hides a second mail in a first one, behind something that one
// server takes for the end of the data and the other does not. Only CRLF.CRLF
// may end a mail (RFC 5321 section 4.1.1.4).
func TestOnlyCRLFDotCRLFEndsAMail(t *testing.T) {
	const smuggled = "MAIL FROM:<evil@x>\r\nRCPT TO:<victim@x>\r\nDATA\r\nevil\r\n"
	for name, end := range map[string]string{
		"LF dot LF":              "\n.\n",
		"LF dot CRLF":            "\n.\r\n",
		"CRLF dot LF":            "\r\n.\n",
		"CR dot CR":              "\r.\r",
		"CR dot CRLF":            "\r.\r\n",
		"CRLF dot CR":            "\r\n.\r",
		"LF dot CR":              "\n.\r",
		"CR dot LF":              "\r.\n",
		"CRLF NUL dot CRLF":      "\r\n\x00.\r\n",
		"CRLF dot NUL CRLF":      "\r\n.\x00\r\n",
		"CRLF dot space CRLF":    "\r\n. \r\n",
		"CRLF dot dot CRLF":      "\r\n..\r\n",
		"CRLF dot CR CR LF":      "\r\n.\r\r\n",
		"CRLF space dot CRLF":    "\r\n .\r\n",
		"CRLF dot LF CR":         "\r\n.\n\r",
		"next line (U+0085) dot": "\u0085.\u0085",
	} {
		t.Run(name, func(t *testing.T) {
			in := &inbox{}
			server := start(t, in, receive.Options{})
			p := dial(t, server.addr)
			p.untilData()
			p.send("Subject: s\r\n\r\none" + end + smuggled + ".\r\n")
			p.expect("250 ")
			p.ask("QUIT", "221 ") // the next reply, so nothing else was executed
			mails := in.all()
			if len(mails) != 1 || mails[0].From != "f@x" || strings.Join(mails[0].To, ",") != "t@x" {
				t.Fatalf("%d mails arrived, the first from %q to %q", len(mails), mails[0].From, mails[0].To)
			}
			raw := string(mails[0].Raw)
			if !strings.Contains(raw, "evil@x") {
				t.Errorf("part of the mail is lost: %q", raw)
			}
			if rest := strings.ReplaceAll(raw, "\r\n", ""); strings.ContainsAny(rest, "\r\n") {
				t.Errorf("a bare CR or LF is handed on: %q", raw)
			}
		})
	}
}

// A program that translates line ends twice sends CR CR LF. The final CRLF.CRLF
// is still there and ends the mail, else client and server wait for each other.
func TestCRBeforeTheFinalCRLFDotCRLFDoesNotHideIt(t *testing.T) {
	in := &inbox{}
	server := start(t, in, receive.Options{})
	p := dial(t, server.addr)
	p.untilData()
	p.send("Subject: s\r\n\r\none\r\r\n.\r\nQUIT\r\n.\r\n")
	p.expect("250 ")
	mails := in.all()
	if len(mails) != 1 || strings.Contains(string(mails[0].Raw), "QUIT") {
		t.Fatalf("the mail swallowed the command after it: %q", mails[0].Raw)
	}
	p.expect("221 ")
}
