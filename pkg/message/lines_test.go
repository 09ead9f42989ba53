package message_test

import (
	"bytes"
	"testing"

	"github.com/hut8labs/failmail/pkg/message"
)

func TestNormalizeLines(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"nothing stays nothing", "", ""},
		{"text without a line end stays as it is", "a", "a"},
		{"CRLF stays", "a\r\nb\r\n", "a\r\nb\r\n"},
		{"LF becomes CRLF", "a\nb\n", "a\r\nb\r\n"},
		{"CR becomes CRLF", "a\rb\r", "a\r\nb\r\n"},
		{"LF CR is two line ends", "a\n\rb", "a\r\n\r\nb"},
		{"CR CR LF is two line ends", "a\r\r\nb", "a\r\n\r\nb"},
		{"CR LF LF is two line ends", "a\r\n\nb", "a\r\n\r\nb"},
		{"a CR at the very end is a line end", "a\r\nb\r", "a\r\nb\r\n"},
		{"an LF at the very start is a line end", "\na", "\r\na"},
		{"a CR in the last line without an end is found", "a\r\nb\rc", "a\r\nb\r\nc"},
		{"a bare LF after many good lines is found", "a\r\nb\r\nc\n", "a\r\nb\r\nc\r\n"},
		{"a smuggled end of data becomes content", "a\n.\nb", "a\r\n.\r\nb"},
		{"NUL and 8-bit bytes stay", "\x00\xff\x80\x85", "\x00\xff\x80\x85"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := []byte(tt.raw)
			if got := string(message.NormalizeLines(raw)); got != tt.want {
				t.Errorf("NormalizeLines(%q) = %q, want %q", tt.raw, got, tt.want)
			}
			if string(raw) != tt.raw {
				t.Errorf("the argument was changed to %q", raw)
			}
		})
	}
}

func TestNormalizeLinesSharesMemoryWhenNothingChanges(t *testing.T) {
	raw := []byte("a\r\nb\r\n")
	if got := message.NormalizeLines(raw); &got[0] != &raw[0] {
		t.Error("a mail that was in order has been copied")
	}
}

func FuzzNormalizeLines(f *testing.F) {
	for _, seed := range []string{"", "a", "\r", "\n", "a\r\nb", "\r\r\n\n", "a\n\r", "a\r\nb\rc\nd\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := message.NormalizeLines(bytes.Clone(raw))
		if again := message.NormalizeLines(bytes.Clone(got)); !bytes.Equal(again, got) {
			t.Errorf("not idempotent: %q became %q", got, again)
		}
		if rest := bytes.ReplaceAll(got, []byte("\r\n"), nil); bytes.ContainsAny(rest, "\r\n") {
			t.Errorf("%q has a bare CR or LF", got)
		}
		strip := func(b []byte) []byte {
			return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r"), nil), []byte("\n"), nil)
		}
		if !bytes.Equal(strip(got), strip(raw)) {
			t.Errorf("content of %q changed: %q", raw, got)
		}
		if !bytes.ContainsAny(raw, "\r\n") && !bytes.Equal(got, raw) {
			t.Errorf("%q has no line end and became %q", raw, got)
		}
	})
}
