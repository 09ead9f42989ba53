package content

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestSplitHeader(t *testing.T) {
	tests := []struct{ name, raw, subject, body, problem string }{
		{"CRLF", "Subject: s\r\nTo: x\r\n\r\nbody\r\n", "s", "body\r\n", ""},
		{"LF", "Subject: s\nTo: x\n\nbody\n", "s", "body\n", ""},
		{"a CRLF header over an LF body with an empty line", "Subject: s\r\n\r\na\n\nb", "s", "a\n\nb", ""},
		{"an LF header over a CRLF body with an empty line", "Subject: s\n\na\r\n\r\nb", "s", "a\r\n\r\nb", ""},
		{"a header and nothing else", "Subject: s\r\n\r\n", "s", "", ""},
		{"a header that breaks off", "Subject: s\r\nTo", "s", "", "malformed header"},
		{"a body that begins with an empty line", "Subject: s\r\n\r\n\r\nbody", "s", "\r\nbody", ""},
		{"nothing", "", "", "", "empty message"},
		{"an empty line and a body", "\r\nbody", "", "body", "no header section"},
		{"text", "body", "", "body", "no header section"},
		{"a colon without a name", ": x\r\n\r\nbody", "", ": x\r\n\r\nbody", "no header section"},
		{"a name that is not ASCII", "S\xfcbject: x\r\n\r\nbody", "", "S\xfcbject: x\r\n\r\nbody", "no header section"},
		{"an mbox line", "From a@x Thu Jan  1 00:00:00 1970\r\nSubject: s\r\n\r\nbody", "s", "body", ""},
		{"an mbox line without a mail", "From a@x", "", "", "empty message"},
		{"empty lines before the header", "\r\n\r\nSubject: s\r\nTo: x\r\n\r\nbody", "s", "body", ""},
		{"a line of blanks before the header", " \t\nSubject: s\n\nbody", "s", "body", ""},
		{"an empty line and a header without a body", "\nSubject: s\n", "s", "", ""},
		{"a quoted mbox line", ">From a@x Thu Jan  1 00:00:00 1970\nSubject: s\n\nbody", "s", "body", ""},
		{"an mbox line, an empty one and another", "From a@x\n\n>From b@x\nSubject: s\n\nbody", "s", "body", ""},
		{"an empty line and a text with a colon", "\r\nkernel: Out of memory\r\n\r\nbody", "", "kernel: Out of memory\r\n\r\nbody", "no header section"},
		{"an empty line and a text that tells of a subject", "\nThe\nSubject: s\n", "", "\nThe\nSubject: s\n", "no header section"},
		{"only empty lines", "\r\n\r\n", "", "\r\n", "no header section"},
		{"a broken second field", "Subject: s\r\nbroken\r\nTo: x\r\n\r\nbody", "s", "body", "malformed header"},
		{"a broken first field", " X: 1\r\nSubject: s\r\n\r\nbody", "s", "body", "malformed header"},
		{"a broken last field", "Subject: s\r\nbroken\r\n\r\nbody", "s", "body", "malformed header"},
		{"fields behind a broken one", "To: x\r\nbroken\r\n folded\r\nSubject: s\r\n\r\nbody", "s", "body", "malformed header"},
		{"a field folded without a blank", "X: a;\r\nb\r\nSubject: s\r\n\r\nbody", "s", "body", "malformed header"},
		{"no empty line before the body", "Subject: s\r\nTraceback:\r\n  File a.py\r\nit failed\r\nagain\r\n\r\nKeyError", "s", "it failed\r\nagain\r\n\r\nKeyError", "malformed header"},
		{"no empty line before a body of one line", "Subject: s\r\nit failed\r\n", "s", "it failed\r\n", "malformed header"},
		{"no empty line before the first part", "Subject: s\r\nA mail in parts.\r\n--b\r\nContent-Type: text/plain\r\n\r\nbody", "s", "--b\r\nContent-Type: text/plain\r\n\r\nbody", "malformed header"},
		{"a byte order mark", "\xef\xbb\xbfSubject: s\r\n\r\nbody", "s", "body", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header, body, err := SplitHeader([]byte(tt.raw))
			if got := Field(&header, "subject"); got != tt.subject {
				t.Errorf("subject %q, want %q", got, tt.subject)
			}
			if string(body) != tt.body {
				t.Errorf("body %q, want %q", body, tt.body)
			}
			if (err == nil) != (tt.problem == "") || err != nil && !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("error %v, want %q", err, tt.problem)
			}
		})
	}
}

func TestSplitHeaderOfAnEndlessHeaderKeepsTheRestAsBody(t *testing.T) {
	raw := "Subject: s\r\n" + strings.Repeat("X-Filler: "+strings.Repeat("y", 988)+"\r\n", 1100)
	header, body, _ := SplitHeader([]byte(raw))
	if Field(&header, "Subject") != "s" {
		t.Error("the beginning of the header is lost")
	}
	if want := raw[maxHeaderBytes:]; string(body) != want {
		t.Errorf("body of %d bytes, want the %d beyond the limit", len(body), len(want))
	}
}

