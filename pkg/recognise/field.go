package recognise

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/redact"
	"github.com/hut8labs/failmail/internal/wordlist"
	"github.com/hut8labs/failmail/pkg/meaning"
)

// isKey reports whether w is the key of a line, or ends that of a value that changes:
// "Created: 2026-10-03" and "Window start: 02:10" say nothing.
func isKey(line string, w said) bool {
	value, found := strings.CutPrefix(strings.TrimLeft(line[w.to:], " "), ":")
	if !found {
		return false
	}
	first, _, _ := strings.Cut(strings.TrimSpace(value), " ")
	return w.from == 0 || isMoving(first)
}

// isSeverity reports whether line only says how bad something would be.
func isSeverity(line string) bool {
	key, _, found := strings.Cut(line, ":")
	return found && fieldKinds[keyOf(key)] == worry
}

// field returns what lines such as "Status: failed" say, the worst of them. isOver says that one of
// them says that it is over, and nothing else: what other lines name is what is over.
func (v view) field() (status meaning.Status, isOver bool) {
	var byState, bySeverity meaning.Status
	for _, line := range v.lines {
		path, value := fieldOf(line)
		key := keyOf(path)
		value = strings.Trim(value, " :=|\t")
		kind := fieldKinds[key]
		if kind == silent || value == "" || len(value) > maxValue {
			continue
		}
		list := scan(value)
		status, weak := verdict(list)
		if changed := transition(value, list); changed != "" {
			status, weak = changed, false
		}
		if status == meaning.Recovery && actives[strings.ToLower(value)] && says(scan(v.subject), alert) {
			status = meaning.Problem // of an alarm
		}
		switch {
		case status == "" || weak && status != meaning.Problem, status.IsGood() && v.saysElse(line):
		case kind == well:
			byState = worse(byState, status)
			isOver = isOver || len(list) == 1 && list[0].says == over && list[0].from == 0 && list[0].to == len(value)
		case status == meaning.Problem || status == meaning.Warning:
			bySeverity = worse(bySeverity, status)
		}
	}
	return cmp.Or(byState, bySeverity), isOver && byState == meaning.Recovery
}

func (v view) fieldIsGood() bool { status, _ := v.field(); return status.IsGood() }

// maxValue bounds the value of a field that says how something stands, in bytes.
const maxValue = 60

// worse returns the worse of two statuses, of which one may be empty.
func worse(a, b meaning.Status) meaning.Status {
	for _, status := range meaning.Statuses() {
		if status == a || status == b {
			return status
		}
	}
	return ""
}

// fieldKinds are the keys of lines that say how something stands, and those that say how
// bad it would be: the latter is no good news.
var fieldKinds = wordlist.Phrases(map[sense]string{
	well: `status|state|trigger status|current state|current status|new state|state value|new state value|result|outcome|event|event type|notification type|alert status|alarm state|alarm|job status|
		backup status|health|condition|verdict|zustand|ergebnis|ereignis|statut|état|résultat|estado|resultado|evento|stato|risultato|esito|situação|
		resultaat|toestand|resultat|stan|wynik|статус|состояние|результат|状态|結果|ステータス|status code text|overall status|summary status`,
	worry: `severity|level|priority|alert level|trigger severity|schweregrad|priorität|stufe|ebene|gravité|niveau|priorité|gravedad|nivel|prioridad|gravità|livello|
		priorità|severidade|ernst|prioriteit|niveau de gravité`,
})

// maxNames is how many names of a kind are told.
const maxNames = 2

// named returns what the fields of the text say that the mail is about: a host, what of it is
// watched, and what the first other field says that could name something. Empty if there are no such
// fields.
func (v view) named() (host, check, other string) {
	var names [2][]string
	isNamed := false
	for _, line := range v.lines {
		path, value := fieldOf(line)
		key := keyOf(path)
		value = strings.Trim(strings.TrimSuffix(strings.TrimSpace(value), ","), "'\"")
		if value == "" || len(value) > maxValue || key == "code" || strings.IndexByte(value, '|') >= 0 || strings.Contains(value, "://") || redact.NamesSecret(path) {
			continue
		}
		kind := kindOfName(path, value)
		if kind > 0 {
			value = nameIn(value)
		}
		if kind > 0 && value != "" && len(names[kind-1]) < maxNames && !slices.Contains(names[kind-1], value) {
			names[kind-1] = append(names[kind-1], value)
		} else if names := namesOne(key, value); (other == "" || names && !isNamed) && couldName(key, value) {
			other, isNamed = value, names
		}
	}
	return strings.Join(names[0], "/"), strings.Join(names[1], "/"), other
}

// fieldOf returns the key of a field, behind those of the objects in which it is, and its value; none
// of a line that is no field.
func fieldOf(line string) (path, value string) {
	most := 40
	if isInner(line) {
		most = maxLine
	}
	end := strings.IndexAny(line[:min(len(line), most)], ":=|\t")
	if end <= 0 {
		return "", ""
	}
	return line[:end], line[end+1:]
}

// saysElse reports whether line, as a field of a document, says how something else is: what an inner
// object is about, or how it was before.
func (v view) saysElse(line string) bool {
	return isInner(line) || v.from.isDocument && (isPast(line) || v.isBesidesAlarm(line))
}

// isBesidesAlarm reports whether line is a field of an alarm that is not so, as "battery low: false", of
// which another one is: it is not the one that was alarming.
func (v view) isBesidesAlarm(line string) bool {
	key, isUnset := strings.CutSuffix(line, ": false")
	if !isUnset || !says(scan(v.subject), alert) || says(scan(key), alert) {
		return false
	}
	return slices.ContainsFunc(v.lines, func(line string) bool { return strings.HasSuffix(line, ": true") })
}

