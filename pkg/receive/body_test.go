package receive_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/hut8labs/failmail/pkg/message"
)

const (
	multipart   = "Content-Type: multipart/mixed; boundary=b\n\n"
	alternative = "Content-Type: multipart/alternative; boundary=b\n\n"
)

func TestBody(t *testing.T) {
	tests := []struct{ name, mail, want string }{
		{"plain text", "Subject: s\n\none\ntwo\n", "one\ntwo"},
		{"blank lines at the edges go, those inside stay", "Subject: s\n\n\n\none\n\ntwo\n\n\n", "one\n\ntwo"},
		{"base64", "Content-Transfer-Encoding: base64\n\nR3LDvMOf\nZQ==\n", "Grüße"},
		{"quoted-printable with a soft line break", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=\n=BC=C3=9Fe\n", "Grüße"},
		{"an encoding in capitals", "Content-Transfer-Encoding: BASE64\n\nb2s=\n", "ok"},
		{"latin-1", "Content-Type: text/plain; charset=iso-8859-1\n\ncaf\xe9\n", "café"},
		{"windows-1252 in quoted-printable", "Content-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: quoted-printable\n\n=80 5\n", "€ 5"},
		{"raw utf-8 without any declaration", "Subject: s\n\nGrüße\n", "Grüße"},
		{"raw latin-1 without any declaration becomes valid UTF-8", "Subject: s\n\ncaf\xe9\n", "café"},
		{"an unknown charset is shown as it stands", "Content-Type: text/plain; charset=klingon\n\nplain\n", "plain"},
		{"an unknown encoding is shown as it stands", "Content-Transfer-Encoding: x-uuencode\n\nplain\n", "plain"},
		{"a broken content type is plain text", "Content-Type: ;;;\n\nplain\n", "plain"},
		{"the old content type text is plain text", "Content-Type: text\n\nplain\n", "plain"},
		{"html only is converted", "Content-Type: text/html\n\n<p>disk <b>full</b> &amp; hot</p>\n", "disk full & hot"},
		{"the plain alternative wins", alternative + "--b\nContent-Type: text/html\n\n<p>html</p>\n--b\nContent-Type: text/plain\n\nplain\n--b--\n", "plain"},
		{"two plain parts follow one another", multipart + "--b\n\none\n--b\n\ntwo\n--b--\n", "one\ntwo"},
		{"a part without a header section is plain text", multipart + "preamble\n--b\n\ntext\n--b--\nepilogue\n", "text"},
		{"nested parts are found", multipart + "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\ninner\n--c\nContent-Type: text/html\n\n<i>x</i>\n--c--\n--b\nContent-Type: application/pdf\n\n%PDF\n--b--\n", "inner"},
		{"an attached text is not the body", multipart + "--b\n\nbody\n--b\nContent-Disposition: attachment; filename=log.txt\n\nlog\n--b--\n", "body"},
		{"a missing last boundary", multipart + "--b\n\ntext\n", "text"},
		{"a boundary that never comes leaves the text as it stands", multipart + "text\n", "text"},
		{"a multipart without a boundary is shown as it stands", "Content-Type: multipart/mixed\n\n--b\ntext\n", "--b\ntext"},
		{"base64 that breaks off keeps its beginning", "Content-Transfer-Encoding: base64\n\nb25l!!!\n", "one"},
		{"escape sequences and NULs go, tabs stay", "Subject: s\n\na\tb\x1b[31mc\x00d\x07\n", "a\tbcd"},
		{"C1 control characters go, and the sequence that one begins", "Subject: s\n\na\u009b1mb\u0085c\n", "abc"},
		{"bidirectional overrides go", "Subject: s\n\na\u202eb\u2066c\n", "abc"},
		{"html entities cannot bring control characters back", "Content-Type: text/html\n\na&#27;[31mb&#x9b;c&#8238;d\n", "ab›cd"},
		{"an encoded CR is a line end", "Content-Transfer-Encoding: quoted-printable\n\na=0Db=0D=0Ac=0Ad\n", "a\nb\nc\nd"},
		{"a body of nothing", "Subject: s\n\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := message.New("", nil, []byte(tt.mail))
			if got := m.Body(); got != tt.want {
				t.Errorf("Body() = %q, want %q", got, tt.want)
			}
			if first, second := m.Body(), m.Body(); first != second {
				t.Errorf("a second call gives %q instead of %q", second, first)
			}
		})
	}
}

func TestHTML(t *testing.T) {
	m := message.New("", nil, []byte(alternative+"--b\n\nplain\n--b\nContent-Type: text/html; charset=iso-8859-1\n\n<p>caf\xe9</p>\n--b--\n"))
	if got := strings.TrimSpace(m.HTML()); got != "<p>café</p>" {
		t.Errorf("HTML() = %q", got)
	}
	if got := message.New("", nil, []byte("Subject: s\n\nplain\n")).HTML(); got != "" {
		t.Errorf("HTML() of a plain mail = %q", got)
	}
}

func TestDeepNestingEnds(t *testing.T) {
	var b strings.Builder
	for range 5000 {
		b.WriteString("Content-Type: multipart/mixed; boundary=b\n\n--b\n")
	}
	b.WriteString("\ntext\n")
	m := message.New("", nil, []byte(b.String()))
	if strings.Contains(m.Body(), "\r") {
		t.Errorf("Body() = %.200q", m.Body())
	}
}

func FuzzNewMessage(f *testing.F) {
	for _, seed := range []string{
		"", "\r\n", "no header", "Subject: =?utf-8?B?4gqw?= x\n y\nbroken\n\nbody", "From a\nSubject: s\n\n\x1b[1m",
		multipart + "--b\nContent-Type: text/html; charset=iso-2022-jp\n\n<p>&#27;\n--b--",
		alternative + "--b\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZQ==\n--b\n\n\x00\xff\n--b--",
		"Content-Transfer-Encoding: quoted-printable\n\na=0D=\nb=FF=1B",
		"Content-Transfer-Encoding: quoted-printable\n\na=0D\n0",
		"Content-Type: text/html\n\n<a href='x'>&lt;<script>alert(1)</script><!-- <li>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := string(raw)
		m := message.New("from", []string{"to"}, raw)
		if string(raw) != before {
			t.Error("the argument was changed")
		}
		if want := message.NormalizeLines(raw); string(m.Raw) != string(want) {
			t.Errorf("Raw = %q, want %q", m.Raw, want)
		}
		readable(t, "Body()", strings.NewReplacer("\n", "", "\t", "").Replace(m.Body()))
		readable(t, "Subject()", m.Subject())
		readable(t, "Host()", m.Host())
		for _, v := range m.Header.Values("Content-Type") {
			readable(t, "Values()", v)
		}
		if html := m.HTML(); !utf8.ValidString(html) {
			t.Errorf("HTML() = %q is not UTF-8", html)
		}
	})
}

// readable fails if text is not valid UTF-8 on one line without control
// characters.
func readable(t *testing.T, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		t.Errorf("%s = %q, which is not fit to be shown", what, text)
	}
}
