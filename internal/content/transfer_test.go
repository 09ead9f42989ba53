package content

import (
	"testing"
)

func TestTransferEncodings(t *testing.T) {
	const qp, b64 = "quoted-printable", "base64"
	tests := []struct{ name, encoding, body, want, problem string }{
		{"base64", b64, "R3LDvMOf\nZQ==\n", "Grüße", ""},
		{"base64 without padding", b64, "R3LDvMOfZQ\n", "Grüße", ""},
		{"base64 with too much padding", b64, "R3LDvMOfZQ====\n", "Grüße", ""},
		{"base64 in pieces, each with padding", b64, "R3LDvA==\nw59l\n", "Grüße", ""},
		{"base64 with blanks between the groups", b64, "R3LD vMOf\n\n  ZQ==\n", "Grüße", ""},
		{"base64 with a character too many", b64, "SGVsbG8gV29ybGQhA\n", "Hello World!", ""},
		{"base64 for URLs", b64, "Pz8_Pj4-\n", "???>>>", ""},
		{"base64 with line noise", b64, "R3LD\x0evMOf*ZQ==\n", "Grüße", "damaged base64: 2 stray characters"},
		{"base64 and a footer of a list", b64, "R3LDvMOfZQ==\n\n____\nTo leave the list, write to x@example.com\n", "Grüße\n____\nTo leave the list, write to x@example.com", "text behind the base64 it says it is"},
		{"base64 without padding and a footer", b64, "R3LDvMOf\n\nSent by a virus scanner.\n", "Grüß\nSent by a virus scanner.", "text behind the base64 it says it is"},
		{"a footer on the last line of the base64", b64, "R3LDvMOfZQ==Scanned by x, y and z.\n", "Grüße\nScanned by x, y and z.", "text behind the base64 it says it is"},
		{"text that is no base64 as it says", b64, "The disk is full.\nIt really is, on sda and sdb.\n", "The disk is full.\nIt really is, on sda and sdb.", "not base64, as it says, and shown as it was sent"},
		{"quoted-printable", qp, "Gr=C3=BC=C3=9Fe =\nvom Server\n", "Grüße vom Server", ""},
		{"quoted-printable in lower case", qp, "Gr=c3=bc=c3=9fe\n", "Grüße", ""},
		{"quoted-printable with blanks at the ends of lines", qp, "a =  \nb  \nc=20\n", "a b\nc ", ""},
		{"quoted-printable with an equals sign that is none", qp, "x=y a=1 b=\tc ==\n=3D", "x=y a=1 b=\tc ==", ""},
		{"quoted-printable that ends in the middle", qp, "disk=", "disk", ""},
		{"quoted-printable that ends in an escape", qp, "disk =C", "disk =C", ""},
		{"quoted-printable with bytes not encoded", qp, "Grüße =3D Gr=C3=BC=C3=9Fe\n", "Grüße = Grüße", ""},
		{"capitals and a comment", "BASE64 (by hand)", "b2s=\n", "ok", ""},
		{"a semicolon too many", "quoted-printable;", "=6Fk\n", "ok", ""},
		{"8-bit with a hyphen", "8-bit", "Grüße\n", "Grüße", ""},
		{"a charset where the encoding should be", "utf-8", "Grüße\n", "Grüße", ""},
		{"an encoding nobody knows", "x-rot13", "qvfx shyy\n", "qvfx shyy", `unknown transfer encoding "x-rot13", shown as it was sent`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := read(t, "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "+tt.encoding+"\n\n"+tt.body)
			if c.Text != tt.want || c.Problem != tt.problem {
				t.Errorf("got %q, problem %q; want %q, %q", c.Text, c.Problem, tt.want, tt.problem)
			}
		})
	}
}

func TestSizesOfAttachments(t *testing.T) {
	tests := []struct {
		name, encoding, body string
		want                 int
	}{
		{"as it is", "8bit", "12345", 5},
		{"base64", "base64", "AAAA\r\nAAA=\r\n", 5},
		{"damaged base64", "base64", "AA!AA\r\nAAA\r\n", 5},
		{"quoted-printable", "quoted-printable", "=00=\r\n1=3D\r\n", 5},
		{"an encoding nobody knows", "x-none", "12345", 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := read(t, "Content-Type: application/x\nContent-Transfer-Encoding: "+tt.encoding+"\n\n"+tt.body)
			if len(c.Attachments) != 1 || c.Attachments[0].Size != tt.want {
				t.Errorf("got %+v, want %d bytes", c.Attachments, tt.want)
			}
		})
	}
}

func TestFlowedTextIsJoined(t *testing.T) {
	tests := []struct{ name, params, body, want string }{
		{"lines that go on", "", "The disk \nis full.\nReally.\n", "The disk is full.\nReally."},
		{"with the blanks that were added", "; delsp=yes", "磁盘 \n已满\n", "磁盘已满"},
		{"quotes", "", "> The disk \n> is full.\n>> Really. \nNo.\n", "> The disk is full.\n>> Really. \nNo."},
		{"stuffed lines", "", " From here\n  indented\n >no quote\n", "From here\n indented\n>no quote"},
		{"the signature", "", "bye \n-- \nme\n", "bye \n-- \nme"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if c := read(t, "Content-Type: text/plain; charset=utf-8; format=Flowed"+tt.params+"\n\n"+tt.body); c.Text != tt.want {
				t.Errorf("got %q, want %q", c.Text, tt.want)
			}
		})
	}
}