// isInner reports whether line is the field of an object inside another one: how something is, but
// not the whole.
func isInner(line string) bool {
	key, _, found := strings.Cut(line, ": ")
	return found && strings.Contains(key, content.Inside)
}

// keyOf returns text, or the last key of a path, as the key of a field, in lower case: jobStatus,
// job_status and Job-Status are "job status".
func keyOf(text string) string {
	if at := strings.LastIndex(text, content.Inside); at >= 0 {
		text = text[at+len(content.Inside):]
	}
	text = strings.Trim(text, " .*-_\"'[]#")
	if !strings.ContainsFunc(text[min(1, len(text)):], func(r rune) bool { return r == '_' || r == '-' || r >= 'A' && r <= 'Z' }) {
		return strings.ToLower(text)
	}
	var key strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c == '_' || c == '-':
			key.WriteByte(' ')
			continue
		case i > 0 && c >= 'A' && c <= 'Z' && text[i-1] >= 'a' && text[i-1] <= 'z':
			key.WriteByte(' ')
		}
		key.WriteByte(text[i])
	}
	return strings.ToLower(key.String())
}

// kindOfName returns what a field with a key names, see nameKinds: as "Instance" does, so does
// "Instance name", and "Instance ID" if that is no number of a run. The name of an inner object
// is that of what its key says.
func kindOfName(path, value string) int {
	key := keyOf(path)
	if at := strings.LastIndex(path, content.Inside); at >= 0 && (key == "name" || key == "id") {
		key = keyOf(path[:at]) + " " + key
	}
	if kind := nameKinds[key]; kind > 0 {
		return kind
	}
	if noun, isNamed := strings.CutSuffix(key, " name"); isNamed {
		return nameKinds[noun]
	}
	if noun, isNumbered := strings.CutSuffix(key, " id"); isNumbered && isOneName(value) {
		return nameKinds[noun]
	}
	return 0
}

// nameIn returns what of the value of a field that names something is a name, without how it stands: none
// of "down" and "93 %", nginx of "nginx failed".
func nameIn(value string) string {
	if isMoving(value) || isQuantity(value) {
		return ""
	}
	value = dayInName.ReplaceAllString(value, "")
	if list := scan(value); len(list) > 0 {
		if cuts := cutsOf(value, list, false); len(cuts) > 0 {
			return tidy(keep(value, cuts))
		}
	}
	return value
}

// namesOne reports whether a field with a key says that its value is a name: of others it may be how
// something is. An ID with many digits is that of a run.
func namesOne(key, value string) bool {
	digits := 0
	for _, r := range value {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits < 4 && (strings.HasSuffix(key, " id") || strings.HasSuffix(key, " name") || strings.HasSuffix(key, " identifier"))
}

// isQuantity reports whether value is a number with its unit: 4 GB, 3 file(s).
func isQuantity(value string) bool {
	number, unit, _ := strings.Cut(value, " ")
	return (isUnit(unit) || strings.HasSuffix(unit, "(s)")) && strings.Trim(number, "0123456789.,") == ""
}

// isOneName reports whether value is a name of two words at most, and nothing that changes from mail
// to mail.
func isOneName(value string) bool {
	return strings.Count(value, " ") < 2 && strings.IndexByte(value, '=') < 0 && !isMoving(value) && !isQuantity(value) && !hasDate(value) && !version.MatchString(value) && strings.ContainsFunc(value, unicode.IsLetter)
}

var version = regexp.MustCompile(`^v?\d+(?:\.\d+)+\b`)

// couldName reports whether a field with a key that is not known may name what a mail is about: one
// name, and nothing that changes from mail to mail.
func couldName(key, value string) bool {
	return isOneName(value) && words[strings.ToLower(value)] != denier && !truths[strings.ToLower(value)] && strings.Count(key, " ") < 2 && len(key) > 1 && fieldKinds[key] == silent && !besideTheThing[key] && len(scan(value)) == 0
}

// truths are no names.
var truths = wordlist.Set(`true yes on null none ja oui si sí sim`)

// besideTheThing are keys of what is told besides what a mail is about.
var besideTheThing = wordlist.Set(`date time datum uhrzeit heure fecha hora data started ended start end duration dauer durée duración durata from to subject message msg text description details detail
	reason cause grund ursache raison motif motivo error fehler erreur errore erro info note hint version size count total type typ tipo category action user author by method url link http https output result summary
	env environment region zone account tenant trigger msgtype
	id uuid language timezone priority owner contact`)

// nameKinds are the keys of lines that name a host, 1, and what of it is watched, 2.
var nameKinds = func() map[string]int {
	kinds := make(map[string]int)
	for i, names := range [...]string{
		`host hostname server node device machine computer client agent instance site location pool vm system rechner gerät standort serveur hôte servidor dispositivo equipo máquina`,
		`service check sensor monitor module component job task process volume interface project application app workflow pipeline repository database camera domain channel queue alertname
			name target item metric rule svc resource container pod deployment unit tunnel vpn certificate share array ups printer filesystem mountpoint partition
			dienst prüfung aufgabe projekt tâche capteur projet servicio tarea proyecto servizio serviço tarefa taak`,
	} {
		for name := range strings.FieldsSeq(names) {
			kinds[name] = i + 1
		}
	}
	kinds["virtual machine"], kinds["alarm name"], kinds["alert name"] = 1, 2, 2
	return kinds
}()
