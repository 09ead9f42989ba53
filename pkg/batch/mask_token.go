package batch

// Classes of bytes. Bytes of multi-byte characters count as letters.
const (
	letter uint8 = 1 << iota
	digit
	hexLetter
	joiner // joins the parts of a time, an address or a mail address
	upper
	beyondASCII // beyond ASCII
)

var class = func() (table [256]uint8) {
	for c := range 256 {
		switch {
		case c >= '0' && c <= '9':
			table[c] = digit
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			table[c] = letter | hexLetter
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			table[c] = letter
		case c >= 0x80:
			table[c] = letter | beyondASCII
		}
	}
	for c := 'A'; c <= 'Z'; c++ {
		table[c] |= upper
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
	end, colons             int
	dash                    int // the last, or 0
	hasDigit, hasAt, hasDot bool
	hasHump                 bool // a capital behind another letter or a digit
	isLong                  bool // enough to be random without either
}

func tokenAt(text string, start int) token {
	t := token{end: start}
	for ; t.end < len(text); t.end++ {
		c := text[t.end]
		kind := class[c]
		if kind == letter || kind == letter|hexLetter {
			continue // most are small letters
		}
		switch kind {
		case digit:
			t.hasDigit = true
		case letter | upper, letter | upper | hexLetter:
			t.hasHump = t.hasHump || t.end > start && class[text[t.end-1]]&(letter|digit) != 0 && class[text[t.end-1]]&upper == 0
		case joiner:
			switch c {
			case ':':
				t.colons++
			case '-':
				t.dash = t.end
			case '@':
				t.hasAt = true
			case '.':
				// Only a dot between two characters makes a name of two parts.
				t.hasDot = t.hasDot || t.end+1 < len(text) && isWordByte(text[t.end+1])
			}
		case 0:
			if c != '_' {
				return t
			}
		}
	}
	return t
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
