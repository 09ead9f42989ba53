package recognise

import (
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/wordlist"
	"github.com/hut8labs/failmail/pkg/meaning"
)

// verdict returns what words say together: failure beats success, and that it is over
// beats the name of what is over. Empty if they say nothing; weak if they say little.
func verdict(list []said) (status meaning.Status, weak bool) {
	var has [neutral + 1]bool
	for _, w := range list {
		has[w.says] = true
	}
	switch {
	case has[aside]:
		return meaning.Info, false
	case has[bad]:
		return meaning.Problem, false
	case has[over]:
		return meaning.Recovery, false
	case has[fault]:
		return meaning.Problem, false
	case has[worry]:
		return meaning.Warning, false
	case has[done], has[well] && has[job]:
		return meaning.OK, false
	case has[well]:
		return meaning.Recovery, false
	case has[alert]:
		return meaning.Problem, true
	case has[remark]:
		return meaning.Info, true
	}
	return "", true
}

// A decision is what a mail says and what says so.
type decision struct {
	status    meaning.Status
	why       string
	tagged    bool   // by a tag: the words besides are the name of the thing
	bySubject bool   // which says it, and no line of the text
	line      string // of the text, if the subject says nothing
}

// decide returns what v says by the rules for mails of which nothing is known; list are
// the words of the subject. What is not understood is a problem.
func (v view) decide(list []said) decision {
	status, weak := verdict(list)
	if status == meaning.Info && !weak && !v.beginsBad(list) {
		return decision{status: status, why: "by words of the subject", bySubject: true}
	}
	if isOverInFront(v.subject, list) {
		return decision{status: meaning.Recovery, why: "by the beginning of the subject", tagged: true, bySubject: true}
	}
	if status := transition(v.subject, list); status != "" {
		return decision{status: status, why: "by the change of state in the subject", bySubject: true}
	}
	if status, sure := v.tagged(list); status != "" {
		if status == meaning.OK && !sure {
			if worst, line := v.fails(); worst != "" {
				return decision{status: worst, why: "by the text, though the subject has a tag that says success", tagged: true, line: line}
			}
			if line := v.ends(); line != "" {
				return decision{status: meaning.Recovery, why: "by the end of a problem in the text", tagged: true}
			}
		}
		return decision{status: status, why: "by a tag in the subject", tagged: true, bySubject: true}
	}
	if status == meaning.OK || status == meaning.Recovery && tidy(keep(v.subject, cutsOf(v.subject, list, false))) == "" {
		if worst, line := v.fails(); worst != "" {
			return decision{status: worst, why: "by the text, though the subject says success", line: line}
		}
		if line := v.ends(); line != "" {
			return decision{status: meaning.Recovery, why: "by the end of a problem in the text", line: line}
		}
		if isBesides(v.subject, list) {
			return decision{status: meaning.Info, why: "by words of the subject", bySubject: true}
		}
	}
	if status != "" && !weak {
		return decision{status: status, why: "by words of the subject", bySubject: true}
	}
	ofText, line := v.text()
	if status == "" && deniesSomething(v.subject) && (ofText == "" || ofText.IsGood()) {
		return decision{status: meaning.Problem, why: "by a denial in the subject", bySubject: true} // not sent; errors: none
	}
	if status, isOver := v.field(); status != "" && !(status.IsGood() && !isOver && ofText == meaning.Problem && !isPast(line)) {
		if status.IsGood() && ofText.IsBad() {
			line = "" // how it was before
		}
		return decision{status: status, why: "by a field of the text", line: line}
	}
	if ofText != "" {
		return decision{status: ofText, why: "by words of the text", line: line}
	}
	if status != "" {
		return decision{status: status, why: "by words of the subject, and the text says nothing else", bySubject: true}
	}
	return decision{status: meaning.Problem, why: "nothing says that all is well"}
}

// deniesSomething reports whether a subject says that something is not so, whatever that is: no request
// such as "do not reply".
func deniesSomething(subject string) bool {
	all := tokens(lowerOf(subject))
	if slices.ContainsFunc(all, func(t token) bool { return words[t.word] == hedge }) {
		return false // if it does not run, call us
	}
	for i, t := range all {
		if !nots[t.word] && !strings.HasSuffix(t.word, "n't") {
			continue
		}
		isRequest := i > 0 && requests[all[i-1].word] || i+1 < len(all) && requests[all[i+1].word]
		if !isRequest {
			return true
		}
	}
	return false
}

var (
	// nots deny the verb behind them.
	nots = wordlist.Set(`not nicht niet nie non pas inte ikke не não`)
	// requests are beside a not that asks for something, or says that nothing need be done.
	requests = wordlist.Set(`do don't please bitte prière alstublieft proszę reply respond antworten répondre rispondere responder
		needed necessary required nötig notwendig erforderlich requis nécessaire necessario necessário`)
)

// isPast reports whether line is a field that says how something stood before.
func isPast(line string) bool {
	key, _, _ := strings.Cut(line[:min(len(line), 40)], ":")
	first, _, _ := strings.Cut(keyOf(key), " ")
	return past[first]
}

var past = wordlist.Set(`previous previously last old former prior before vorher vorheriger letzter ancien ancienne dernier anterior último ultimo precedente vorige poprzedni`)

