package recognise

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/telling"
	"github.com/hut8labs/failmail/internal/wordlist"
	"github.com/hut8labs/failmail/pkg/meaning"
)

// sense returns what the word at i says where it stands.
func (s *scanner) sense(i int) sense {
	t := s.tokens[i]
	if availables[t.word] && s.isBehind(i, versions) {
		return remark
	}
	says, known := words[strings.TrimSuffix(t.word, "'s")]
	if !known {
		if c := t.word[0]; c >= 0xe3 && !s.wide {
			r, _ := utf8.DecodeRuneInString(t.word)
			s.wide = r >= 0x3040 && r < 0xa000
		}
		return s.compound(t)
	}
	next := ""
	if i+1 < len(s.tokens) && strings.TrimSpace(s.lower[t.to:s.tokens[i+1].from]) == "" {
		next = s.tokens[i+1].word
	}
	isAgain := says == well && (next == "again" || i > 0 && anew[s.tokens[i-1].word])
	if isAgain || t.word == "normal" && leading[next] && s.isAll(i) {
		next = "" // as at the end of the sentence: "normal in room 2"
	}
	switch {
	case t.word == "normal" && i > 0 && comparatives[s.tokens[i-1].word]:
		return worry
	case isAgain && slices.ContainsFunc(s.tokens[:i], func(t token) bool { return promises[t.word] }):
		return silent
	case isAgain:
		return over
	case reachables[t.word], comings[t.word] && !s.isInCapitals(i):
		return silent
	case says == remark && i > 0 && strings.HasSuffix(s.lower[:t.from], "=") && fieldKinds[s.tokens[i-1].word] == silent:
		return silent // partition=debug
	case says == bad && s.isBehind(i, removals) && strings.HasSuffix(next, "s"):
		return silent // removed 12 expired sessions
	case t.word == "dead" && i > 1 && s.tokens[i-1].word == "inactive" && s.tokens[0].word == "active":
		return silent // as systemd calls a unit that has ended
	case t.word == "full" && t.from > 0 && t.to < len(s.lower) && strings.IndexByte("\"'", s.lower[t.from-1]) >= 0 && s.lower[t.from-1] == s.lower[t.to]:
		return silent // a job that is called "Full"
	case (says == fault || says == alert || says == worry || says == aside) && words[next] == namesWhat:
		return silent // an error log may log anything
	case t.word == "error" && i > 0 && s.tokens[i-1].word == "in" && slices.ContainsFunc(s.tokens[:i], func(t token) bool { return t.word == "received" || t.word == "receive" }):
		return silent // what companies write below their mails
	case t.word == "full" && i > 0 && jobKinds[s.tokens[i-1].word]:
		return silent // Backup type: full
	case t.word == "up" && !s.isState(i, next), t.word == "full" && next != "" && next != "on" && next != "at" && next != "in":
		return silent // to back up; a full backup
	case t.word == "up" && s.isBehind(i, quantities):
		return worry
	case t.word == "down" && next == "to":
		return silent
	case actives[t.word] && slices.ContainsFunc(s.said, func(w said) bool { return w.says != well && w.says != job }):
		return silent // an alarm is active
	case says == bad && triggers[next] && t.word == "triggered":
		return silent // this build
	case t.word == "down" && i > 0 && next == "alert" && s.line[t.from:t.to] == "DOWN":
		return bad // Host DOWN alert for web1
	case says == bad && criticals[t.word] && s.isLabel(i, next):
		if labels[next] {
			return silent
		}
		return alert // [critical] closed
	case says == opens || says == closes:
		front := strings.TrimSpace(s.line[:t.from])
		isTag := (i == 0 || strings.HasSuffix(front, "]")) && strings.HasPrefix(s.line[t.to:], ":") // CLOSED: disk full on web1
		if !isTag && (next != "" && !leading[next] && !times[next] || !s.isOfReport(i)) && !s.isBracketed(i) {
			return silent // (0 connections now open)
		}
		if says == closes {
			return over
		}
		return bad
	case says == done && next != "" && i > 0 && articles[s.tokens[i-1].word]:
		return silent // an updated list of failures
	case says == well && t.word != "ok" && t.word != "up" && !s.isState(i, next), t.word == "running" && !s.runs(i, next):
		return silent // the space available; running out of it
	}
	return says
}

