package content

import (
	"strings"
	"testing"
)

func TestEncodedWordsAreDecoded(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"as they should be", "=?utf-8?Q?Gr=C3=BC=C3=9Fe?= an =?iso-8859-1?B?YWxsZQ==?=", "Grüße an alle"},
		{"with underscores for blanks", "=?UTF-8?Q?disk_=C3=BCber_90%?=", "disk über 90%"},
		{"with lower case letters", "=?utf-8?q?=c3=bc?= =?utf-8?b?w7w=?=", "üü"},
		{"with a language", "=?utf-8*de?Q?=C3=BC?=", "ü"},
		{"in quotes", "\"=?utf-8?Q?J=C3=BCrgen?=\" <j@x>", "\"Jürgen\" <j@x>"},
		{"in the middle of a word", "a=?utf-8?Q?=C3=BC?=b", "aüb"},
		{"next to each other without a blank", "=?utf-8?Q?=C3=BC?==?utf-8?Q?=C3=A4?=", "üä"},
		{"with blanks inside", "=?utf-8?Q?disk =C3=BCber 90?=", "disk über 90"},
		{"with blanks inside the base64", "=?utf-8?B?R3LD vMOf ZQ==?=", "Grüße"},
		{"with a blank before the encoding", "=?utf-8? Q?=C3=BC?=", "ü"},
		{"without padding", "=?utf-8?B?R3LDvMOfZQ?=", "Grüße"},
		{"with padding in the middle", "=?utf-8?B?R3LDvA==w59l?=", "Grüße"},
		{"cut inside a character", "=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", "€"},
		{"cut inside a group of base64", "=?utf-8?B?R3LDv?= =?utf-8?B?MOfZQ==?=", "Grüße"},
		{"cut inside a character, in two encodings", "=?utf-8?Q?=E2=82?= =?UTF-8?B?rA==?=", "€"},
		{"a question mark not encoded", "=?utf-8?Q?what?=3F=C3=BC?=", "what??ü"},
		{"hex digits after the end", "=?utf-8?Q?=C3=BC?=de", "üde"},
		{"bytes not encoded inside", "=?utf-8?Q?Grüße?=", "Grüße"},
		{"an equals sign that is no escape", "=?utf-8?Q?a=b=C3=BC?=", "a=bü"},
		{"with the wrong charset", "=?us-ascii?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"},
		{"Windows-1252 called UTF-8", "=?utf-8?Q?Gr=FC=DFe?=", "Grüße"},
		{"in a charset the sender does not know", "=?unknown-8bit?Q?Gr=FC=DFe?=", "Grüße"},
		{"in a charset nobody knows", "=?x-klingon?B?R3LDvMOfZQ==?=", "Grüße"},
		{"cut at the end", "=?utf-8?Q?Gr=C3=BC=C3=9Fe_vo", "Grüße vo"},
		{"cut at the end of the base64", "=?utf-8?B?R3LDvMOfZSB2b", "Grüße v"},
		{"encoded twice", "=?utf-8?Q?=3D=3Futf-8=3FQ=3FGr=3DC3=3DBC=3DC3=3D9Fe=3F=3D?=", "Grüße"},
		{"in a charset that changes state", "=?ISO-2022-JP?B?GyRCRnw=?= =?ISO-2022-JP?B?GyRCS1wbKEI=?=", "日本"},
		{"in utf-7", "=?utf-7?Q?Gr+APYA3w-e?=", "Größe"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Decode(tt.value); got != tt.want {
				t.Errorf("Decode(%q) = %q, want %q", tt.value, got, tt.want)
			}
		})
	}
}

func TestWhatIsNoEncodedWordStays(t *testing.T) {
	for _, value := range []string{
		"", "disk full", "a =? b", "=?", "=?=", "=??=", "=?utf-8?=", "=?utf-8?Q", "=?utf-8?X?abc?=", "what =?x? q? is this",
		"=?utf-8?B?%%%?=", "=?utf-8?Q?abc", "=?x-klingon?Q?abc?=", "if a=?b?c:d", strings.Repeat("=?", 5),
	} {
		if got := Decode(value); got != Line(value) {
			t.Errorf("Decode(%q) = %q", value, got)
		}
	}
}

func TestRawBytesInAHeader(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"UTF-8", "Grüße", "Grüße"},
		{"Windows-1252", "caf\xe9 \x80", "café €"},
		{"next to an encoded word", "caf\xe9 =?utf-8?Q?=C3=BC?=", "café ü"},
		{"iso-2022-jp", "\x1b$B%G%#%9%/\x1b(B", "ディスク"},
		{"escape sequences of a terminal", "\x1b[31mred", "red"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Decode(tt.value); got != tt.want {
				t.Errorf("Decode(%q) = %q, want %q", tt.value, got, tt.want)
			}
		})
	}
}