// isOverInFront reports whether what stands in front of a colon says that an alert is over, and
// only what stands behind it what was wrong: "Alarm cleared on web1: low battery".
func isOverInFront(subject string, list []said) bool {
	colon := strings.Index(subject, ": ")
	for i, w := range list {
		if w.to > colon {
			return i > 1 && list[i-1].says == over
		}
		isNoun, isOver := i == 0 && w.says == alert, i == 1 && w.says == over && strings.TrimSpace(subject[list[0].to:w.from]) == ""
		if !isNoun && !isOver {
			return false
		}
	}
	return len(list) == 2
}

// isBesides reports whether what went well is that somebody logged in or that a downtime
// ended: no job that must run.
func isBesides(subject string, list []said) bool {
	return slices.ContainsFunc(list, func(w said) bool { return w.says == remark && besides[strings.ToLower(subject[w.from:w.to])] })
}

var besides = wordlist.Set(`login logins logged logon downtime maintenance wartung wartungsfenster mantenimiento manutenzione manutenção onderhoud underhåll`)

func says(list []said, s sense) bool {
	return slices.ContainsFunc(list, func(w said) bool { return w.says == s })
}

// beginsBad reports whether the subject begins with a tag that says that something is
// wrong: that somebody is silenced may be what is.
func (v view) beginsBad(list []said) bool {
	first := list[0]
	return (first.says == bad || first.says == fault) && startsAt(v.subject, first.from) && (inBrackets(v.subject, first.from, first.to) || isPart(v.subject, first))
}

// fails returns the worst that the text says and the line that does, if it says that something is wrong. Headings
// of tables name failures without saying that there are any.
func (v view) fails() (worst meaning.Status, by string) {
	for _, line := range v.last {
		if concludes(line) {
			return meaning.Problem, line
		}
	}
	for _, line := range v.lines {
		list, words := scan(line), len(tokens(lowerOf(line)))
		switch {
		case len(list) == words && words > 1 && !says(list, bad):
			continue // Success Warning Error
		case transition(line, list).IsGood():
			continue // from failed to passed
		case beginsOver(line, list):
			continue // the rest is what is over
		case strings.Count(line, "|") > 2 && !strings.ContainsAny(line, "0123456789"):
			continue // the heading of a table
		case words == 1 && (alone[strings.ToLower(line)] || says(list, bad) && strings.Contains(line, "_")), says(list, bad) && words > 1, says(list, fault) && words > 1 && !says(list, done):
			return meaning.Problem, line
		case says(list, worry) && words > 2 && !says(list, done):
			worst, by = meaning.Warning, line
		}
	}
	return worst, by
}

// ends returns the line of the text that says that a problem is over; empty if none does.
func (v view) ends() string {
	for _, line := range v.lines {
		if list := scan(line); transition(line, list) == meaning.Recovery || beginsOver(line, list) {
			return line
		}
	}
	return ""
}

// beginsOver reports whether what line says first is that something is over, which it names.
func beginsOver(line string, list []said) bool {
	return len(list) > 0 && list[0].says == over && list[0].from > 0 && isStated(line, list[:1])
}

// alone are words that are a failure where nothing else stands in a line, rather than the
// heading of a column.
var alone = wordlist.Set(`killed aborted terminated timeout crashed abgebrochen abgestürzt interrompu abortado interrotto`)

// text returns what the lines of the text say, and the one that says so; empty if they
// say nothing.
func (v view) text() (meaning.Status, string) {
	const ranks = 5
	order := [ranks]meaning.Status{meaning.Warning, meaning.Info, meaning.Recovery, meaning.OK, meaning.Info}
	var found [ranks]string
	note := func(rank int, line string) {
		if found[rank] == "" {
			found[rank] = line
		}
	}
	for i, line := range v.lines {
		list := scan(line)
		status, weak := verdict(list)
		changed := transition(line, list)
		if changed != "" {
			status, weak = changed, false
		}
		switch {
		case isSeverity(line), status.IsGood() && v.saysElse(line): // see field
		case status == meaning.Problem && !weak:
			return status, line
		case status == meaning.Warning:
			note(0, line)
		case status == meaning.Info && !weak && i < 3:
			note(1, line)
		case status == meaning.Recovery && strings.HasSuffix(line, ":"):
			return status, line // what follows is what is over
		case status == meaning.Recovery && (changed != "" || isStated(line, list) || i == 0 && len(line) < 60 && !says(list, over)):
			note(2, line)
		case status == meaning.OK:
			note(3, line)
		case status == meaning.Info && !isKey(line, list[0]):
			note(4, line)
		}
	}
	for rank, line := range found {
		if line != "" {
			return order[rank], line
		}
	}
	return "", ""
}

// isStated reports whether line says that something is over as a sentence or a heading
// does: a word such as "fixed" may stand anywhere.
func isStated(line string, list []said) bool {
	all := tokens(lowerOf(line))
	for _, w := range list {
		if w.says != over {
			continue
		}
		for i, t := range all {
			if t.from != w.from {
				continue
			}
			if i == 0 || copulas[t.word] || w.to == len(strings.TrimRight(line, ".!")) || copulas[all[i-1].word] || auxiliaries[all[i-1].word] || inBrackets(line, w.from, w.to) {
				return true
			}
		}
	}
	return false
}

// auxiliaries come in front of what has happened.
var auxiliaries = wordlist.Set(`been has have was were being got hat haben wurde wurden worden été fue sido stato stata foi werd geworden`)
