package content

import "strings"

// A uuencoded is a file in the middle of a text, as sent before MIME and by
// some backup programs still.
type uuencoded struct {
	name string
	data []byte
}

// cutUuencoded takes the uuencoded files out of text.
func cutUuencoded(text string) (string, []uuencoded) {
	text, files := cutYEnc(text)
	if !strings.HasPrefix(text, "begin ") && !strings.Contains(text, "\nbegin ") {
		return text, files
	}
	var out strings.Builder
	for text != "" && len(files) < maxParts {
		line, rest, _ := strings.Cut(text, "\n")
		if file, after, ok := parseUuencoded(line, rest); ok {
			files = append(files, file)
			text = after
			continue
		}
		out.WriteString(text[:len(text)-len(rest)])
		text = rest
	}
	out.WriteString(text)
	return out.String(), files
}

// cutYEnc takes the files out of text that are encoded as yEnc, of which only
// name and size are read: the bytes between are no longer those that were sent.
func cutYEnc(text string) (string, []uuencoded) {
	if !strings.Contains(text, "=yend ") {
		return text, nil
	}
	var out strings.Builder
	var files []uuencoded
	var name string
	begin, data, at, written := -1, 0, 0, 0
	for line := range strings.Lines(text) {
		start := at
		at += len(line)
		switch attributes, isBegin := strings.CutPrefix(line, "=ybegin "); {
		case isBegin:
			var named bool
			if _, name, named = strings.Cut(strings.TrimSpace(attributes), " name="); named && len(files) < maxParts {
				begin, data = start, at
			}
		case begin >= 0 && strings.HasPrefix(line, "=yend "):
			out.WriteString(text[written:begin])
			files = append(files, uuencoded{name: name, data: []byte(text[data:start])})
			begin, written = -1, at
		}
	}
	out.WriteString(text[written:])
	return out.String(), files
}

// findUuencoded returns the first uuencoded file in text.
func findUuencoded(text string) (uuencoded, string, bool) {
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		if file, after, ok := parseUuencoded(line, rest); ok {
			return file, after, true
		}
		text = rest
	}
	return uuencoded{}, "", false
}

// parseUuencoded reads a file that begins with the line first and has the rest
// in text. It must be whole: "begin 644 the backup" may well be a sentence.
func parseUuencoded(first, text string) (file uuencoded, after string, ok bool) {
	mode, isBegin := strings.CutPrefix(first, "begin ")
	if !isBegin {
		return uuencoded{}, "", false
	}
	mode, name, _ := strings.Cut(mode, " ")
	name = strings.TrimSpace(name)
	if len(mode) < 3 || len(mode) > 4 || strings.Trim(mode, "01234567") != "" || name == "" {
		return uuencoded{}, "", false
	}
	file.name = name
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		line = strings.TrimSuffix(line, "\r")
		text = rest
		if strings.TrimSpace(line) == "end" {
			return file, text, true
		}
		if file.data, ok = appendUuencodedLine(file.data, line); !ok {
			break
		}
	}
	return uuencoded{}, "", false
}

// appendUuencodedLine appends what line stands for: its length and then six
// bits a character.
func appendUuencodedLine(data []byte, line string) ([]byte, bool) {
	if line == "" {
		return data, true // a length of zero whose blank was trimmed
	}
	size := int(line[0]-' ') & 63
	digits := line[1:]
	switch missing := (size+2)/3*4 - len(digits); {
	case missing > 2, missing < -2: // some programs add a checksum
		return data, false
	case missing > 0:
		digits += strings.Repeat(" ", missing) // trimmed on the way
	}
	for i := range len(digits) {
		if digits[i] < ' ' || digits[i] > '`' {
			return data, false
		}
	}
	if line[0] < ' ' || line[0] > '`' {
		return data, false
	}
	for i := 0; size > 0; i += 4 {
		group := 0
		for _, c := range []byte(digits[i : i+4]) {
			group = group<<6 | int(c-' ')&63
		}
		bytes := []byte{byte(group >> 16), byte(group >> 8), byte(group)}
		data = append(data, bytes[:min(3, size)]...)
		size -= 3
	}
	return data, true
}
