package content

import (
	"strings"
	"testing"
)

func BenchmarkRead(b *testing.B) {
	text := strings.Repeat("Traceback (most recent call last):\r\n  File \"app.py\", line 17, in main\r\n    run()\r\nKeyError: 'x'\r\n", 20)
	for name, raw := range map[string]string{
		"plain without a content type": "Subject: s\r\n\r\n" + text,
		"plain with a charset":         "Subject: s\r\nContent-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" + text,
		"alternative": "Subject: s\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text +
			"\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>" + text + "</p>\r\n--b--\r\n",
		"HTML": "Subject: s\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><table>" +
			strings.Repeat("<tr><td>disk</td><td><b>full</b> &amp; <a href=\"https://example.com/\">more</a></td></tr>\r\n", 30) + "</table></body></html>\r\n",
	} {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			header, body, err := SplitHeader([]byte(raw))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				Read(header, body)
			}
		})
	}
}

func BenchmarkField(b *testing.B) {
	header, _, err := SplitHeader([]byte("Subject: [web1] ERROR: disk /dev/sda1 is full\r\nX-Encoded: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\n"))
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"Subject", "X-Encoded"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Field(&header, name)
			}
		})
	}
}
