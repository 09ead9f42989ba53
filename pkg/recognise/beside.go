package recognise

import (
	"strings"

	"github.com/hut8labs/failmail/internal/telling"
	"github.com/hut8labs/failmail/internal/wordlist"
)

// beside returns what the text says that a mail is about, beside object, which its subject does:
// nothing where the subject names a thing of its own and how it stands.
func (v view) beside(object string, list []said, d decision) [2]string {
	ids := namesOf(withoutTag(object)).ids
	status, _ := verdict(list)
	host, check, other := v.named()
	switch {
	case len(ids) == 0: // mails about many things have this subject
		if host == "" && check == "" {
			check = other
		}
		if host == "" && check == "" && status == "" {
			check = v.thingOf(d.line)
		}
		if host == "" && check == "" {
			host = v.place()
			if d.tagged && strings.IndexByte(object, ' ') > 0 && !isDevice(host) {
				host = "" // VPN DOWN: lisbon
			}
		}
		return [...]string{host, check}
	case status != "":
		return [2]string{}
	case len(ids) == 1 && ids[0] == strings.ToLower(v.from.machine) && check == "":
		check = v.thingOf(d.line) // it is one of several of the machine
	}
	return [...]string{"", check}
}

// thingOf returns what a line is about, under a subject that names nothing: what stands in front of its
// first colon that names something. Behind it stands why: "Backup of srv4 failed: disk full".
func (v view) thingOf(line string) string {
	for rest := withoutLogger(line); rest != ""; {
		var part string
		part, rest, _ = strings.Cut(rest, ": ")
		if lower := strings.ToLower(part); besideTheThing[lower] || isLevel(lower) {
			continue // INFO: backup of /srv succeeded; msg: ...
		}
		if front, _, inBrackets := strings.Cut(part, " ("); inBrackets && strings.IndexByte(front, ' ') > 0 {
			part = front // container shop-web (OOMKilled=true)
		}
		thing := tidy(keep(part, cutsOf(part, scan(part), false)))
		if ids := namesOf(thing).ids; len(ids) == 1 && ids[0] == strings.ToLower(v.from.machine) && rest != "" {
			continue // Checks on docker1: http failed
		}
		if thing != "" {
			return thing
		}
	}
	return ""
}

// withoutTag is object without a name in brackets in front, which is that of the sender.
func withoutTag(object string) string {
	tag, rest, found := strings.Cut(object, "] ")
	if !found || tag == "" || tag[0] != '[' || strings.ContainsAny(tag, "0123456789.") {
		return object
	}
	return rest
}

// statement returns of a line what says how something stands, without why it does so: what stands in
// front of the first colon behind it, and of a logger nothing.
func statement(line string) string {
	line = withoutLogger(line)
	if at := strings.Index(line, ": "); at > 0 && len(scan(line[:at])) > 0 && !cutsAll(line[:at], cutsOf(line[:at], scan(line[:at]), false)) {
		line = line[:at]
	}
	if front, details, found := strings.Cut(line, " ("); found && strings.IndexByte(details, '=') > 0 {
		return front // (read=7, written=7)
	}
	return line
}

// withoutLogger returns line without what a logger writes in front of its message: a level, a thread
// in brackets, the name of a class, and then a dash.
func withoutLogger(line string) string {
	front, message, found := strings.Cut(line, " - ")
	if !found || len(front) > maxTag {
		return line
	}
	isLogger := false
	for field := range strings.FieldsSeq(front) {
		isName := strings.Count(field, ".") > 0 && field[len(field)-1] != '.' && strings.Trim(field, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._$") == ""
		isThread := field[0] == '[' && field[len(field)-1] == ']'
		isShouted := field == strings.ToUpper(field) && isLevel(strings.ToLower(field))
		if !isName && !isThread && !isShouted {
			return line
		}
		isLogger = isLogger || isShouted
	}
	if !isLogger {
		return line
	}
	return message
}

func isLevel(lower string) bool {
	is, _ := telling.Level(lower)
	return is
}

// maxBrief is how many lines a text has at most in which what stands there is what the mail is about.
const maxBrief = 5

// place returns the machine or the device that a brief text is about; empty if it names none. Where
// something came from is not what a mail is about.
func (v view) place() string {
	if len(v.lines) > maxBrief {
		return ""
	}
	for _, line := range v.lines {
		previous := ""
		for field := range strings.FieldsSeq(line) {
			word := strings.Trim(field, "\"'`[](){}<>,;:.!?")
			if (isAddress(word) || isDevice(word) || isMachine(word)) && !origins[previous] {
				return word
			}
			previous = strings.ToLower(word)
		}
	}
	return ""
}

// isDevice reports whether word is the path of a device.
func isDevice(word string) bool { return strings.HasPrefix(word, "/dev/") && len(word) > len("/dev/") }

// isMachine reports whether word is the full name of a machine, after a user or not.
func isMachine(word string) bool {
	name := word[strings.IndexByte(word, '@')+1:]
	isLocal := ofLocal[name[strings.LastIndexByte(name, '.')+1:]]
	return (strings.Count(name, ".") > 1 || isLocal && strings.IndexByte(name, '.') > 0) && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" && strings.ContainsFunc(name, func(r rune) bool { return r >= 'a' })
}

// ofLocal are the ends of names of machines of a local network.
var ofLocal = wordlist.Set(`local lan home internal localdomain intranet corp`)

// origins come in front of where something comes from.
var origins = wordlist.Set(`from by client peer rhost von durch de desde da par van`)

func isAddress(word string) bool {
	return strings.Count(word, ".") == 3 && strings.Trim(word, "0123456789.") == ""
}