// comings are what a German alarm does, where a colon follows: "KOMMT: ", "GEHT: ". It goes elsewhere, too.
var comings = wordlist.Set(`kommt geht`)

// isInCapitals reports whether the word at i is, in front of a colon.
func (s *scanner) isInCapitals(i int) bool {
	t := s.tokens[i]
	return s.line[t.from:t.to] == strings.ToUpper(t.word) && strings.HasPrefix(s.line[t.to:], ": ")
}

// isBracketed reports whether the word at i stands in brackets, behind one other at most.
func (s *scanner) isBracketed(i int) bool {
	t := s.tokens[i]
	return inBrackets(s.line, t.from, t.to) && (i < 2 || s.tokens[i-2].to <= strings.LastIndexAny(s.line[:t.from], "[("))
}

// isAll reports whether what line says of the word at i is all that it says: no part is in front of it, and
// behind it no more than a value.
func (s *scanner) isAll(i int) bool {
	t := s.tokens[i]
	if strings.ContainsAny(s.lower[:t.from], ",;:") {
		return false
	}
	at := strings.IndexAny(s.lower[t.to:], ",;:")
	return at < 0 || !slices.ContainsFunc(tokens(s.lower[t.to+at:]), func(t token) bool {
		return !isUnit(t.word) && !measures[t.word] && !limits[t.word] && strings.Trim(t.word, "0123456789.,°") != ""
	})
}

var (
	// comparatives come in front of what something differs from: above normal.
	comparatives = wordlist.Set(`above over below under than über unter als boven onder dan encima debajo sopra sotto acima abaixo`)
	// promises are in front of what is waited for: until it is online again.
	promises = wordlist.Set(`until till when whenever once if bis sobald wenn falls jusqu'à quand lorsque dès hasta cuando finché quando até zodra wanneer totdat`)
)

// removals are what is done to what nobody needs any more.
var removals = wordlist.Set(`removed deleted purged cleaned pruned discarded evicted removing deleting purging pruning cleaning gelöscht gelöschte entfernt supprimé supprimés eliminado eliminados verwijderd`)

// anew comes in front of how something is again.
var anew = wordlist.Set(`wieder erneut weer opnieuw novamente nuevamente znów znowu znovu åter nuovamente nouveau nuevo novo nuovo ponownie снова opět igen`)

// isBehind reports whether one of the three words in front of the one at i, with no sign but blanks
// between them, is of a set.
func (s *scanner) isBehind(i int, set map[string]bool) bool {
	for j := i - 1; j >= max(i-3, 0) && strings.TrimSpace(s.lower[s.tokens[j].to:s.tokens[j+1].from]) == ""; j-- {
		if set[s.tokens[j].word] {
			return true
		}
	}
	return false
}

// jobKinds come in front of the kind of a job.
var jobKinds = wordlist.Set(`type mode kind typ art tipo soort`)

var articles = wordlist.Set(`a an the your our this`)

var triggers = wordlist.Set(`this by a the manually automatically`)

// isLabel reports whether what stands behind the severity at i makes a label of it.
func (s *scanner) isLabel(i int, next string) bool {
	return labels[next] || i+1 < len(s.tokens) && words[s.tokens[i+1].word] == closes
}

// runs reports whether the "running" at i says that what should run does, rather than that
// something has not yet ended.
func (s *scanner) runs(i int, next string) bool {
	if next != "" || i == 0 || slices.ContainsFunc(s.said, func(w said) bool { return w.says == job || w.says == alert }) {
		return false
	}
	t, previous := s.tokens[i], s.tokens[i-1].word
	return s.line[t.from:t.to] == "RUNNING" || arrivals[previous] || previous == "is" || previous == "are" || previous == "not"
}

// isOfReport reports whether the word at i says what became of an alert or an incident: it
// stands behind such a noun and its number, or is the last part of the line.
func (s *scanner) isOfReport(i int) bool {
	for j := i - 1; j >= 0 && j >= i-4; j-- {
		t := s.tokens[j]
		if strings.IndexByte(s.lower[t.to:s.tokens[j+1].from], ':') >= 0 {
			break
		}
		if labels[t.word] {
			return true
		}
		if !copulas[t.word] && !auxiliaries[t.word] && !criticals[t.word] && !strings.ContainsAny(t.word, "0123456789") {
			break
		}
	}
	return isTrailing(s.line, s.tokens[i].from, s.tokens[i].to)
}

