package receive

import (
	"bytes"
	"testing"
)

// endOfData finds the first CRLF.CRLF in what the engine gets, in the plainest
// way; what comes before the data ends with CRLF.
func endOfData(emitted []byte) int {
	at := bytes.Index(append([]byte("\r\n"), emitted...), []byte("\r\n.\r\n"))
	if at < 0 {
		return -1
	}
	return at + len("\r\n.\r\n") - len("\r\n")
}

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
		emitted, used, ended := copyData(t, sent)
		want := endOfData(emitted)
		if ended != (want >= 0) || ended && want != len(emitted) {
			t.Errorf("of %q came %q, ended = %v, but CRLF.CRLF ends at %d", sent, emitted, ended, want)
		}
		if !ended && used != len(sent) {
			t.Errorf("%d of %d bytes were read without an end", used, len(sent))
		}
		// Only CRs that follow a CR are left out, or replaced behind a lone dot.
		if !bytes.Contains(sent, []byte(".\r")) && squeezed(emitted) != squeezed(sent[:used]) {
			t.Errorf("of %q came %q", sent[:used], emitted)
		}
		at := int(split % uint(len(sent)+1))
		inTwo, usedInTwo, endedInTwo := copyData(t, sent[:at], sent[at:])
		if !bytes.Equal(inTwo, emitted) || usedInTwo != used || endedInTwo != ended {
			t.Errorf("%q came as %q, but cut at %d as %q", sent, emitted, at, inTwo)
		}
	})
}

func copyData(t *testing.T, parts ...[]byte) (emitted []byte, used int, ended bool) {
	t.Helper()
	var end dataEnd
	for _, part := range parts {
		if ended {
			break
		}
		dst := make([]byte, len(part)+1)
		written, n, e := end.copy(dst, part)
		if written > n+1 || n > len(part) {
			t.Fatalf("%d bytes were written and %d read of %d", written, n, len(part))
		}
		emitted, used, ended = append(emitted, dst[:written]...), used+n, e
	}
	return emitted, used, ended
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
