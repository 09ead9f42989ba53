package recognise

import (
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/wordlist"
	"github.com/hut8labs/failmail/pkg/meaning"
)

// transition returns what the last change of state in line says, of which list are the
// words; empty if there is none. "CRIT -> WARN" is no recovery, and "UNKNOWN -> OK" ends
// nothing.
func transition(line string, list []said) (status meaning.Status) {
	for i := 1; i < len(list); i++ {
		left, right := list[i-1], list[i]
		if !leadsTo(line, left, right) {
			continue
		}
		switch right.says {
		case bad, fault:
			status = meaning.Problem
		case worry:
			status = meaning.Warning
		case well, over, done:
			status = meaning.Recovery
			if left.says == well || left.says == done || unknownStates[strings.ToLower(line[left.from:left.to])] {
				status = meaning.Info
			}
		}
	}
	if status == "" && isOverNow(line, list) {
		return meaning.Recovery
	}
	if n := len(list); n > 0 && (list[n-1].says == well || list[n-1].says == done) && leadsOn(line[list[n-1].to:]) {
		return meaning.Problem // healthy -> sick
	}
	return status
}

// isOverNow reports whether all that line says is that something was bad and is well, with nothing
// between the two that the second could be about: "web1 was down but is up again".
func isOverNow(line string, list []said) bool {
	isGood := func(w said) bool { return w.says == well || w.says == over }
	at := slices.IndexFunc(list, isGood)
	if at < 0 || at > 1 {
		return false
	}
	end := at + 1
	for end < len(list) && isGood(list[end]) {
		end++
	}
	lower := lowerOf(line)
	between := func(left, right said) []string {
		return strings.FieldsFunc(lower[left.to:max(left.to, right.from)], func(r rune) bool { return r == ' ' || r == ',' })
	}
	are := func(words []string, set map[string]bool) bool {
		return len(words) > 0 && !slices.ContainsFunc(words, func(word string) bool { return !set[word] })
	}
	switch {
	case at == 1 && end == len(list) && list[0].says == bad:
		before := strings.Fields(lower[:list[0].from])
		return len(before) > 0 && pasts[before[len(before)-1]] && are(between(list[0], list[1]), presents)
	case at == 0 && end == len(list)-1 && list[end].says == bad:
		words := between(list[end-1], list[end])
		return len(words) > 1 && are(words, afters)
	}
	return false
}

var (
	// pasts are in front of how something was.
	pasts = wordlist.Set(`was were war waren était étaient estaba estaban stava era estava estavam var był была`)
	// presents are in front of how it is now.
	presents = wordlist.Set(`but and is are now again back aber und ist sind jetzt nun wieder mais et est sont maintenant de nouveau pero y ya está están ahora ma è ora mas e agora maar en nu`)
	// afters are between how it is now and how it was.
	afters = wordlist.Set(`after being having been it was were nachdem er sie es war après avoir été después de haber estado`)
)

// leadsOn reports whether an arrow begins rest: to a state that nobody knows.
func leadsOn(rest string) bool {
	rest = strings.TrimLeft(rest, " \"'`)]")
	for _, arrow := range [...]string{"->", "=>", "-->", "==>", "→", "➔"} {
		if strings.HasPrefix(rest, arrow) {
			return true
		}
	}
	return false
}

// leadsTo reports whether the words between left and right are an arrow, or "from left
// to right".
func leadsTo(line string, left, right said) bool {
	if right.from < left.to {
		return false
	}
	between := strings.Trim(line[left.to:right.from], " \"'`()[]\t")
	switch strings.ToLower(between) {
	case "->", "=>", "-->", "==>", "→", "➔", ">":
		return true
	case "to", "nach", "zu", "auf", "à", "a", "para", "naar":
		front := strings.Fields(strings.ToLower(strings.Trim(line[:left.from], " \"'`")))
		if len(front) == 0 {
			return false
		}
		for _, word := range front[max(len(front)-2, 0):] { // from major outage to
			switch word {
			case "from", "von", "de", "da", "van":
				return true
			}
		}
	}
	return false
}
