package envelope_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/envelope"
)

func TestProblem(t *testing.T) {
	local, label := strings.Repeat("l", 64), strings.Repeat("d", 63)+"."
	tests := []struct{ name, address, problem string }{
		{"the null reverse-path", "", ""},
		{"a mailbox", "ops@example.com", ""},
		{"a bare local part", "root", ""},
		{"a quoted one", `"on call"`, ""},
		{"dots anywhere", ".a..b.@x", ""},
		{"every character of an atom", "!#$%&'*+-/=?^_`{|}~@x", ""},
		{"beyond ASCII", "grüße@bücher.example", ""},
		{"a quoted space", `"a b"@x`, ""},
		{"a quoted comma and an at sign", `"a,b@c"@x`, ""},
		{"a quoted quote and backslash", `"a\"\\"@x`, ""},
		{"an empty quoted string", `""@x`, ""},
		{"a service in a domain", "a@_smtp.x_y", ""},
		{"an address literal", "a@[192.0.2.7]", ""},
		{"an IPv6 literal", "a@[IPv6:2001:db8::7]", ""},
		{"the longest local part", local + "@x", ""},
		{"the longest address", local + "@" + strings.Repeat("d", 189), ""},

		{"DEL", "b\x7f@x", "control"},
		{"VT", "b\x0b@x", "control"},
		{"a control character of C1", "b\u0085@x", "control"},
		{"a quoted tab", "\"a\tb\"@x", "control"},
		{"a line end", "a@x\r\nQUIT", "control"},
		{"a NUL in the domain", "a@x\x00", "control"},
		{"quoted angle brackets", `"<evil>,x"@y`, "angle brackets"},
		{"a bracket behind", "a@x>", "angle brackets"},
		{"bytes that are not UTF-8", "\xff@x", "UTF-8"},
		{"a bare space", "a b@x", "quotes"},
		{"a bare comma", "a,b@x", "quotes"},
		{"a quote inside", `a"b"@x`, "quotes"},
		{"a quote that is not closed", `"a@x`, "quotes"},
		{"an escaped closing quote", `"a\"@x`, "quotes"},
		{"a backslash at the end", `"a\`, "quotes"},
		{"something behind the quotes", `"a"b@x`, "quotes"},
		{"a source route", "@y:a@x", "in front of the @"},
		{"no local part", "@x", "nothing in front"},
		{"no domain", "a@", "no domain"},
		{"two at signs", "a@b@x", "no domain"},
		{"a space in the domain", "a@x y", "no domain"},
		{"a comma in the domain", "a@x,b", "no domain"},
		{"half a literal", "a@[192.0.2.7", "no domain"},
		{"a local part of 65 octets", local + "l@x", "64 octets"},
		{"a bare local part of 65 octets", local + "l", "64 octets"},
		{"an address of 255 octets", "a@" + strings.Repeat(label, 4)[:253], "254 octets"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := envelope.Problem(tt.address)
			if (got == "") != (tt.problem == "") || !strings.Contains(got, tt.problem) {
				t.Errorf("Problem(%q) = %q, want %q", tt.address, got, tt.problem)
			}
		})
	}
}

func TestQuote(t *testing.T) {
	for address, want := range map[string]string{
		"": "", "root": "root", "a@x": "a@x", ".a..@x": ".a..@x", "grüße@x": "grüße@x", "@x": "@x",
		"a b@x": `"a b"@x`, "a,b@x": `"a,b"@x`, "a@b@x": `"a@b"@x`, `a"\@x`: `"a\"\\"@x`, "a b": `"a b"`,
	} {
		if got := envelope.Quote(address); got != want {
			t.Errorf("Quote(%q) = %q, want %q", address, got, want)
		}
	}
}
