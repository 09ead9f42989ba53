package receive

import (
	"bytes"
	"testing"
)

// plainContent is the content of the mail that sent begins with, found in the
// plainest way, and how long it is with its end; -1 if it has none. CRs that follow
// a CR are left out.
func plainContent(sent []byte) (content []byte, length int) {
	for from := 0; from <= len(sent); {
		end := bytes.Index(sent[from:], []byte("\r\n"))
		if end < 0 {
			return append(content, unstuffed(sent[from:])...), -1
		}
		line := sent[from : from+end+2]
		from += len(line)
		if string(line) == ".\r\n" {
			return content, from
		}
		content = append(content, unstuffed(line)...)
	}
	return content, -1
}

func unstuffed(line []byte) []byte { return bytes.TrimPrefix(line, []byte(".")) }

// FuzzDataEnd cuts what a client sends in two at any place.
func FuzzDataEnd(f *testing.F) {
	for _, seed := range []string{
		"", ".\r\n", "\r\n.\r\n", "one\r\n.\r\nQUIT\r\n", "one\r\r\n.\r\nQUIT", "one\r\r\r\r\n.\r\n",
		"one\n.\r\n", "one\r\n.\n", "one\r.\r", "one\r\n..\r\n.\r\n", "one\r\n.\r\r\n", "one\r\n.\r.\r\n",
		"one\r\n\x00.\r\n.\r\n", "\r\r\n.\r\n", ".\r.\r\n", "one\r\n.\r\r\n.\r\n",
	} {
		for _, split := range []uint{0, 1, 4, 6} {
			f.Add([]byte(seed), split)
		}
	}
	f.Fuzz(func(t *testing.T, sent []byte, split uint) {
		content, used, ended := copyData(t, sent)
		want, length := plainContent(sent)
		if ended != (length >= 0) || ended && used != length {
			t.Errorf("of %q %d bytes are a mail, ended = %v, but its end is at %d", sent, used, ended, length)
		}
		if !ended && used != len(sent) {
			t.Errorf("%d of %d bytes were read without an end", used, len(sent))
		}
		const held = "\r" // at the end of what is no whole mail
		if got := squeezed(bytes.TrimRight(content, held)); got != squeezed(bytes.TrimRight(want, held)) {
			t.Errorf("of %q came %q, want %q", sent[:used], got, squeezed(want))
		}
		at := int(split % uint(len(sent)+1))
		inTwo, usedInTwo, endedInTwo := copyData(t, sent[:at], sent[at:])
		if !bytes.Equal(inTwo, content) || usedInTwo != used || endedInTwo != ended {
			t.Errorf("%q came as %q, but cut at %d as %q", sent, content, at, inTwo)
		}
	})
}

func copyData(t *testing.T, parts ...[]byte) (content []byte, used int, wholeMail bool) {
	t.Helper()
	var end dataEnd
	for _, part := range parts {
		dst := make([]byte, len(part)+1)
		written, n := end.copy(dst, part)
		if written > n+1 || n > len(part) {
			t.Fatalf("%d bytes were written and %d read of %d", written, n, len(part))
		}
		content, used = append(content, dst[:written]...), used+n
	}
	return content, used, end.state == ended
}

// squeezed leaves one CR of several.
func squeezed(text []byte) string {
	var out []byte
	for i, c := range text {
		if c != '\r' || i == 0 || text[i-1] != '\r' {
			out = append(out, c)
		}
	}
	return string(out)
}
