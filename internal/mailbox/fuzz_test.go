package mailbox_test

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hut8labs/failmail/internal/mailbox"
)

func FuzzMails(f *testing.F) {
	for _, seed := range []string{
		"", "Subject: a\n\nx\n", "From a@x Mon Mar  9 03:17:42 2026\nSubject: a\n\nx\n\nFrom b@x Mon Mar  9 03:17:43 2026\nSubject: b\n\ny\n",
		"From \r\rFrom \r\nX-A: b\n>From \n>>From x", "\xef\xbb\xbfFrom a\n\n\nFrom b\nSubject:\n", "From : x\n", "\x1f\x8b", "a\rb\r\nc",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		read := func(in io.Reader, max int) []string {
			return found((&mailbox.Reader{Stdin: in, MaxSize: max}).Mails(t.Context(), "-"))
		}
		mails := read(bytes.NewReader(file), 0)
		if slow := read(iotest.OneByteReader(bytes.NewReader(file)), 0); !slices.Equal(slow, mails) {
			t.Errorf("at once %q\nbyte by byte %q", mails, slow)
		}
		size := 0
		for _, mail := range mails {
			size += len(mail)
		}
		// A source and a sender for each mail, a line end for the last line.
		if separators := bytes.Count(file, []byte("From ")); len(mails) > separators+1 || size > 2*len(file)+40*len(mails)+200 {
			t.Errorf("%d bytes with %d separators became %d mails of %d bytes", len(file), separators, len(mails), size)
		}
		small := read(bytes.NewReader(file), 10)
		if len(small) != len(mails) {
			t.Errorf("with a bound there are %d mails instead of %d", len(small), len(mails))
		}

		lines := found((&mailbox.Reader{Stdin: bytes.NewReader(file)}).Lines(t.Context(), "-"))
		if slow := found((&mailbox.Reader{Stdin: iotest.OneByteReader(bytes.NewReader(file))}).Lines(t.Context(), "-")); !slices.Equal(slow, lines) {
			t.Errorf("at once %q\nbyte by byte %q", lines, slow)
		}
		if ends := bytes.Count(file, []byte("\n")) + bytes.Count(file, []byte("\r")); len(lines) > ends+1 {
			t.Errorf("%d line ends make %d lines", ends, len(lines))
		}
	})
}

// What a careful program writes into an mbox comes out as it was.
func FuzzMboxRoundTrip(f *testing.F) {
	f.Add("x\nFrom here\n>From there\n\n", "From b@x Mon Mar  9 03:17:43 2026\nSubject: b\n")
	f.Add("", "\n\n")
	quote := regexp.MustCompile(`(?m)^>*From `)
	f.Fuzz(func(t *testing.T, one, two string) {
		var file strings.Builder
		var want []string
		for _, body := range []string{one, two} {
			if strings.Contains(body, "\r") {
				t.Skip("bare CRs are line ends in some files only")
			}
			if body != "" && !strings.HasSuffix(body, "\n") {
				body += "\n"
			}
			mail := "Subject: s\n\n" + body
			want = append(want, mail)
			file.WriteString("From a@x Mon Mar  9 03:17:42 2026\n" + quote.ReplaceAllString(mail, ">$0") + "\n")
		}
		var got []string
		for mail, err := range (&mailbox.Reader{Stdin: strings.NewReader(file.String())}).Mails(t.Context(), "-") {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(mail.Raw))
		}
		if !slices.Equal(got, want) {
			t.Errorf("wrote %q\nread  %q", want, got)
		}
	})
}