// isState reports whether the word at i says how something is.
func (s *scanner) isState(i int, next string) bool {
	t := s.tokens[i]
	if s.line[t.from:t.to] == "UP" || s.line[t.from:t.to] == "Up" && next == "" {
		return true
	}
	if i == 0 {
		return next == ""
	}
	if previous := s.tokens[i-1].word; copulas[previous] || links[previous] || previous == "came" || previous == "comes" || previous == "went" || previous == "not" {
		return t.word != "up" || next != "to"
	}
	if previous := s.tokens[i-1].word; t.word == "up" && next == "" && strings.ContainsAny(previous, "0123456789") {
		return strings.Trim(strings.TrimPrefix(previous, "p"), "0123456789") != "" // eth3 up; no percentile
	}
	return next == "" && (t.word != "up" || strings.TrimSpace(s.lower[s.tokens[i-1].to:t.from]) != "")
}

// arrivals come in front of the state to which something changed.
var arrivals = wordlist.Set(`to nach zu auf à a naar para`)

// links stand between the states of a change.
var links = wordlist.Set(`from to von nach zu auf de à a da van naar para`)

// compound returns what a word says that is made of others: an exception, a noun such as
// Backup-Fehler, or a code such as BACKUP_FAILED and [CRIT-850].
func (s *scanner) compound(t token) sense {
	text := s.line[t.from:t.to]
	if t.word == "blocked" && s.blocksAddress(t) {
		return aside
	}
	if text[0] >= 'A' && text[0] <= 'Z' {
		if says := s.code(t, text); says != silent {
			return says
		}
	}
	if telling.IsType(text) && !strings.HasSuffix(text, "Warning") && text[0] != '<' {
		return bad
	}
	if what, found := strings.CutSuffix(t.word, "-down"); found && !downs[what] {
		return bad // tunnel-down
	}
	if len(t.word) >= minCompound && slices.ContainsFunc(compounds, func(end string) bool { return strings.HasSuffix(t.word, end) }) {
		return fault // Netzausfall
	}
	if at := strings.LastIndexByte(text, '-'); at > 0 && at+1 < len(text) && !strings.ContainsAny(text, "./@_") {
		if c := text[at+1]; c >= 'A' && c <= 'Z' && text[0] != c+'a'-'A' {
			if says := words[t.word[at+1:]]; says == bad || says == fault {
				return says
			}
		}
	}
	return silent
}

// compounds end nouns for what goes wrong in languages that write them as one word.
var compounds = []string{"ausfall", "fehler", "störung", "stoerung", "defekt", "uitval", "avbrott"}

// minCompound is how many bytes a word of two has at least.
const minCompound = 9

// code returns what a code such as BACKUP_FAILED or [CRIT-850] says.
func (s *scanner) code(t token, text string) (says sense) {
	at := strings.LastIndexAny(text, "_-")
	if at <= 0 || text != strings.ToUpper(text) {
		return silent
	}
	switch {
	case text[at] == '_':
		if says = codes[t.word[at+1:]]; says == silent && !strings.Contains(t.word, "no") {
			says = words[t.word[at+1:]]
		}
		if says == silent && !strings.HasPrefix(s.line[t.to:], "=") {
			if status, _ := verdict(scan(strings.ReplaceAll(text, "_", " "))); status == meaning.Problem {
				return bad // OUT_OF_MEMORY
			}
		}
	case strings.Trim(text[at+1:], "0123456789") == "" && inBrackets(s.line, t.from, t.to):
		says = words[t.word[:at]]
	}
	if strings.Contains(t.word, "rollback") {
		return bad
	}
	switch says {
	case bad, worry, over, well, done, remark:
		return says
	}
	return silent
}

// blocksAddress reports whether a "blocked" says that a client was shut out, as fail2ban
// does: "blocked 203.0.113.7", "203.0.113.7 blocked for".
func (s *scanner) blocksAddress(t token) bool {
	next, _, _ := strings.Cut(strings.TrimLeft(s.lower[t.to:], " "), " ")
	front := strings.Fields(s.lower[:t.from])
	return isAddress(next) || next == "for" && len(front) > 0 && isAddress(front[len(front)-1])
}
