package content

import (
	"encoding/base64"
	"runtime"
	"strings"
	"testing"
)

// What a mail takes besides its bytes must not grow with them: clients send large
// ones on purpose.
func TestReadingALargeMailTakesLittleMemory(t *testing.T) {
	const size, most = 48 << 20, 10 << 20
	lines := func(line string) string { return strings.Repeat(line+"\r\n", size/(len(line)+2)) }
	encoded := lines(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("error at seven\n", 3)))) // 45 bytes
	part := func(header, body string) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + header + "\r\n\r\n" + body + "--b--\r\n"
	}
	for name, mail := range map[string]string{
		"text in base64":                     "Content-Transfer-Encoding: base64\r\n\r\n" + encoded,
		"damaged text in base64":             "Content-Transfer-Encoding: base64\r\n\r\n*" + encoded,
		"text in quoted-printable":           "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + lines("=41=42 failed ="),
		"a page":                             "Content-Type: text/html\r\n\r\n" + lines("<p>error <b>x</b>"),
		"a file in base64":                   part("Content-Type: application/zip\r\nContent-Transfer-Encoding: base64", encoded),
		"a damaged file in base64":           part("Content-Type: application/zip\r\nContent-Transfer-Encoding: base64", "*"+encoded),
		"a file in quoted-printable":         part("Content-Type: application/zip\r\nContent-Transfer-Encoding: quoted-printable", lines("=41=42 failed =")),
		"a mail in base64 within the mail":   part("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64", encoded),
		"parts in base64, against the rules": "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded,
		"many parts":                         "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + lines("--b\r\n\r\nx"),
	} {
		t.Run(name, func(t *testing.T) {
			raw := []byte(mail)
			header, body, err := SplitHeader(raw)
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			c := Read(header, body)
			runtime.ReadMemStats(&after)
			// Garbage included; most is that of text in quoted-printable, 6 MiB.
			if took := after.TotalAlloc - before.TotalAlloc; took > most {
				t.Errorf("reading it took %d MiB, it has %d; problem %q", took>>20, size>>20, c.Problem)
			}
			for _, a := range c.Attachments {
				if a.Type == "application/zip" && (a.Size < size/2*95/100 || a.Size > size) {
					t.Errorf("%d bytes of %s", a.Size, a.Type)
				}
			}
		})
	}
}