func TestFieldsAfterABrokenOneAreKept(t *testing.T) {
	header, _, _ := SplitHeader([]byte("Content-Type: application/pdf;\r\nname=a.pdf\r\nbroken\r\nTo: x\r\n\r\nbody"))
	if got := header.Get("Content-Type"); got != "application/pdf; name=a.pdf" {
		t.Errorf("Content-Type %q", got)
	}
	if got := Field(&header, "To"); got != "x" {
		t.Errorf("To %q", got)
	}
}

func TestField(t *testing.T) {
	header, _, err := SplitHeader([]byte("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n =?koi8-r?B?8NLJ18XU?=\r\nsubject: second\r\nEmpty:\r\nBad: =?x-none?Q?a?=\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Subject": "GrüßeПривет", "SUBJECT": "GrüßeПривет", "Empty": "", "None": "", "Bad": "=?x-none?Q?a?=",
	} {
		if got := Field(&header, name); got != want {
			t.Errorf("Field(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"plain text stays", "disk full", "disk full"},
		{"white space is folded", " a \t\r\n  b ", "a b"},
		{"a no-break space is white space", "a\u00a0b", "a b"},
		{"control characters become spaces", "a\x00b\x1b[1mc\x7f", "a bc"},
		{"C1 control characters become spaces", "a\u0080b\u009fc", "a b c"},
		{"line separators become spaces", "a\u2028b\u2029c\u0085d", "a b c d"},
		{"bidirectional overrides become spaces", "a\u202ab\u202ec\u2066d\u2069e", "a b c d e"},
		{"what comes next to them stays", "\u2027\u202f\u2065\u206a", "\u2027 \u2065\u206a"},
		{"other scripts and pictures stay", "警報 🔥 עברית", "警報 🔥 עברית"},
		{"invalid UTF-8 is replaced", "a\xff\xfeb\xc3", "a\uFFFDb\uFFFD"},
		{"only control characters", "\x01\x02", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Line(tt.text)
			if got != tt.want {
				t.Errorf("Line(%q) = %q, want %q", tt.text, got, tt.want)
			}
			if again := Line(got); again != got {
				t.Errorf("Line(%q) = %q, not the same again", got, again)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range samples(f) {
		f.Add(seed)
	}
	for _, seed := range []string{
		"Content-Type: text/html\n\n<table><td>a</td><td>&#27;<",
		"Content-Type: text/html\n\n<ul><li>a<blockquote><pre>\n x<a href=http://x>y<p style=display:none>z</table>&nbsp;<br>",
		"Content-Type: text/plain; charset=utf-7; format=flowed\n\n> +AGEA- \n>b+//8-",
		"Content-Type: text/plain; charset=iso-2022-kr\nContent-Transfer-Encoding: base64\n\nGyQpQw5wNT06\n--\nx",
		"Subject: =?utf-8?B?4o?= =?utf-8?Q?=82=AC?= \xe9\nContent-Transfer-Encoding: quoted-printable\n\n=\n=C3=\n=bc==",
		"Content-Type: multipart/digest; boundary=b\n\n--b\n\nContent-Type: message/rfc822; name*0*=x''%e9; name*1=y\n\nContent-Type: text/enriched\n\n<param>a<<\n\n",
		"Subject: s\n\nbegin 644 x\n#8V%T\n`\nend\n\xff\xfea\x00",
		"Content-Type: multipart/mixed\n\n--b\nContent-Type: text/plain\nx\n\n\xb1\xb8\xb7\xdd\xca\xa7\xb0\xdc\xa3\xba\xb4\xc5\xc5\xcc\xbf\xd5\n--b--",
	} {
		f.Add([]byte(seed))
	}
	f.Add([]byte("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\n----"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		header, body, _ := SplitHeader(raw)
		c := Read(header, body)
		if !utf8.ValidString(c.Text) || !utf8.ValidString(c.HTML) {
			t.Errorf("Text %q or HTML %q is not UTF-8", c.Text, c.HTML)
		}
		if strings.ContainsFunc(c.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
			t.Errorf("Text has control characters: %q", c.Text)
		}
		if strings.Trim(c.Text, "\n") != c.Text {
			t.Errorf("Text has blank edges: %q", c.Text)
		}
		for _, a := range c.Attachments {
			if a.Name != Line(a.Name) || a.Type != Line(a.Type) || a.Name == "" || a.Size < 0 || a.Size > len(raw) {
				t.Errorf("attachment %+v", a)
			}
		}
		if len(c.Text) > maxTextBytes || len(c.HTML) > maxTextBytes {
			t.Errorf("text of %d and HTML of %d bytes", len(c.Text), len(c.HTML))
		}
		if subject := Field(&header, "Subject"); subject != Line(subject) {
			t.Errorf("Subject %q is not one line", subject)
		}
		if c.Problem != Line(c.Problem) {
			t.Errorf("Problem %q is not one line", c.Problem)
		}
	})
}