func TestNamesOfAttachments(t *testing.T) {
	tests := []struct{ name, field, want string }{
		{"quoted", `Content-Disposition: attachment; filename="a b.txt"`, "a b.txt"},
		{"with blanks and no quotes", `Content-Disposition: attachment; filename=my report (1).txt; size=3`, "my report (1).txt"},
		{"of the type", `Content-Type: application/pdf; name="a.pdf"`, "a.pdf"},
		{"with no semicolon before it", `Content-Type: application/pdf name="a.pdf"`, "a.pdf"},
		{"with a semicolon inside", `Content-Disposition: attachment; filename="a;b.txt"`, "a;b.txt"},
		{"with escaped quotes", `Content-Disposition: attachment; filename="a\"b\".txt"`, `a"b".txt`},
		{"with quotes that are not escaped", `Content-Disposition: attachment; filename="a "b" c.txt"; size=1`, `a "b" c.txt`},
		{"with a path of Windows", `Content-Disposition: attachment; filename="C:\temp\a.txt"`, `C:\temp\a.txt`},
		{"without the second quote", `Content-Disposition: attachment; filename="a.txt; size=1`, "a.txt"},
		{"RFC 2231", `Content-Disposition: attachment; filename*=utf-8'en'Gr%C3%BC%C3%9Fe.txt`, "Grüße.txt"},
		{"RFC 2231 in Latin-1", `Content-Disposition: attachment; filename*=iso-8859-1''caf%E9.txt`, "café.txt"},
		{"RFC 2231 in quotes", `Content-Disposition: attachment; filename*="utf-8''caf%C3%A9.txt"`, "café.txt"},
		{"RFC 2231 without a charset", `Content-Disposition: attachment; filename*=caf%C3%A9.txt`, "café.txt"},
		{"RFC 2231 in pieces", `Content-Disposition: attachment; filename*0="a long "; filename*1="name.txt"`, "a long name.txt"},
		{"RFC 2231 in pieces out of order", `Content-Disposition: attachment; filename*1="b.txt"; filename*0="a"`, "ab.txt"},
		{"RFC 2231 in encoded pieces", `Content-Disposition: attachment; filename*0*=utf-8''%E2%82; filename*1*=%AC; filename*2=".txt"`, "€.txt"},
		{"RFC 2231 before the plain one", `Content-Disposition: attachment; filename="caf_.txt"; filename*=utf-8''caf%C3%A9.txt`, "café.txt"},
		{"RFC 2047", `Content-Disposition: attachment; filename="=?utf-8?B?Y2Fmw6kudHh0?="`, "café.txt"},
		{"RFC 2047 without quotes", `Content-Disposition: attachment; filename==?utf-8?Q?caf=C3=A9?=.txt`, "café.txt"},
		{"RFC 2047 in the pieces of RFC 2231", `Content-Disposition: attachment; filename*0="=?utf-8?B?Y2Fm"; filename*1="w6kudHh0?="`, "café.txt"},
		{"RFC 2047 over two lines", "Content-Disposition: attachment; filename=\"=?utf-8?Q?caf=C3?=\n =?utf-8?Q?=A9.txt?=\"", "café.txt"},
		{"raw UTF-8", "Content-Disposition: attachment; filename=管理.doc", "管理.doc"},
		{"raw Windows-1252", "Content-Disposition: attachment; filename=\"caf\xe9.txt\"", "café.txt"},
		{"of the disposition before that of the type", "Content-Type: application/x; name=b\nContent-Disposition: attachment; filename=a", "a"},
		{"none", "Content-Type: Application/X-Y", "application/x-y"},
		{"empty", `Content-Type: application/x; name=""`, "application/x"},
		{"with control characters", `Content-Disposition: attachment; filename*=utf-8''a%0D%0Ab%1Bc.txt`, "a b c.txt"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			field := tt.field
			if !strings.HasPrefix(field, "Content-Type") {
				field = "Content-Type: application/octet-stream\n" + field
			}
			c := read(t, field+"\n\nx\n")
			if len(c.Attachments) != 1 || c.Attachments[0].Name != tt.want || c.Problem != "" {
				t.Errorf("got %+v, problem %q; want %q", c.Attachments, c.Problem, tt.want)
			}
		})
	}
}

func TestContentTypesOfMailPrograms(t *testing.T) {
	tests := []struct{ name, value, kind, charset string }{
		{"as it should be", `text/plain; charset="utf-8"`, "text/plain", "utf-8"},
		{"blanks around the equals sign", `text/plain; charset = utf-8`, "text/plain", "utf-8"},
		{"a comment", `text/plain (the text); charset=us-ascii (plain text); x=y`, "text/plain", "us-ascii"},
		{"no semicolon", `text/html charset=utf-8`, "text/html", "utf-8"},
		{"no semicolon between two", `text/html; charset=utf-8 format=flowed`, "text/html", "utf-8"},
		{"a charset without its name", `text/html;iso-8859-2`, "text/html", "iso-8859-2"},
		{"the same parameter twice", `text/plain; charset=utf-8; charset=koi8-r`, "text/plain", "utf-8"},
		{"a semicolon too many", `text/plain;; charset=utf-8;`, "text/plain", "utf-8"},
		{"a bracket behind it", `text/plain>`, "text/plain", ""},
		{"in quotes", `"text/plain"; charset=utf-8`, "text/plain", "utf-8"},
		{"in capitals", `TEXT/HTML; CHARSET=UTF-8`, "text/html", "UTF-8"},
		{"nothing", ``, "", ""},
		{"only semicolons", `;;;`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kind, params := parseParams(tt.value, "")
			if kind != tt.kind || params["charset"] != tt.charset {
				t.Errorf("got %q, charset %q; want %q, %q", kind, params["charset"], tt.kind, tt.charset)
			}
		})
	}
}
