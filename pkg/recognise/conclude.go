package recognise

import (
	"slices"
	"strings"
)

// concludes reports whether line, at the end of a long text, says that it failed, as programs do:
// "rsync error: ...", "ERROR: ...", "Backup failed", "exited with code 2". What companies write
// below all mails speaks of errors, too, and so do counts and settings.
func concludes(line string) bool {
	if strings.ContainsAny(line, "@?") || strings.Contains(line, "://") {
		return false
	}
	list, words := scan(line), tokens(lowerOf(line))
	at := slices.IndexFunc(list, func(w said) bool { return w.says == bad || w.says == fault })
	if at < 0 {
		return false
	}
	first, last := list[at], list[len(list)-1]
	front, rest := strings.TrimSpace(line[:first.from]), strings.TrimSpace(line[first.to:])
	if value, isKey := strings.CutPrefix(rest, ":"); isKey && strings.Count(front, " ") < 2 && !strings.Contains(front, ":") {
		value = strings.TrimSpace(value)
		return !leading[strings.ToLower(front)] && strings.Contains(value, " ") && strings.IndexByte("0[-({", value[0]) < 0
	}
	program, _, found := strings.Cut(line, ": ")
	switch {
	case found && program == strings.ToLower(program) && !strings.Contains(program, " ") && words[0].to <= first.from:
		return true // tar: Exiting with failure status
	case len(words) > 8:
		return false
	case exitWords[words[len(words)-1].word], slices.ContainsFunc(words, func(t token) bool {
		return exitWords[t.word] && t.from < last.to && (strings.HasPrefix(t.word, "exit") || t.word == "code")
	}):
		return true
	}
	return last.says == bad && (len(words) > 1 || alone[words[0].word] || line == strings.ToUpper(line)) && last.to == len(strings.TrimRight(line, " .!")) && !strings.EqualFold(line[last.from:last.to], "full")
}
