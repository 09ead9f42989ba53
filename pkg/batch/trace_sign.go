package batch

import "strings"

// mayHoldTrace dismisses nearly all texts without going through their lines, as every
// mail is asked.
func mayHoldTrace(text string) bool {
	return mayBeFrame(text) || signAt(text, '#', func(i int) bool { return strings.HasPrefix(text[i:], "#0 ") }) ||
		hasCallAt(text) || strings.Contains(text, "called at ") || strings.Contains(text, "Trace begun at ") || mayBeTerms(text)
}

// mayBeFrame reports whether text may hold a frame, or be one, by the signs of which its
// place needs one: a file with a line, or an address.
func mayBeFrame(text string) bool {
	return signAt(text, ':', func(i int) bool { return isPosition(text, i) }) ||
		signAt(text, 'x', func(i int) bool { return i > 0 && text[i-1] == '0' }) ||
		signAt(text, ',', func(i int) bool { return strings.HasPrefix(text[i:], ", line ") }) ||
		signAt(text, '#', func(i int) bool { return i > 1 && text[i-2:i] == ".R" })
}

// isPosition reports whether the colon at i is in front of the number of a line, or in
// "[C]: in ", as Lua writes.
func isPosition(text string, i int) bool {
	if i == 0 || i+1 == len(text) {
		return false
	}
	if before := text[i-1]; isDigit(text[i+1]) {
		return isLetter(before) || before == '"' || before == ')'
	} else if before == ']' {
		return strings.HasPrefix(text[i:], ": in ")
	}
	return strings.HasPrefix(text[i:], ": line ")
}

// signAt reports whether is holds where one of the bytes c stands in text.
func signAt(text string, c byte, is func(i int) bool) bool {
	for from := 0; ; {
		i := strings.IndexByte(text[from:], c)
		if i < 0 {
			return false
		}
		if from += i; is(from) {
			return true
		}
		from++
	}
}

// hasCallAt reports whether text has a function with its class behind "at", as in
// "at a.B.c(". Prose has "at" too.
func hasCallAt(text string) bool {
	return signAt(text, '(', func(i int) bool {
		name := text[max(0, i-maxPrefix):i]
		name = name[strings.LastIndexByte(name, ' ')+1:]
		before := text[:i-len(name)]
		return strings.HasSuffix(before, "at ") && strings.IndexByte(name, '.') > 0
	})
}
