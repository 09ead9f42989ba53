package receive_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

// The variants of CRLF.CRLF that servers have been found to take for the end,
// each with a mail behind it and with NUL bytes between.
func TestNothingButCRLFDotCRLFEndsAMailHoweverItArrives(t *testing.T) {
	ends := map[string]string{
		"CRLF dot LF":        "\r\n.\n",
		"LF dot CRLF":        "\n.\r\n",
		"LF dot LF":          "\n.\n",
		"CR dot CR":          "\r.\r",
		"CRLF dot CR":        "\r\n.\r",
		"CR dot CRLF":        "\r.\r\n",
		"CR CR dot CRLF":     "\r\r.\r\n",
		"LF CR dot CRLF":     "\n\r.\r\n",
		"CRLF dot CRCRLF":    "\r\n.\r\r\n",
		"CRLF dot CRCR":      "\r\n.\r\r",
		"CRLF dot LFCR":      "\r\n.\n\r",
		"CRLF dot tab CRLF":  "\r\n.\t\r\n",
		"CRLF dotdot CRLF":   "\r\n..\r\n",
		"CRCRLF dotdot CRLF": "\r\r\n..\r\n",
		"CRLF dot LF CRLF":   "\r\n.\n\r\n",
	}
	const nul = "\x00"
	tests := make(map[string]string)
	for name, end := range ends {
		tests[name] = end
		if dot := strings.IndexByte(end, '.'); !strings.HasPrefix(end[dot:], "..") {
			tests[name+" with NUL before the dot"] = end[:dot] + nul + end[dot:]
			tests[name+" with NUL behind the dot"] = end[:dot+1] + nul + end[dot+1:]
			tests[name+" with NUL inside the last line end"] = end[:len(end)-1] + nul + end[len(end)-1:]
		}
	}
	const smuggled = "MAIL FROM:<evil@x>\r\nRCPT TO:<root>\r\nDATA\r\nevil\r\n"
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			var first string
			for _, way := range []string{"in one write", "byte by byte"} {
				in := &inbox{}
				p := dial(t, start(t, in, receive.Options{}).addr)
				p.untilData()
				p.sendIn(way, "Subject: s\r\n\r\none"+end+smuggled+".\r\nQUIT\r\n")
				p.expect("250 ")
				p.expect("221 ") // the next reply, so nothing else was executed
				mails := in.all()
				if len(mails) != 1 || mails[0].From != "f@x" || strings.Join(mails[0].To, ",") != "t@x" {
					t.Fatalf("%s: %d mails arrived", way, len(mails))
				}
				raw := string(mails[0].Raw)
				if strings.ContainsAny(strings.ReplaceAll(raw, "\r\n", ""), "\r\n") {
					t.Errorf("%s: a bare CR or LF is handed on: %q", way, raw)
				}
				if !strings.HasPrefix(raw, "Subject: s\r\n\r\none") || !strings.HasSuffix(raw, smuggled) {
					t.Errorf("%s: part of the mail is lost: %q", way, raw)
				}
				if first == "" {
					first = raw
				} else if raw != first {
					t.Errorf("%s: the mail is %q instead of %q", way, raw, first)
				}
			}
		})
	}
}

// A line "." CR CR LF is content, and the end behind it an end.
func TestDotCRCRLFDoesNotHideTheEnd(t *testing.T) {
	in := &inbox{}
	p := dial(t, start(t, in, receive.Options{}).addr)
	p.untilData()
	p.send("one\r\n.\r\r\n.\r\nQUIT\r\n.\r\n")
	p.expect("250 ")
	p.expect("221 ")
	if raw := string(in.all()[0].Raw); strings.Contains(raw, "QUIT") {
		t.Errorf("the mail swallowed the command behind it: %q", raw)
	}
}
