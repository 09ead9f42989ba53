package content

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// parseParams splits the value of Content-Type or Content-Disposition into what
// stands first, in lower case, and its parameters (RFC 2045 section 5.1, RFC
// 2231), with file names decoded. The first of two equal parameters counts.
//
// It reads what mail programs write: missing semicolons and quotes, names with
// spaces that are not quoted, charsets without a name.
func parseParams(value, hint string) (string, map[string]string) {
	value = strings.TrimLeft(value, " \t\"'")
	end := 0
	for end < len(value) && (isTokenByte(value[end]) || value[end] == '/') {
		end++
	}
	rest := value[end:]
	if before, after, found := strings.Cut(rest, ";"); found && !strings.Contains(before, "=") {
		rest = after // else the first semicolon is missing
	}
	p := params{hint: hint}
	p.parse(rest)
	p.join()
	return strings.ToLower(value[:end]), p.values
}

type params struct {
	hint     string
	values   map[string]string
	pieces   map[string][]piece
	unclosed bool // no quote closes a value in what is left
}

// A piece is a part of a parameter that was continued or encoded.
type piece struct {
	number  int
	encoded bool
	text    string
}

// maxPieces bounds how many continuations a parameter may have.
const maxPieces = 1000

func (p *params) parse(rest string) {
	for {
		rest = strings.TrimLeft(rest, "; \t\r\n")
		if rest == "" {
			return
		}
		end := strings.IndexAny(rest, "=;")
		if end < 0 || rest[end] == ';' {
			bare := rest
			if end >= 0 {
				bare, rest = rest[:end], rest[end:]
			} else {
				rest = ""
			}
			if bare = strings.TrimSpace(bare); len(bare) <= maxCharsetName && isKnown(bare) {
				p.set("charset", bare)
			}
			continue
		}
		key := strings.ToLower(strings.TrimSpace(rest[:end]))
		if space := strings.LastIndexAny(key, " \t)"); space >= 0 {
			key = key[space+1:] // behind a comment or garbage
		}
		var value string
		value, rest = p.value(strings.TrimLeft(rest[end+1:], " \t\r\n"), key)
		p.add(key, value)
	}
}

// value reads the value at the start of text and returns it with what follows.
func (p *params) value(text, key string) (value, rest string) {
	if strings.HasPrefix(text, `"`) {
		return p.quoted(text[1:])
	}
	if base, _, _ := strings.Cut(key, "*"); base == "name" || base == "filename" {
		value, rest, _ = strings.Cut(text, ";")
		return strings.TrimSpace(value), rest
	}
	// It ends at a semicolon, or at a blank: a comment comes, or a parameter with
	// no semicolon before it. To look for the semicolon first would read all that
	// is left for each of those.
	end := strings.IndexAny(text, "; \t")
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimPrefix(text[end:], ";")
}

// quoted reads a quoted string, whose first quote is already read, to the quote
// that ends it: one that is followed by something else is part of a name.
func (p *params) quoted(text string) (value, rest string) {
	var out strings.Builder
	for i := 0; i < len(text) && !p.unclosed; i++ {
		switch c := text[i]; {
		// Other backslashes are those of Windows paths.
		case c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			out.WriteByte(text[i])
		case c == '"' && endsValue(text[i+1:]):
			return out.String(), text[i+1:]
		default:
			out.WriteByte(c)
		}
	}
	// A later value, which begins behind a quote that was read here, would be read
	// to the end in vain too: 218 KB of them cost 37 s.
	p.unclosed = true
	value, rest, _ = strings.Cut(text, ";")
	return strings.TrimSpace(value), rest
}

// endsValue reports whether rest can follow a quoted value: nothing, a
// semicolon, a comment or another parameter.
func endsValue(rest string) bool {
	trimmed := strings.TrimLeft(rest, " \t\r\n")
	if trimmed == "" || trimmed[0] == ';' || trimmed[0] == '(' || trimmed[0] == ',' {
		return true
	}
	n := 0
	for n < len(trimmed) && isTokenByte(trimmed[n]) {
		n++
	}
	return n > 0 && strings.HasPrefix(strings.TrimLeft(trimmed[n:], " \t"), "=")
}

func isTokenByte(c byte) bool {
	return c > ' ' && c < 0x7f && !strings.ContainsRune(`()<>@,;:\"/[]?=`, rune(c))
}

func (p *params) set(key, value string) {
	if p.values == nil {
		p.values = make(map[string]string)
	}
	if _, ok := p.values[key]; !ok {
		p.values[key] = value
	}
}

func (p *params) add(key, value string) {
	base, section, starred := strings.Cut(key, "*")
	if !starred {
		if key == "name" || key == "filename" {
			value = decodeWords(value, p.hint)
		}
		p.set(key, value)
		return
	}
	digits, encoded := strings.CutSuffix(section, "*")
	if section == "" {
		digits, encoded = "0", true
	}
	number, err := strconv.Atoi(digits)
	if err != nil || number < 0 || len(p.pieces[base]) >= maxPieces {
		return
	}
	if p.pieces == nil {
		p.pieces = make(map[string][]piece)
	}
	p.pieces[base] = append(p.pieces[base], piece{number, encoded, value})
}

// join puts the pieces of each parameter together (RFC 2231 section 3). They
// win over a plain parameter of that name, which is for old readers.
func (p *params) join() {
	for base, pieces := range p.pieces {
		slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(a.number, b.number) })
		pieces = slices.CompactFunc(pieces, func(a, b piece) bool { return a.number == b.number })
		var raw []byte
		charset := ""
		for i, piece := range pieces {
			text := piece.text
			if i == 0 && piece.encoded {
				if name, after, ok := strings.Cut(text, "'"); ok {
					if _, after, ok := strings.Cut(after, "'"); ok {
						charset, text = name, after
					}
				}
			}
			if piece.encoded {
				text = percentDecode(text)
			}
			raw = append(raw, text...)
		}
		text := ""
		if charset != "" || !strings.Contains(string(raw), "=?") {
			text, _ = toUTF8(raw, charset, p.hint)
		} else {
			text = decodeWords(string(raw), p.hint)
		}
		if p.values == nil {
			p.values = make(map[string]string)
		}
		p.values[base] = text
	}
}

func percentDecode(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]) {
			out.WriteByte(unhex(text[i+1])<<4 | unhex(text[i+2]))
			i += 2
			continue
		}
		out.WriteByte(text[i])
	}
	return out.String()
}
