package content

import "strings"

// unflow joins the lines that a mail program broke softly (RFC 3676,
// format=flowed). With delSp the blank at which it broke was added by it.
func unflow(text string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(text))
	open, depth := false, 0 // whether the last line goes on, and how deep its quote is
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		quote := len(line) - len(strings.TrimLeft(line, ">"))
		line = strings.TrimPrefix(line[quote:], " ") // stuffed
		signature := line == "-- "
		switch {
		case open && quote == depth && !signature:
		case out.Len() > 0:
			out.WriteByte('\n')
			fallthrough
		default:
			out.WriteString(strings.Repeat(">", quote))
			if quote > 0 {
				out.WriteByte(' ')
			}
		}
		open, depth = strings.HasSuffix(line, " ") && !signature, quote
		if open && delSp {
			line = line[:len(line)-1]
		}
		out.WriteString(line)
	}
	out.WriteByte('\n')
	return out.String()
}
