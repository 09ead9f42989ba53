package recognise

import (
	"strings"

	"github.com/hut8labs/failmail/internal/wordlist"
)

// fraction makes of a success that only a part has a failure: 12/15 backups successful.
func (s *scanner) fraction() {
	for i, t := range s.tokens {
		part, all, found := strings.Cut(t.word, "/")
		if !found && i+2 < len(s.tokens) && parts[s.tokens[i+1].word] {
			part, all, found = t.word, s.tokens[i+2].word, true
		}
		if !found || !isAmount(part) || !isAmount(all) || len(part) > 9 || len(all) > 9 {
			continue
		}
		if len(part) < len(all) || len(part) == len(all) && part < all {
			s.denyGood()
		}
	}
	for i, t := range s.tokens { // 83% successful
		if i+1 < len(s.tokens) && isAmount(t.word) && len(t.word) < 3 && strings.Trim(s.lower[t.to:s.tokens[i+1].from], " ") == "%" && words[s.tokens[i+1].word] == done {
			s.denyGood()
		}
	}
}

// denyGood makes failures of what was said to be well.
func (s *scanner) denyGood() {
	for j := range s.said {
		if says := s.said[j].says; says == done || says == well || says == over {
			s.said[j].says = bad
		}
	}
}

// isCounted reports whether a number other than 0 stands at a word.
func (s *scanner) isCounted(from, to int) bool {
	rest := strings.TrimLeft(s.lower[to:], " \t")
	if rest != "" && strings.ContainsRune(":=|", rune(rest[0])) {
		if rest = strings.TrimLeft(rest, " \t:=|"); isAmount(rest) && rest[0] != '0' {
			return true
		}
	}
	if isAmount(rest) && rest[0] != '0' && s.lower[to-1] == 's' && strings.Trim(rest, "0123456789 \t") == "" {
		return true // at the end of the line
	}
	front := strings.TrimRight(s.lower[:from], " \t")
	at := len(front)
	for at > 0 && front[at-1] >= '0' && front[at-1] <= '9' {
		at--
	}
	return at < len(front) && strings.Trim(front[at:], "0") != "" && (at == 0 || front[at-1] == ' ') && s.lower[to-1] == 's'
}

// isAmount reports whether text begins with a whole number and nothing that makes it
// something else.
func isAmount(text string) bool {
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	return end > 0 && (end == len(text) || text[end] == ' ' || text[end] == ',' || text[end] == ';' || text[end] == '.' && (end+1 == len(text) || text[end+1] == ' '))
}

// isZero reports whether what stands at from says that there is none of it.
func (s *scanner) isZero(from int) bool {
	rest := strings.TrimLeft(s.lower[from:], " \t")
	if noun, after, more := strings.Cut(rest, ":"); more && noun != "" && len(noun) < 20 && !strings.ContainsAny(noun, " ,.;") {
		rest = ":" + after // infected files: 0
	}
	if rest == "" || !strings.ContainsRune(":=|0", rune(rest[0])) || rest[0] == '0' && from > 0 && s.lower[from-1] != 's' && !strings.HasSuffix(s.lower[:from], "ed") {
		return false // error 0 is one, errors 0 and failed 0 are none
	}
	rest = strings.TrimRight(strings.TrimLeft(rest, " \t:=|"), ".,; \t")
	if rest == "0" || !strings.HasPrefix(rest, "0") {
		return rest == "0"
	}
	next, _, _ := strings.Cut(strings.TrimLeft(rest[1:], " \t"), " ")
	isNoun := rest[1] == ' ' && next != "" && next[0] >= 'a' && next[0] <= 'z' && !strings.ContainsAny(next, ":=")
	return !isWordByte(rest[1]) && rest[1] != '.' && rest[1] != '%' && !isNoun // failed: 0 bytes written
}

// isValue reports whether the number at i is that of a key before it, as another key follows:
// skipped: 0 failed: 2.
func (s *scanner) isValue(i int) bool {
	if i == 0 || strings.Trim(s.lower[s.tokens[i-1].to:s.tokens[i].from], " \t:=") != "" {
		return false
	}
	if strings.HasSuffix(s.lower[:s.tokens[i].from], "=") {
		return true
	}
	if i+1 >= len(s.tokens) {
		return false
	}
	next := s.tokens[i+1]
	after := strings.TrimLeft(s.lower[next.to:], " \t")
	return after != "" && (after[0] == ':' || after[0] == '=') || i+2 < len(s.tokens) && isAmount(s.tokens[i+2].word) && words[s.tokens[i-1].word] != silent
}

// A numbering is what a number behind a word is to it.
type numbering uint8

const (
	unsaid  numbering = iota
	named             // its number: disk 0
	indexed           // the same, and behind a colon, too: id: 0
	counted           // how many of something there are: total 0
)

var numberings = wordlist.Table(map[numbering]string{
	named: `port channel bay lun controller bus cpu core node instance queue shard volume disk drive vd pd enclosure vm ct qemu lxc guest host server
		room raum store shop filiale camera cam kamera sensor vlan as tenant user customer client kunde rack line pump pumpe tank gate tor till kasse station site ups usv
		printer drucker machine maschine interface link unit zone panel device gerät`,
	indexed: `id ids number nr no index slot`,
	counted: `total with and or of have had has were was are is found got only but at to in for from by mit und von avec et con y e com met en sum plus than now still`,
})

