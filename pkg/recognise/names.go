package recognise

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/wordlist"
)

// names are the words of an object that tell it from others, in lower case and in their order.
type names struct {
	words []string
	// ids are those with a digit or a path, or in quotes: names of their own.
	ids []string
	// directed says that they go from one to another.
	directed bool
	// measured says that the object says how much of something there is: what is too warm is not
	// well because it is up.
	measured bool
	// connected says that it is about that something can be reached: a pump that leaks still does
	// when its connection is restored.
	connected bool
}

// namesOf returns those of an object.
func namesOf(object string) (n names) {
	quote := byte(0)
	if strings.ContainsAny(object, "0123456789") {
		object = shares.ReplaceAllString(object, " ")
	}
	for _, field := range strings.FieldsFunc(object, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '|' }) {
		if quote == 0 && strings.IndexByte("\"'`[", field[0]) >= 0 {
			quote = field[0]
		}
		inQuotes := quote != 0
		if quote != 0 && (strings.IndexByte(field[1:], quote) >= 0 || quote == '[' && strings.IndexByte(field, ']') >= 0) {
			quote = 0
		}
		word := strings.Trim(field, "\"'`[](){}<>:.!?*#-=")
		if article, noun, found := strings.Cut(word, "'"); found && elided[strings.ToLower(article)] {
			word = noun // l'import
		}
		lower := strings.ToLower(word)
		n.measured, n.directed, n.connected = n.measured || degrees[lower], n.directed || directions[lower], n.connected || connections[lower]
		if lower == "" || degrees[lower] || isUnsaying(lower) {
			continue
		}
		if temperatures[lower] {
			lower, n.measured = "temperature", true
		}
		if backups[lower] {
			lower = "backup"
		}
		n.words = append(n.words, lower)
		if inQuotes || strings.ContainsAny(word, "0123456789/\\@_") || strings.IndexByte(word, '.') > 0 || isOwnName(lower) {
			n.ids = append(n.ids, lower)
		}
	}
	return n
}

// isOwnName reports whether a word of several has one that no other mail need have: Backup-Bericht has
// none.
func isOwnName(word string) bool {
	parts := strings.Split(word, "-")
	return len(parts) > 1 && slices.ContainsFunc(parts, func(part string) bool { return words[part] == silent && !general[part] && part != "" })
}

// areSure reports whether there are enough names for no other thing to have the same by chance.
func (n names) areSure() bool {
	return len(n.words) > 2 || len(n.words) == 2 && len(n.ids) > 0 || len(n.ids) == 1
}

// equal reports whether both are of the same thing: they have the same words, in whatever order, but
// for what may be from one to another.
func (n names) equal(other names) bool {
	if n.measured != other.measured || other.connected && !n.connected || len(n.words) != len(other.words) || (n.directed || other.directed) && !slices.Equal(n.ids, other.ids) {
		return false
	}
	a, b := slices.Clone(n.words), slices.Clone(other.words)
	slices.Sort(a)
	slices.Sort(b)
	return slices.EqualFunc(a, b, isInflected)
}

// beginAs reports whether the first words of n, but for those of what is measured, are those of other,
// of which there are several.
func (n names) beginAs(other names) bool {
	words := slices.DeleteFunc(slices.Clone(n.words), func(word string) bool { return quantities[word] && !slices.Contains(other.words, word) })
	return len(other.words) > 1 && (n.connected || !other.connected) && len(n.words) > len(other.words) && len(words) >= len(other.words) && slices.EqualFunc(words[:len(other.words)], other.words, isInflected)
}

// isInflected reports whether a and b are one word, or forms of it: import, importu.
func isInflected(a, b string) bool {
	if isCyrillic(a) && isCyrillic(b) {
		return isDeclined([]rune(a), []rune(b))
	}
	const stem = 6
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len(a) >= stem && strings.HasPrefix(b, a) && inflections[b[len(a):]]
}

// isDeclined reports whether a and b begin as long words do that differ in their cases only.
func isDeclined(a, b []rune) bool {
	const stem = 4
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	if n == len(a) && n == len(b) {
		return true
	}
	for ; n >= stem; n-- { // endings may begin alike
		if declensions[string(a[n:])] && declensions[string(b[n:])] {
			return true
		}
	}
	return false
}

// declensions are the endings of cases in Russian.
var declensions = func() map[string]bool {
	all := wordlist.Set(`а у ом е ы и ов ам ами ах я ю ем ей й ями ях ям ое ого ому ым ая ой ую ый ий ые ых ыми его ему им их ими`)
	all[""] = true
	return all
}()

func isCyrillic(word string) bool {
	return strings.Trim(word, "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў") == ""
}

// inflections are endings that do not tell one thing from another.
var inflections = wordlist.Set(`u ów owi em s es n en`)

// isUnsaying reports whether word, in lower case, tells no thing from others: it links words or
// introduces a mail.
func isUnsaying(word string) bool {
	if periods[word] {
		return false
	}
	switch words[word] {
	case silent, job, namesWhat:
		return general[word] || leading[word] || trailing[word] || fillers[word] || copulas[word] || notices[word] || connections[word] || again[word] || anew[word]
	}
	return !specifics[word] // how it stands
}

// specifics are words of what can be wrong that tell it from other things that can be, or a job from others.
var specifics = wordlist.Set(`full partial intrusion attack malware virus vulnerabilities corruption mismatch loss conflict conflicts violation violations
	shortage overload breakage deadlock`)

// shares match how many of several there are.
var shares = regexp.MustCompile(`\b\d+ (?:of|von|de|di|van|z|out of) \d+\b`)

// elided are articles and prepositions in front of a vowel.
var elided = wordlist.Set(`l d dell all dall nell sull un qu`)

// notices are words by which mails are introduced, or say in which state something is.
var notices = wordlist.Set(`hinweis note notice important importante wichtig ważne value let op powrót rientro retour inactive inaktiv all alle tous todos tutti wszystkie`)

// degrees are words for how much of something there is.
var degrees = wordlist.Set(`too very high low large small slow fast enough normal normale zu hoch niedrig te trop troppo demasiado muito`)

// temperatures are words for what a thermometer measures.
var temperatures = wordlist.Set(`hot warm cold cool heiß kalt temperature temp temperatur température temperatura temperatuur teplota температура`)

// restarts are words for what ended a problem of a machine or a service: a job that was started again
// need not have succeeded.
var restarts = wordlist.Set(`restarted rebooted neugestartet redémarré redémarrée reiniciado reiniciada riavviato riavviata reiniciou herstart`)

// backups are words for a backup.
var backups = wordlist.Set(`backups back-up sicherung datensicherung sauvegarde respaldo`)

// connections are words for that something can be reached, by whatever it is called.
var connections = wordlist.Set(`communication communications communicate connection connectivity reachability
	kommunikation kommuniziert verbindung erreichbarkeit liaison connexion communique
	comunicación comunica conexión comunicazione connessione comunicação conexão
	communicatie communiceert verbinding komunikacja komunikuje łączność połączenie spojení связь`)

// directions stand between where something goes from and where to.
var directions = wordlist.Set(`to into onto nach auf vers hacia verso para naar`)

// periods tell a job from others.
var periods = wordlist.Set(`daily weekly monthly`)
