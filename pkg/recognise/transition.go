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
	if status == "" {
		if _, isOver := overNow(line, list); isOver {
			return meaning.Recovery
		}
	}
	if n := len(list); n > 0 && (list[n-1].says == well || list[n-1].says == done) && leadsOn(line[list[n-1].to:]) {
		return meaning.Problem // healthy -> sick
	}
	return status
}

// overNow returns the words of line that say that something was bad and is well, if it says nothing
// else and nothing stands between the two that the second could be about: "web1 was down but is up
// again".
func overNow(line string, list []said) (words span, isOver bool) {
	isGood := func(w said) bool { return w.says == well || w.says == over }
	isBad := func(w said) bool { return w.says == bad }
	if len(list) == 0 || !slices.ContainsFunc(list, isBad) || len(list) > 1 && !slices.ContainsFunc(list, isGood) {
		return span{}, false
	}
	all := tokens(lowerOf(line))
	if len(list) == 1 && wereDown[lowerOf(line[list[0].from:list[0].to])] {
		if at := slices.IndexFunc(all, func(t token) bool { return t.from > list[0].from && restarts[t.word] }); at >= 0 {
			list = append(list[:1:1], said{says: well, from: all[at].from, to: all[at].to}) // was down, but restarted
		}
	}
	first := slices.IndexFunc(list, isGood)
	if first < 0 || first > 1 {
		return span{}, false
	}
	end := first + 1 // of what is good
	for end < len(list) && isGood(list[end]) {
		end++
	}
	// are reports whether there are words between two places, all of a set.
	are := func(from, to int, set map[string]bool) (n int, are bool) {
		for _, t := range all {
			if t.from >= from && t.to <= to {
				if n++; !set[t.word] {
					return n, false
				}
			}
		}
		return n, true
	}
	switch {
	case first == 1 && end == len(list) && isBad(list[0]):
		before := tokens(lowerOf(line[:list[0].from]))
		n, arePresent := are(list[0].to, list[1].from, presents)
		isOver = len(before) > 0 && pasts[before[len(before)-1].word] && n > 0 && arePresent
	case first == 0 && end == len(list)-1 && isBad(list[end]):
		n, areAfter := are(list[end-1].to, list[end].from, afters)
		isOver = n > 1 && areAfter
	}
	last := list[len(list)-1].to
	return span{list[0].from, last}, isOver && isRest(line[last:])
}

// isRest reports whether rest, behind what line says to be so now, says no more than that it is so
// again, since when, and where.
func isRest(rest string) bool {
	all := tokens(lowerOf(rest))
	for i, t := range all {
		isPlace := i > 0 && places[all[i-1].word] && i < 2
		if !isPlace && !places[t.word] && !again[t.word] && !times[t.word] && !dates[t.word] && !isUnit(t.word) && strings.Trim(t.word, "0123456789.:-") != "" {
			return false
		}
	}
	return true
}

var (
	// pasts are in front of how something was.
	pasts = wordlist.Set(`was were war waren était étaient estaba estaban stava era estava estavam var był была`)
	// presents are in front of how it is now.
	presents = wordlist.Set(`but has have been wurde wurden a été ha sido è stato foi and is are now again back aber und ist sind jetzt nun wieder mais et est sont maintenant de nouveau pero y ya está están ahora ma ora mas e agora maar en nu`)
	// again says that it is as it was before.
	again = wordlist.Set(`again now wieder jetzt war waren for at nouveau maintenant ahora ora agora nu weer`)
	// places come in front of where it is so.
	places = wordlist.Set(`on auf sur op`)
	// wereDown are how something was that was started again.
	wereDown = wordlist.Set(`down offline unreachable unavailable stopped inactive unresponsive caído arrêté gestoppt`)
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
