package batch

import "strings"

// podSuffix is how many characters Kubernetes gives each pod of its own.
const podSuffix = 5

// isPodDigit says what Kubernetes makes the ends of names from: no vowels, lest they
// become words, and no digits that look like some.
func isPodDigit(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y', '0', '1', '3':
		return false
	}
	return class[c]&digit != 0 || c >= 'a' && c <= 'z'
}

// podDigits counts the pod digits that text begins with, and how many of them are
// letters.
func podDigits(text string) (n, letters int) {
	for n < len(text) && n <= maxPodHash && isPodDigit(text[n]) {
		if !isDigit(text[n]) {
			letters++
		}
		n++
	}
	return n, letters
}

// What stands for the revision of a deployment, or the number of a job, is this long.
const (
	minPodHash = 8
	maxPodHash = 10
)

// matchPod takes the end of the name of a pod, behind a dash: what a deployment or a
// cron job added, 7d4b9c6f5d-x2x8z or 28391040-x2x8z, or what a daemon set did, x2x8z.
// Abbreviations without a vowel may stand there too.
func matchPod(text string) int {
	n, letters := podDigits(text)
	if digits := number(text, maxPodHash+1); digits >= n {
		n, letters = digits, 1
	}
	if n < podSuffix || letters == 0 {
		return 0
	}
	if n >= minPodHash && n <= maxPodHash && n < len(text) && text[n] == '-' {
		if suffix, letters := podDigits(text[n+1:]); suffix == podSuffix && letters > 0 && endsPod(text[n+1+suffix:]) {
			return n + 1 + suffix
		}
	}
	if n != podSuffix || isDigits(text[:n]) || !endsPod(text[n:]) || isTerm(text[:n]) {
		return 0
	}
	if s := shapeOf(text[:n]); s.changes < 2 && !s.digitFirst && s.isName >= 2 {
		return 0
	}
	return n
}

// mayEndPod reports whether a token may be the name of a pod, with a colon or a full
// stop behind it perhaps.
func (t token) mayEndPod() bool {
	n := t.end - t.dash - 1
	return t.dash > 0 && (n == podSuffix || n == podSuffix+1)
}

// endsPod reports whether the name of a pod may end before text.
func endsPod(text string) bool {
	return text == "" || !isWordByte(text[0]) && text[0] != '-' && !startsPlaceholder(text, 0) && (text[0] != '.' || len(text) == 1 || !isWordByte(text[1]))
}

func isDigits(text string) bool { return number(text, len(text)) == len(text) }

// layouts are those of values with dashes in them: how many letters and digits
// stand between.
var layouts = [][]int{
	{6, 6, 2},  // Exim
	{6, 11, 4}, // Exim since 4.97
}

// matchLayout takes a value of one of the layouts that begins with a digit and
// has a letter behind it.
func matchLayout(text string) int {
	if len(text) < 7 || text[6] != '-' || !isDigit(text[0]) || number(text, 6) == 6 {
		return 0
	}
	for _, layout := range layouts {
		n, fits := 0, true
		for i, length := range layout {
			if i > 0 {
				fits = fits && n < len(text) && text[n] == '-'
				n++
			}
			part := n
			for n < len(text) && symbols[text[n]].known && n-part <= length {
				n++
			}
			if fits = fits && n-part == length; !fits {
				break
			}
		}
		if fits && (n == len(text) || !isWordByte(text[n]) && text[n] != '-' && text[n] != '<') {
			return n
		}
	}
	return 0
}

// minOpaque is how many letters and digits a value has at least that is masked
// whatever stands between them.
const minOpaque = 10

// matchOpaque takes a value in Base64 or made of its characters (RFC 4648): the
// dashes, underscores, slashes and plus signs in it are digits as the others are. The
// parts between them are no words, and one is certainly random. If there is none,
// to is where another may begin.
func matchOpaque(text string, i int) (from, to int, found bool) {
	if n := matchLayout(text[i:]); n > 0 || strings.HasPrefix(text[i:], jwtStart) || strings.HasPrefix(text[i:], "0x") || endsPlaceholder(text, i) {
		return 0, i + n + 1, false // known better
	}
	for from = i; from > 0 && from > i-2 && (text[from-1] == '-' || text[from-1] == '_' || text[from-1] == '+'); from-- {
	}
	if from > 0 && isWordByte(text[from-1]) {
		from = i
	}
	end, length, random := i, 0, false
	for end < len(text) && text[end] == '_' {
		end++
	}
	for {
		n := end
		for n < len(text) && symbols[text[n]].known {
			n++
		}
		if n == end || n < len(text) && (text[n] >= 0x80 || text[n] == '@' || startsPlaceholder(text, n)) {
			break
		}
		isRandom, isWord := judgePart(text[end:n])
		if isWord && (length == 0 || n-end > 4) {
			break
		}
		random = random || isRandom
		length += n - end
		if !isWord || length > 2*minOpaque {
			to = n
		}
		for end = n; end < n+2 && end < len(text) && isSeparator(text[end]); end++ {
		}
		if end == n {
			break
		}
	}
	if !random || length < minOpaque {
		return 0, max(to, i+1), false
	}
	for n := to; to < n+2 && to < len(text) && (text[to] == '-' || text[to] == '_' || text[to] == '+' || text[to] == '='); to++ {
	}
	return from, to, true
}

// judgePart says of what is between separators whether it certainly is random or
// a word.
func judgePart(part string) (isRandom, isWord bool) {
	s := shapeOf(part)
	switch {
	case s.mixed:
		if s.isName < 0 {
			rest := shapeOf(withoutAcronyms(part))
			isRandom = rest.mixed && rest.isName < 0
		}
		return isRandom, !isRandom && s.regular && s.length > 3
	case s.digits == s.length:
		return false, s.length > 3
	case isTerm(part):
		return false, true
	case s.length < 2 || s.digits == 0 && s.length <= 3 && symbols[part[0]].kind == upperKind:
		return false, false
	}
	return false, s.isName > 0 && s.changes <= 1
}

func isSeparator(c byte) bool { return c == '-' || c == '_' || c == '+' || c == '/' }
