package batch

import (
	"strings"

	"github.com/hut8labs/failmail/internal/wordlist"
)

// foreignMonths and foreignWeekdays are names in German, French, Spanish, Italian, Portuguese,
// Dutch, Swedish and Polish. Those of months are not abbreviated.
var (
	foreignMonths = wordlist.Set(`januar februar märz april mai juni juli august september oktober november dezember
		janvier février mars avril juin juillet août septembre octobre novembre décembre
		enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
		gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
		janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
		januari februari maart mei maj augustus december augusti
		stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia`)
	foreignWeekdays = wordlist.Set(`montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
		lundi mardi mercredi jeudi vendredi samedi dimanche
		lunes martes miércoles jueves viernes sábado domingo
		lunedì martedì mercoledì giovedì venerdì sabato domenica
		segunda-feira terça-feira quarta-feira quinta-feira sexta-feira
		maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
		måndag tisdag onsdag torsdag fredag lördag söndag
		poniedziałek wtorek środa czwartek piątek sobota niedziela`)
)

// maxName bounds the name of a month or a day, in bytes.
const maxName = 16

// matchForeignDate takes 9. März 2026, 9 mars 2026 and 9 de marzo de 2026, with or without the
// year, from the day on.
func matchForeignDate(text string) int {
	n := number(text, 3)
	if n == 0 || n > 2 {
		return 0
	}
	n += len(beginOf(text[n:], ".", "º", "°", "er"))
	if n >= len(text) || text[n] != ' ' {
		return 0
	}
	n++
	n += len(beginOf(text[n:], "de "))
	length := foreignName(text[n:], foreignMonths)
	if length == 0 {
		return 0
	}
	n += length
	rest := text[n:]
	of := len(beginOf(rest, " de ", " "))
	if of > 0 && number(rest[of:], 5) == 4 {
		n += of + 4
	}
	return n
}

// beginOf returns the first of prefixes that text begins with; empty if it does with none.
func beginOf(text string, prefixes ...string) string {
	for _, prefix := range prefixes {
		if strings.HasPrefix(text, prefix) {
			return prefix
		}
	}
	return ""
}

// foreignName returns the length of the word that text begins with, if it is one of names.
func foreignName(text string, names map[string]bool) int {
	n := 0
	for n < len(text) && n <= maxName && (isLetter(text[n]) || text[n] == '-') {
		n++
	}
	if !names[strings.ToLower(text[:n])] {
		return 0
	}
	return n
}

// weekdayBefore returns where the name of a day begins that stands in front of a date at i, not
// before rest; i if none does.
func weekdayBefore(text string, i, rest int) int {
	end := i
	for _, link := range [...]string{", den ", " den ", ", ", " "} {
		if strings.HasSuffix(text[:i], link) {
			end = i - len(link)
			break
		}
	}
	from := end
	for from > rest && end-from <= maxName && (isLetter(text[from-1]) || text[from-1] == '-') {
		from--
	}
	if end == i || !foreignWeekdays[strings.ToLower(text[from:end])] || from > 0 && strings.IndexByte("_.-", text[from-1]) >= 0 {
		return i
	}
	return from
}
