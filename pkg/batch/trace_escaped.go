package batch

import (
	"slices"
	"strings"
)

// unescaped returns the lines that the strings of text hold which are of several, as
// in a log of JSON; empty when there are none.
func unescaped(text string) string {
	// rsyslog writes the line ends of a message as octal numbers.
	if strings.Contains(text, "#012") {
		text = octal.Replace(text)
		if !strings.Contains(text, `\n`) {
			return text
		}
	} else if !strings.Contains(text, `\n`) {
		return ""
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !strings.Contains(line, `\n`) || !writeStrings(&out, line) {
			out.WriteString(line)
		}
	}
	return out.String()
}

var octal = strings.NewReplacer("#012", "\n", "#011", "\t")

// messageKeys are under which a record of JSON has its message, the best first.
var messageKeys = []string{"error", "err", "exception", "message", "msg", "event"}

// writeStrings writes the strings of a record of JSON that are of several lines,
// behind its message. It returns false if there are none.
func writeStrings(out *strings.Builder, record string) bool {
	var several []string
	message, rank := "", len(messageKeys)
	key := ""
	for rest := record; ; {
		_, quoted, found := strings.Cut(rest, `"`)
		if !found {
			break
		}
		text, after := cutString(quoted)
		rest = after
		switch {
		case strings.HasPrefix(strings.TrimLeft(after, " \t"), ":"):
			key = text
			continue
		case strings.Contains(text, `\n`):
			several = append(several, text)
		default:
			if i := slices.Index(messageKeys, key); i >= 0 && i < rank {
				message, rank = text, i
			}
		}
		key = ""
	}
	for _, text := range several {
		out.WriteString("\n" + unescape.Replace(message) + "\n")
		out.WriteString(unescape.Replace(text) + "\n\n")
	}
	return len(several) > 0
}

// cutString splits text at the quote that ends the string it begins with.
func cutString(text string) (content, after string) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// unescape undoes the escapes of JSON that occur in traces.
var unescape = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "", `\"`, `"`, `\/`, "/", `\\`, `\`,
	`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\u003C`, "<", `\u003E`, ">", `\u0027`, "'", `\u0022`, `"`)
