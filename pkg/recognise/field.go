package recognise

import (
	"cmp"
	"strings"

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
	return found && fieldKinds[strings.ToLower(strings.TrimSpace(key))] == worry
}

// field returns what lines such as "Status: failed" say, the worst of them.
func (v view) field() meaning.Status {
	var byState, bySeverity meaning.Status
	for _, line := range v.lines {
		end := strings.IndexAny(line[:min(len(line), 40)], ":=\t")
		if end <= 0 {
			continue
		}
		key := strings.ToLower(strings.Trim(line[:end], " .*-_\"'[]#"))
		value := strings.Trim(line[end+1:], " :=\t")
		kind := fieldKinds[key]
		if kind == silent || value == "" || len(value) > maxValue {
			continue
		}
		list := scan(value)
		status, weak := verdict(list)
		if changed := transition(value, list); changed != "" {
			status, weak = changed, false
		}
		switch {
		case status == "" || weak && status != meaning.Problem:
		case kind == well && status.IsGood() && len(tokens(lowerOf(value))) > 2*len(list):
			// "ONLINE REPLACEBATT and more": it says something else besides
		case kind == well:
			byState = worse(byState, status)
		case status == meaning.Problem || status == meaning.Warning:
			bySeverity = worse(bySeverity, status)
		}
	}
	return cmp.Or(byState, bySeverity)
}

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
var fieldKinds = func() map[string]sense {
	kinds := make(map[string]sense)
	for kind, names := range map[sense]string{
		well: `status|state|trigger status|current state|current status|new state|result|outcome|event|event type|notification type|alert status|alarm state|alarm|job status|
			backup status|health|condition|verdict|zustand|ergebnis|ereignis|statut|état|résultat|estado|resultado|evento|stato|risultato|esito|situação|
			resultaat|toestand|resultat|stan|wynik|статус|состояние|результат|状态|結果|ステータス|status code text|overall status|summary status`,
		worry: `severity|level|priority|alert level|trigger severity|schweregrad|priorität|stufe|ebene|gravité|niveau|priorité|gravedad|nivel|prioridad|gravità|livello|
			priorità|severidade|ernst|prioriteit|niveau de gravité`,
	} {
		for name := range strings.SplitSeq(names, "|") {
			kinds[strings.Join(strings.Fields(name), " ")] = kind
		}
	}
	return kinds
}()

// named returns what the fields of the text say that the mail is about: a host and what of
// it is watched. Empty if there are no such fields.
func (v view) named() (host, check string) {
	var names [2]string
	for _, line := range v.lines {
		key, value, found := strings.Cut(line, ":")
		if !found || len(key) > 24 {
			continue
		}
		if value = strings.TrimSpace(value); value == "" || len(value) > maxValue {
			continue
		}
		switch kind := nameKinds[strings.ToLower(strings.Trim(key, " .*-_"))]; {
		case kind > 0 && names[kind-1] == "":
			names[kind-1] = value
		}
	}
	return names[0], names[1]
}

// nameKinds are the keys of lines that name a host, 1, and what of it is watched, 2.
var nameKinds = func() map[string]int {
	kinds := make(map[string]int)
	for i, names := range [...]string{
		`host hostname server node device machine computer client agent instance rechner gerät serveur hôte servidor dispositivo equipo máquina`,
		`service check sensor monitor module component job task process volume interface dienst prüfung aufgabe tâche capteur servicio tarea servizio serviço tarefa dienst taak`,
	} {
		for name := range strings.FieldsSeq(names) {
			kinds[name] = i + 1
		}
	}
	for _, of := range [...]string{"host name", "server name", "device name", "computer name", "client name"} {
		kinds[of] = 1
	}
	for _, of := range [...]string{"service name", "check name", "job name", "task name", "monitor name", "alarm name", "alert name"} {
		kinds[of] = 2
	}
	return kinds
}()
