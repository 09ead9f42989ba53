package former

// Classes of bytes. Bytes of multi-byte characters count as letters.
const (
	letter = 1 << iota
	digit
	hexLetter
	joiner // joins the parts of a time, an address or a mail address
)

var class = func() (table [256]uint8) {
	for c := range 256 {
		switch {
		case c >= '0' && c <= '9':
			table[c] = digit
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			table[c] = letter | hexLetter
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= 0x80:
			table[c] = letter
		}
	}
	for _, c := range ".:-+@" {
		table[c] = joiner
	}
	return table
}()

func isDigit(c byte) bool  { return class[c]&digit != 0 }
func isLetter(c byte) bool { return class[c]&letter != 0 }
func isHex(c byte) bool    { return class[c]&(digit|hexLetter) != 0 }

// isWordByte says what a token may start with.
func isWordByte(c byte) bool { return class[c]&(digit|letter) != 0 || c == '_' }

// A token is a run of letters, digits and the characters that join the parts of
// a time, an address or a mail address. It is found once, however many words
// it has: a mail may be one token.
type token struct {
	end                     int
	hasDigit, hasAt, hasDot bool
}

func tokenAt(text string, start int) token {
	t := token{end: start}
	for ; t.end < len(text); t.end++ {
		c := text[t.end]
		switch class[c] {
		case digit:
			t.hasDigit = true
		case joiner:
			t.hasAt = t.hasAt || c == '@'
			// Only a dot between two characters makes a name of two parts.
			t.hasDot = t.hasDot || c == '.' && t.end+1 < len(text) && isWordByte(text[t.end+1])
		case 0:
			if c != '_' {
				return t
			}
		}
	}
	return t
}

// classify returns the placeholder for what begins at i and the part of text
// that it stands for; none if the word at i is no value as a whole.
func classify(text string, i int, t token) (placeholder string, from, to int) {
	rest := text[i:]
	if t.hasAt {
		if n := matchEmail(rest[:t.end-i]); n > 0 {
			return "<email>", i, i + n
		}
	}
	if t.hasDot && startsName(text, i) {
		if n := matchJWT(rest); n > 0 {
			return "<id>", i, i + n
		}
		if n := matchHost(rest); n > 0 {
			return "<host>", i, i + n
		}
	}
	if !t.hasDigit {
		return "", 0, 0
	}
	if isHex(rest[0]) {
		if n := matchUUID(rest); n > 0 {
			return "<uuid>", i, i + n
		}
		if n := matchMAC(rest); n > 0 {
			return "<mac>", i, i + n
		}
		if n := matchIPv6(rest); n > 0 {
			return "<ip>", i, i + n
		}
	}
	if isDigit(rest[0]) {
		if placeholder, n := matchTime(rest); n > 0 {
			return placeholder, i, i + n
		}
		if n := matchIPv4(rest); n > 0 {
			return "<ip>", i, i + n
		}
	}
	return classifyWord(text, i)
}

// endsPlaceholder reports whether a placeholder ends right before i.
func endsPlaceholder(text string, i int) bool {
	if i == 0 || text[i-1] != '>' {
		return false
	}
	start := i - 1
	for start > 0 && text[start-1] >= 'a' && text[start-1] <= 'z' {
		start--
	}
	return start > 0 && start < i-1 && text[start-1] == '<'
}

// startsPlaceholder reports whether a placeholder begins at i.
func startsPlaceholder(text string, i int) bool {
	if i >= len(text) || text[i] != '<' {
		return false
	}
	end := i + 1
	for end < len(text) && text[end] >= 'a' && text[end] <= 'z' {
		end++
	}
	return end > i+1 && end < len(text) && text[end] == '>'
}

// startsName reports whether a name may begin at i: not in the middle of one.
func startsName(text string, i int) bool {
	if i == 0 {
		return true
	}
	switch text[i-1] {
	case '.', '-', '@', '_', '\\':
		return false
	}
	return true
}
