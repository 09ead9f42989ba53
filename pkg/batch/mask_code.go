package batch

import (
	"strings"

	"github.com/hut8labs/failmail/internal/telling"
)

// endings come in front of "with" and the code of what ended.
var endings = map[string]bool{"exited": true, "abended": true, "failed": true, "ended": true, "completed": true, "terminated": true, "finished": true}

// codePhrases are words in front of a code, none of which means one on its own.
var codePhrases = [...]string{"Event ID", "TLS alert number", "SSL alert number"}

const (
	// maxCode is how many digits a code has at most: a longer number counts something.
	maxCode = 4
	// maxLettered is how long a code with capital letters is at most, and one of SQL:
	// S0C7, 40P01.
	maxLettered = 5
)

// matchCode takes a code at i that is one of a few which say what went wrong, such as
// "HTTP 503" or "exit code: 137", rather than a value that varies.
func matchCode(text string, i int) (n int) {
	letters := 0
	for ; i+n < len(text) && n <= maxLettered && (isDigit(text[i+n]) || text[i+n] >= 'A' && text[i+n] <= 'Z'); n++ {
		if !isDigit(text[i+n]) {
			letters++
		}
	}
	noun := ""
	if n == 1 && strings.HasPrefix(text[i:], "0x") {
		for n = 2; i+n < len(text) && n < len("0x80070005") && isHex(text[i+n]); n++ {
		}
		if n == len("0x80070005") && i > 0 && text[i-1] == '(' && isOfWindows(text[i:]) {
			noun = "hresult"
		}
	} else if n == 0 || n == letters || n > maxLettered {
		return 0
	} else if noun = nounBefore(text, i); n > maxCode && letters == 0 && noun != "Event ID" && noun != "sqlstate" && (n > maxCode+1 || text[i] != '0') {
		return 0 // but for 0008
	}
	if rest := text[i+n:]; rest != "" && (isWordByte(rest[0]) || len(rest) > 1 && strings.IndexByte(".,:-%/", rest[0]) >= 0 && isDigit(rest[1])) {
		return 0
	}
	if noun == "" {
		noun = nounBefore(text, i)
	}
	isReply := n == len("550") && (text[i] == '4' || text[i] == '5') // RFC 5321 section 4.2.1
	isEvent := n >= len("100") && letters == 0                       // others count from 1
	if noun == "said" && isReply || noun == "Event ID" && isEvent || strings.HasSuffix(noun, " alert number") || telling.NamesCode(noun) {
		return n
	}
	return 0
}

// isOfWindows reports whether text begins as an HRESULT of a failure or an NTSTATUS does ([MS-ERREF]): an
// address hardly ever does.
func isOfWindows(text string) bool {
	return strings.HasPrefix(text, "0x800") || strings.HasPrefix(text, "0x8024") || strings.HasPrefix(text, "0xC000") || strings.HasPrefix(text, "0xc000")
}

// hexNouns are in front of a hexadecimal number, which may happen to have no digit.
var hexNouns = map[string]bool{"commit": true, "snapshot": true, "revision": true, "sha": true, "digest": true, "hash": true, "checksum": true,
	"blob": true, "object": true, "chunk": true, "build": true}

// minNamedHex is how many digits such a number has at least.
const minNamedHex = 7

// matchNamedHex takes a word at i that a noun in front of it says is a hexadecimal
// number.
func matchNamedHex(text string, i int) (n int) {
	if i < 2 || !isHex(text[i]) {
		return 0
	}
	for i+n < len(text) && isHex(text[i+n]) {
		n++
	}
	if n < minNamedHex || i+n < len(text) && isWordByte(text[i+n]) || !hexNouns[nounBefore(text, i)] {
		return 0
	}
	return n
}

// nounBefore returns the word in front of i, in lower case, which may be divided from
// it by a colon or the like.
func nounBefore(text string, i int) string {
	before := text[max(0, i-24):i]
	if n := len(before); n > 1 && before[n-1] == '-' && strings.IndexByte(" =:([", before[n-2]) >= 0 {
		before = before[:n-1] // SQLCODE=-911
	}
	if word, found := strings.CutSuffix(before, "-"); found && len(word) > 2 && telling.NumbersErrors(word[strings.LastIndexAny(word, " ([\"':,")+1:]) {
		return "sqlstate" // ORA-01555
	}
	before = strings.TrimRight(before, " :=([\"'")
	if before == "" {
		return ""
	}
	switch before[len(before)-1] {
	case 'D', 'r':
		for _, phrase := range codePhrases {
			if strings.HasSuffix(before, phrase) {
				return phrase
			}
		}
	case 'a':
		if strings.HasSuffix(before, " error, data") {
			return "code" // of Active Directory: AcceptSecurityContext error, data 775
		}
	}
	if front, found := strings.CutSuffix(before, " with"); found && endings[lastWord(front)] && !counts(text[i:]) {
		return "code" // exited with 2
	}
	if version := strings.TrimRight(strings.TrimSuffix(before, "<num>"), "0123456789."); strings.HasSuffix(version, "/") {
		before = version[:len(version)-1] // HTTP/1.1 503
	}
	noun := lastWord(before)
	if front, found := strings.CutSuffix(before, " "+noun); found && (noun == "retour" || noun == "d'erreur") {
		noun = lastWord(strings.TrimSuffix(front, " de")) // code de retour 2
	}
	return noun
}

// lastWord returns the last word of text, in lower case; empty if it is too long for a noun.
func lastWord(text string) string {
	at := len(text)
	for at > 0 && (isLetter(text[at-1]) || text[at-1] >= 0x80 || text[at-1] == '\'') {
		at--
	}
	if len(text)-at > len("rückgabewert") {
		return ""
	}
	return strings.ToLower(strings.TrimLeft(text[at:], "'"))
}

// counts reports whether text begins with a number of what the next word names: 3 errors.
func counts(text string) bool {
	rest := strings.TrimLeft(text, "0123456789")
	return len(rest) > 1 && rest[0] == ' ' && isLetter(rest[1])
}
