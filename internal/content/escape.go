package content

import (
	"regexp"
	"strings"
)

// long matches the escape sequences that drive a terminal (ECMA-48 section 5.4)
// with more than two characters. Without its ESC the rest would stand in the
// text: "[31mred[0m".
const long = `(?:\x1b\[|\x{9b})[0-?]*[ -/]*[@-~]` + // CSI: colours, the cursor
	`|\x1b[\]P^_X][^\x07\x1b\n]*(?:\x07|\x1b\\)` + // OSC: titles and links; DCS, PM, APC, SOS
	`|\x1b[ -/]+[0-~]` // a charset, such as ESC ( B

var (
	longEscapes = regexp.MustCompile(long)
	escapes     = regexp.MustCompile(long + "|\x1b[0-OQ-WYZ\\\\`-~]")
)

// dropEscapes removes whole escape sequences from a text.
func dropEscapes(text string) string { return without(escapes, text) }

// dropLongEscapes leaves those of two characters, for a line: there an ESC in
// front of a letter is rather a stray character.
func dropLongEscapes(text string) string { return without(longEscapes, text) }

func without(sequences *regexp.Regexp, text string) string {
	if !strings.ContainsAny(text, "\x1b\u009b") {
		return text
	}
	return sequences.ReplaceAllString(text, "")
}
