package message_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/message"
)

func TestHeaderGetDecodes(t *testing.T) {
	tests := []struct{ name, field, want string }{
		{"plain text", "disk full", "disk full"},
		{"surrounding space goes", "   disk  full\t ", "disk full"},
		{"utf-8, quoted-printable", "=?UTF-8?Q?Gr=C3=BC=C3=9Fe_x?=", "Grüße x"},
		{"utf-8, base64, in lower case", "=?utf-8?b?R3LDvMOfZQ==?=", "Grüße"},
		{"iso-8859-1", "=?iso-8859-1?Q?caf=E9?=", "café"},
		{"iso-8859-15", "=?ISO-8859-15?Q?=A4_5?=", "€ 5"},
		{"windows-1252", "=?windows-1252?Q?=80_5?=", "€ 5"},
		{"windows-1251", "=?windows-1251?B?0eHu6Q==?=", "Сбой"},
		{"koi8-r", "=?KOI8-R?B?8NLJ18XU?=", "Привет"},
		{"iso-2022-jp", "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"},
		{"shift_jis", "=?Shift_JIS?B?jHiNkA==?=", "警告"},
		{"gb2312", "=?GB2312?B?vq+xqA==?=", "警报"},
		{"big5", "=?Big5?B?xLWz+A==?=", "警報"},
		{"euc-kr", "=?EUC-KR?B?sOaw7Q==?=", "경고"},
		{"two encoded words join without a space", "=?utf-8?Q?ab?= =?utf-8?Q?cd?=", "abcd"},
		{"encoded words of two charsets join", "=?utf-8?Q?=C3=BC?= =?iso-8859-1?Q?=E9?=", "üé"},
		{"encoded and plain text mix", "[web1] =?utf-8?Q?=C3=BCber?= 90%", "[web1] über 90%"},
		{"a character split over two encoded words", "=?utf-8?B?4g==?= =?utf-8?B?gqw=?=", "€"},
		{"an unknown charset stays as it stands", "=?x-klingon?Q?abc?=", "=?x-klingon?Q?abc?="},
		{"broken base64 stays as it stands", "=?utf-8?B?%%%?=", "=?utf-8?B?%%%?="},
		{"an encoded word without an end stays", "=?utf-8?Q?abc", "=?utf-8?Q?abc"},
		{"a folded field", "one\n two\n\tthree", "one two three"},
		{"encoded words in a folded field", "=?utf-8?Q?on?=\n =?utf-8?Q?e?=", "one"},
		{"raw utf-8", "Grüße", "Grüße"},
		{"raw latin-1 becomes valid UTF-8", "caf\xe9", "café"},
		{"control characters become spaces, escape sequences nothing", "a\x07b\x1b[31mc\x7fd", "a bc d"},
		{"an encoded line end cannot add a field", "=?utf-8?Q?a=0D=0ABcc:_evil?=", "a Bcc: evil"},
		{"an encoded NUL", "=?utf-8?Q?a=00b?=", "a b"},
		{"C1 control characters become spaces, the sequence that one begins nothing", "a\u0085b\u009b1mc", "a bc"},
		{"line and paragraph separators become spaces", "a\u2028b\u2029c", "a b c"},
		{"bidirectional overrides become spaces", "a\u202eb\u202cc\u2066d\u2069e", "a b c d e"},
		{"encoded invalid UTF-8", "=?utf-8?Q?a=FFb?=", "a\uFFFDb"},
		{"an empty field", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := message.New("", nil, []byte("X-Before: 1\nSubject: "+tt.field+"\nX-After: 2\n\nbody\n"))
			for _, name := range []string{"Subject", "subject", "SUBJECT"} {
				if got := m.Header.Get(name); got != tt.want {
					t.Errorf("Get(%q) = %q, want %q", name, got, tt.want)
				}
			}
			if got := m.Header.Values("subject"); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("Values = %q, want only %q", got, tt.want)
			}
			if !m.Header.Has("subject") {
				t.Error("Has = false")
			}
			if m.Header.Get("X-Before") != "1" || m.Header.Get("X-After") != "2" || m.Problem != "" {
				t.Errorf("the neighbours are damaged, problem %q", m.Problem)
			}
		})
	}
}

func TestHeaderOfSeveralFields(t *testing.T) {
	m := message.New("", nil, []byte("Received: one\nSubject: first\nRECEIVED: =?utf-8?Q?tw=C3=B6?=\nSubject: second\nreceived:\n\n"))
	if got, want := m.Header.Values("Received"), []string{"one", "twö", ""}; !slices.Equal(got, want) {
		t.Errorf("Values(Received) = %q, want %q", got, want)
	}
	if got := m.Header.Get("Subject"); got != "first" {
		t.Errorf("Get(Subject) = %q, want the first", got)
	}
	if m.Header.Has("To") || m.Header.Get("To") != "" || m.Header.Values("To") != nil {
		t.Error("a field is found that is not there")
	}
}

func TestZeroHeaderIsEmpty(t *testing.T) {
	var h message.Header
	if h.Has("Subject") || h.Get("Subject") != "" || h.Values("Subject") != nil {
		t.Error("the zero Header has a Subject")
	}
}

func TestHeaderNamesMayHaveSpaceBeforeTheColon(t *testing.T) {
	m := message.New("", nil, []byte("Subject : s\nTo\t: x\n\nbody\n"))
	if m.Subject() != "s" || m.Header.Get("To") != "x" || m.Body() != "body" {
		t.Errorf("subject %q, to %q, body %q", m.Subject(), m.Header.Get("To"), m.Body())
	}
}

func TestHugeHeaderIsRead(t *testing.T) {
	m := message.New("", nil, []byte("Subject: s\nX-Big: "+strings.Repeat("y", 200_000)+"\nTo: x\n\nbody\n"))
	if len(m.Header.Get("X-Big")) != 200_000 || m.Header.Get("To") != "x" || m.Body() != "body" {
		t.Errorf("big field of %d bytes, to %q, body %.20q", len(m.Header.Get("X-Big")), m.Header.Get("To"), m.Body())
	}
}
