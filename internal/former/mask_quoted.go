package former

import "strings"

// maxQuoted bounds the search for the closing quote.
const maxQuoted = 200

// matchQuoted takes a quoted value at i, without white space: a key with a digit,
// a path. A quoted name stays: it says which column, which module, which service.
// So does what has several words, a message, and the keys and values of JSON and
// its relatives, which are all quoted.
func matchQuoted(text string, i int) int {
	quote := text[i]
	if i > 0 && (isWordByte(text[i-1]) || text[i-1] == quote || text[i-1] == '\\' || endsPlaceholder(text, i)) {
		return 0
	}
	limit := min(len(text), i+maxQuoted)
	end := i + 1
	for ; ; end++ {
		if end >= limit {
			return 0
		}
		c := text[end]
		if c == quote {
			break
		}
		if c <= ' ' || c == '\'' || c == '"' || c == '`' {
			return 0
		}
	}
	if end == i+1 || !strings.ContainsAny(text[i+1:end], `0123456789/\`) || isAddress(text[i+1:end]) {
		return 0
	}
	if next := end + 1; next < len(text) {
		// A key, or no closing quote.
		if c := text[next]; isWordByte(c) || c == ':' || c == '=' || startsPlaceholder(text, next) {
			return 0
		}
	}
	before := strings.TrimRight(text[max(0, i-8):i], " ")
	if quote == '"' && (strings.HasSuffix(before, ":") || strings.HasSuffix(before, "=")) ||
		strings.HasSuffix(before, "':") || strings.HasSuffix(before, "=>") {
		return 0
	}
	return end + 1 - i
}

// isAddress reports whether text has a placeholder of its own that says more.
func isAddress(text string) bool {
	n := len(text)
	if text[0] == '<' && endsPlaceholder(text, n) {
		return true // already
	}
	return matchIPv4(text) == n || matchHost(text) == n || matchIPv6(text) == n || matchUUID(text) == n ||
		strings.IndexByte(text, '@') > 0 && matchEmail(text) == n
}

// matchQuery takes the query of a URL (RFC 3986 section 3.4), whose first part
// is a name with a value.
func matchQuery(text string, i int) int {
	if i == 0 || !isWordByte(text[i-1]) && text[i-1] != '/' && text[i-1] != '>' {
		return 0
	}
	n, named := 1, false
	for i+n < len(text) {
		switch c := text[i+n]; {
		case c == '=':
			named = named || n > 1
		case c == '&', c == '%', c == '+', c == '.', c == '-', c == '~', c == '/', c == ':', c == ',', c == ';', c == '[', c == ']', c == '@', c == '!', c == '*', isWordByte(c) && c < 0x80:
		default:
			if !named {
				return 0
			}
			return len(strings.TrimRight(text[i:i+n], ".,:;!"))
		}
		if !named && n > 64 {
			return 0
		}
		n++
	}
	if !named {
		return 0
	}
	return len(strings.TrimRight(text[i:i+n], ".,:;!"))
}

// matchUser takes the name of a user where the text says that it is one:
// user=NAME, "for user NAME", "for user 'NAME'", "invalid user NAME", "password
// for NAME from". The word at i ends at end.
func matchUser(text string, i, end int) (from, to int) {
	switch n := end - i; {
	case n < 3 || n > 10:
		return 0, 0
	case end < len(text) && text[end] == '=' && isUserKey(text[i:end]):
		from = end + 1
		to = from + userName(text[from:])
		return from, to
	case end+1 >= len(text) || text[end] != ' ':
		return 0, 0
	case n == 4 && strings.EqualFold(text[i:end], "user"):
		switch wordBefore(text, i) {
		case "for", "of", "by", "as", "invalid", "unknown", "illegal":
		default:
			return 0, 0
		}
	case n == 3 && text[i:end] == "for":
		switch wordBefore(text, i) {
		case "password", "publickey", "hostbased", "none", "keyboard-interactive/pam", "login", "logon":
		default:
			return 0, 0
		}
		from = end + 1
		to = from + userName(text[from:])
		if strings.HasPrefix(text[to:], " from ") {
			return from, to
		}
		return 0, 0
	default:
		return 0, 0
	}
	from = end + 1
	if from < len(text) && text[from] == ' ' {
		from++ // where an empty part of the name was
	}
	if from < len(text) && strings.IndexByte("'\"`", text[from]) >= 0 {
		to = from + 1 + userName(text[from+1:])
		if to < len(text) && text[to] == text[from] {
			return from + 1, to
		}
		return 0, 0
	}
	to = from + userName(text[from:])
	if to == from || isUserNoun(text[from:to]) || !endsName(text[to:]) {
		return 0, 0
	}
	return from, to
}

func isUserKey(key string) bool {
	switch strings.ToLower(key) {
	case "user", "username", "ruser", "login", "logname", "account", "usr", "uname", "userid", "user_id", "owner", "principal":
		return true
	}
	return false
}

// isUserNoun says of what comes behind "user" that it is no name.
func isUserNoun(word string) bool {
	switch strings.ToLower(word) {
	case "input", "account", "accounts", "authentication", "authorization", "registration", "creation", "deletion", "session",
		"sessions", "data", "profile", "profiles", "id", "ids", "name", "names", "login", "logins", "request", "requests",
		"agent", "group", "groups", "password", "passwords", "role", "roles", "settings", "space", "mode", "not", "is", "was",
		"and", "or", "interface", "experience", "import", "export", "update", "table", "error", "errors", "activity":
		return true
	}
	return false
}

func userName(text string) (n int) {
	for n < len(text) && n < 64 {
		switch c := text[n]; {
		case isWordByte(c), c == '-', c == '\\', c == '$', c == '@':
		case c == '.' && n+1 < len(text) && isWordByte(text[n+1]):
		default:
			return n
		}
		n++
	}
	return n
}

// endsName reports whether a name may end before text.
func endsName(text string) bool {
	if text == "" || text[0] != ' ' {
		return true
	}
	next := text[1 : 1+wordLength(text[1:])]
	switch next {
	case "", "from", "by", "at", "on", "in", "to", "via", "with", "failed", "not", "does", "is", "was", "has", "because", "after", "using":
		return true
	}
	return false
}

// wordBefore returns the word that ends one blank before i.
func wordBefore(text string, i int) string {
	if i < 2 || text[i-1] != ' ' {
		return ""
	}
	start := i - 1
	for start > 0 && start > i-30 && text[start-1] > ' ' {
		start--
	}
	return strings.ToLower(text[start : i-1])
}