// isIdentity reports whether the number at i names what stands before it, so that its 0 is no
// "no".
func (s *scanner) isIdentity(i int) bool {
	says := i + 1 // where the words are that say how it is
	if says < len(s.tokens) && singulars[s.tokens[says].word] {
		says++ // disk 0 is degraded
	} else if says < len(s.tokens) && strings.HasSuffix(s.tokens[says].word, "s") {
		return false // disk: 0 errors
	}
	if i == 0 {
		return false
	}
	noun := s.tokens[i-1]
	between := strings.Trim(s.lower[noun.to:s.tokens[i].from], " \t#")
	isBad := between == "" && says < len(s.tokens) && words[s.tokens[says].word] == bad
	switch numberings[noun.word] {
	case named:
		return between == ""
	case indexed:
		return between == "" || between == ":" || between == "="
	case counted:
		return false
	}
	// Of a noun in the singular the next words say how it is: fan 0 failed.
	return isBad && words[noun.word] == silent &&
		!strings.HasSuffix(noun.word, "s") && strings.Trim(noun.word, "abcdefghijklmnopqrstuvwxyz") == ""
}

// singulars come between one thing and how it is.
var singulars = wordlist.Set(`is was has ist war hat est es está è é`)

// parts come between a number and the one of which it is a part.
var parts = wordlist.Set(`of von de di du van av из z sur`)

// answer reads a "no" that answers what is in front of it: "Backup successful? NO", and
// "failed: false".
func (s *scanner) answer(t token) {
	front := strings.TrimRight(s.lower[:t.from], " \t")
	if rest := strings.TrimLeft(s.lower[t.to:], " \t"); front == "" || !strings.ContainsRune("?:=", rune(front[len(front)-1])) || rest != "" && !strings.ContainsRune(":.,;!", rune(rest[0])) {
		return
	}
	for i := range s.said {
		switch s.said[i].says {
		case done, well, over:
			s.said[i].says = bad
		case bad, fault, alert, worry:
			s.said[i].says = done
		}
	}
}

// exit reads the number with which a program ended, from the word at i on: "exit code 2",
// "rc=0". It returns how many words that are, 0 if they are something else.
func (s *scanner) exit(i int) (n int) {
	switch word := s.tokens[i].word; word {
	case "http", "http/1.0", "http/1.1", "http/2", "got":
		if i+1 < len(s.tokens) && isRefusal(s.tokens[i+1].word) && s.lower[s.tokens[i].to:s.tokens[i+1].from] == " " {
			s.add(bad, s.tokens[i].from, s.tokens[i+1].to) // HTTP 503
			return 2
		}
		return 0
	case "code": // code retour 2
		if i+1 >= len(s.tokens) || s.tokens[i+1].word != "retour" && s.tokens[i+1].word != "de" {
			return 0
		}
	case "with": // completed with code 3
		if i+1 >= len(s.tokens) || s.tokens[i+1].word != "code" && s.tokens[i+1].word != "status" {
			return 0
		}
	case "rückgabewert", "exit", "exit_status", "exit_code", "return_code", "exitstatus", "exited", "rc", "exitcode", "maxexitcode", "returncode", "errorlevel":
	case "return", "returned":
		if i+1 >= len(s.tokens) || s.tokens[i+1].word != "code" {
			return 0
		}
	case "result", "hresult", "errorcode": // result 0x1: Windows
		if i+1 >= len(s.tokens) || !strings.HasPrefix(s.tokens[i+1].word, "0x") {
			return 0
		}
	default:
		return 0
	}
	for n = 1; i+n < len(s.tokens) && exitWords[s.tokens[i+n].word] && n < 4; n++ {
	}
	if i+n >= len(s.tokens) || !isExit(s.tokens[i+n].word) || strings.Trim(s.lower[s.tokens[i+n-1].to:s.tokens[i+n].from], " :=[(") != "" {
		return 0
	}
	says := bad
	if strings.Trim(strings.TrimPrefix(s.tokens[i+n].word, "0x"), "0") == "" {
		says = done
	}
	s.denied = 0
	s.add(says, s.tokens[i].from, s.tokens[i+n].to)
	return n + 1
}

// little reads that little is left of something, from the word at i on: "less than 30% free",
// "only 2.6 GB left".
func (s *scanner) little(i int) {
	if word := s.tokens[i].word; word != "less" && word != "only" {
		return
	}
	hasNumber := false
	for j := i + 1; j < min(i+7, len(s.tokens)); j++ {
		t := s.tokens[j]
		if strings.ContainsAny(s.lower[s.tokens[j-1].to:t.from], ",;:") {
			return // of something else
		}
		if hasNumber && rests[t.word] {
			s.add(worry, s.tokens[i].from, t.to)
			return
		}
		hasNumber = hasNumber || strings.ContainsAny(t.word, "0123456789")
	}
}

// rests are words for what is left.
var rests = wordlist.Set(`free left remain remains remaining`)

// isRefusal reports whether word is the status of an answer that HTTP calls an error (RFC 9110
// section 15).
func isRefusal(word string) bool {
	return len(word) == 3 && (word[0] == '4' || word[0] == '5') && strings.Trim(word, "0123456789") == ""
}

// isExit reports whether word is a number with which a program may end: 2, 0x1.
func isExit(word string) bool {
	if hex, found := strings.CutPrefix(word, "0x"); found {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(word, "0123456789") == ""
}
