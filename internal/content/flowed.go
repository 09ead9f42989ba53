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

// unenrich turns text/enriched (RFC 1896) into plain text: commands go, a line
// break counts as a blank and each further one as a line.
func unenrich(text string) string {
	var out strings.Builder
	text = strings.ReplaceAll(text, "\r\n", "\n")
	params := 0
	for text != "" {
		switch {
		case strings.HasPrefix(text, "<<"):
			out.WriteByte('<')
			text = text[2:]
		case text[0] == '<':
			command, rest, closed := strings.Cut(text[1:], ">")
			if !closed {
				out.WriteString(text)
				return out.String()
			}
			switch strings.ToLower(command) {
			case "param":
				params++
			case "/param":
				params = max(0, params-1)
			}
			text = rest
		case text[0] == '\n':
			rest := strings.TrimLeft(text, "\n")
			if lines := len(text) - len(rest); lines == 1 {
				out.WriteByte(' ')
			} else {
				out.WriteString(strings.Repeat("\n", lines-1))
			}
			text = rest
		default:
			end := strings.IndexAny(text, "<\n")
			if end < 0 {
				end = len(text)
			}
			if params == 0 {
				out.WriteString(text[:end])
			}
			text = text[end:]
		}
	}
	return out.String()
}
