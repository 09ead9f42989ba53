package family

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hut8labs/failmail/internal/telling"
	"github.com/hut8labs/failmail/internal/wordlist"
)

// How many values must have been seen in a gap before those of a kind are taken
// for the same error. 0 stands for values that never are.
const (
	needMasked = 2 // placeholders, words made of them, and nothing at all
	needData   = 3 // with a digit, a path, an address
	needName   = 4 // a word, behind a noun that names things or in quotes
	needCode   = 6 // in capitals, likewise
	needPlace  = 6 // a word behind one of locators
)

// kindOf returns how many values of the kind of word are needed.
func kindOf(word string) uint8 {
	if word == "localhost" || word == "/" {
		return needMasked // as an address, a path
	}
	if strings.Contains(word, " HTTP/") {
		return needData // the first line of a request
	}
	isPath := (word[0] == '/' || strings.Contains(word, "://")) && !isState(strings.ToLower(word[strings.LastIndexByte(word, '/')+1:]))
	if strings.IndexByte(word, '<') >= 0 {
		if rest := withoutPlaceholders(word); rest == "" || isPath {
			return needMasked
		} else if isCode(rest) || speaks(rest) || !strings.ContainsAny(word, "./@\\") && hasOpposite(rest) {
			return 0
		}
		return needMasked
	}
	switch {
	case isFile(word), isPath && len(word) > 1:
		return needData // whatever it is made of
	case isCode(word), speaks(word), links[strings.ToLower(word)], isNumber(word):
		return 0
	case isCapitals(word) && !strings.ContainsAny(word, `0123456789./@\$~`):
		return needCode
	case strings.ContainsAny(word, `0123456789_./@\$~`):
		return needData
	}
	return needName
}

// standsForName reports whether word is a placeholder for what may also be a word: "host <ip>", not
// "disk <num>".
func standsForName(word string) bool {
	switch word {
	case "<ip>", "<host>", "<user>", "<email>", "<value>":
		return true
	}
	return false
}

// isFile reports whether word is the name of a file or of a unit of systemd.
func isFile(word string) bool {
	at := strings.LastIndexByte(word, '.')
	return at > 0 && files[word[at+1:]]
}

var files = wordlist.Set(`service timer socket scope mount automount slice target swap sh bash py pl rb php js log txt csv conf cfg ini json xml
	yml yaml toml sql gz xz zip tar tgz bak db sqlite exe dll bat cmd ps1 jar war pdf html iso img vmdk qcow2 pid lock sock pem crt key`)

// withoutPlaceholders returns the letters of word that are its own.
func withoutPlaceholders(word string) string {
	var rest strings.Builder
	for word != "" {
		before, after, found := strings.Cut(word, "<")
		rest.WriteString(before)
		if !found {
			break
		}
		_, word, found = strings.Cut(after, ">")
		if !found {
			break
		}
	}
	return strings.Trim(rest.String(), "_-./:+%")
}

// isCode reports whether word names a kind of failure.
func isCode(word string) bool {
	word = strings.TrimRight(word, "_-")
	return telling.IsType(word) || isCapitals(word) && (strings.HasPrefix(word, "SIG") || word[0] == 'E' && len(word) > 3 && !strings.Contains(word, "_") || word == "ORA" || word == "SQLSTATE" || word == "TS" || word == "CVE")
}

// isNumber reports whether word is a number that the masks left: it says what went wrong.
func isNumber(word string) bool {
	vendor, _, _ := strings.Cut(word, "-")
	return strings.HasPrefix(word, "0x") || strings.Trim(word, "0123456789") == "" || telling.NumbersErrors(vendor)
}

// isCapitals reports whether word has letters, all of them upper case.
func isCapitals(word string) (upper bool) {
	for _, r := range word {
		if unicode.IsLower(r) {
			return false
		}
		upper = upper || unicode.IsUpper(r)
	}
	return upper
}

// speaks reports whether word says what happened, or a part of it does: it is never
// a value that varies.
func speaks(word string) bool {
	lower := strings.ToLower(word)
	return opposites[lower] || hasState(lower) || endsAsVerb(lower)
}

// endsAsVerb reports whether word, in lower case, ends as words that say what happened: a name may, too.
func endsAsVerb(lower string) bool {
	if strings.ContainsAny(lower, `_./\@$~0123456789`) {
		return false
	}
	for _, end := range [...]string{"ed", "ing", "able", "ible", "iert", "é", "ée", "ado", "ada", "ido", "ida"} {
		if len(lower) > len(end)+2 && strings.HasSuffix(lower, end) {
			return true
		}
	}
	return false
}

// hasState reports whether a part of word, in lower case, says how something is or what happened.
func hasState(word string) bool {
	if !strings.ContainsAny(word, `_-./\0123456789`) {
		return isState(word)
	}
	for part := range strings.FieldsFuncSeq(word, func(r rune) bool { return strings.ContainsRune(`_-./\0123456789`, r) }) {
		if isState(part) {
			return true
		}
	}
	return false
}

// hasOpposite reports whether a part of word means another event than its opposite. The role of a
// machine among others is a part of its name: shop-redis-master-<num>.
func hasOpposite(word string) bool {
	parts := strings.FieldsFunc(strings.ToLower(word), func(r rune) bool { return strings.ContainsRune(`_-./\`, r) })
	return slices.ContainsFunc(parts, func(part string) bool { return opposites[part] && (len(parts) <= 2 || !roles[part]) })
}

// roles are those of machines.
var roles = wordlist.Set(`master slave primary secondary leader follower standby`)

// instances are nouns whose names are surely no kinds of what went wrong: queue=orders, not
// component=psu.
var instances = wordlist.Set(`account customer tenant client host hostname server machine node database db schema table
	queue topic bucket namespace partition domain site service process comm`)

// isState reports whether word, in lower case, says how something is or what happened.
func isState(word string) bool { return states[word] || telling.Speaks(word) }

// isMethod reports whether word is the name of a method of something, as in volume.SetUp: what is
// done, and not a value.
func isMethod(word string) bool {
	at := strings.LastIndexByte(word, '.')
	return at > 0 && at+2 < len(word) && isUpper(word[at+1]) && hasHump(word[at+1:])
}

// hasHump reports whether a capital follows a small letter in word.
func hasHump(word string) bool {
	for i := 1; i < len(word); i++ {
		if isUpper(word[i]) && word[i-1] >= 'a' && word[i-1] <= 'z' {
			return true
		}
	}
	return false
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// nouns are what is called by a name.
var nouns = wordlist.Set(`account alias application app backup bean branch bucket build cache certificate channel cluster
	collection command component config connector consumer container controller customer daemon database dataset db
	dependency deployment device directory disk domain driver endpoint environment exchange extension feature field file filesystem
	folder function group guest handler host hostname image index instance interface job key kernel label layer library link list
	listener lock login machine mailbox metric module monitor mount namespace network node object organization package page
	parameter partition path peer pipeline plugin pod policy pool port principal printer process producer product program project property
	provider queue realm record region replica replication repo repository resource route router schema script secret sensor
	server service session set shard share site slot snapshot source storage store stream subject subscription
	switch system table tablespace tag target task template tenant thread topic user username variable
	chart release artifact vhost vault view vm vlan volume vserver website worker workflow workspace zone named called room building calendar header datastore jail stanza
	player person member owner author employee student agent caller recipient subscriber vendor merchant supplier contact team
	department office comm executable binary tunnel
	broker keyspace gateway engine unit station subnet lun nic pump valve tank outlet rack panel terminal token symbol currency
	invoice shipment parcel warehouse depot vehicle scanner reader segment series measurement subsystem
	locale tool upstream vpc operator crawler feed form recipe migration report frame replicaset zpool ssid
	auftrag benutzer datenbank gerät dienst datei ordner tabelle warteschlange postfach drucker rechner
	tâche utilisateur base fichier dossier serveur imprimante
	tarea usuario servicio archivo carpeta tabla cola servidor impresora utente cartella coda taak gebruiker bestand`)

// links are words that link others, and no names.
var links = wordlist.Set(`is are was were be been being has have had will would can could may might must do does did of to on in at from for by with and or but if
	as than that this these the a an it its ist sind war waren wurde wurden hat haben von zu auf im am der die das den dem des für mit und oder ein eine seit est sont était
	de du la le les un une au aux en et ou dans sur pour par se es son era el los las del y con por ha è sono di il lo gli per e o os no na da um uma het een van voor`)

// locators are in front of where something happened. Others, such as "in", "by" and "for", are in front
// of why, too.
var locators = wordlist.Set(`on from via auf aus sur op`)

// whys make of "to" and "of" what is in front of a reason.
var whys = wordlist.Set(`due because out loss lack owing`)

// severities are words in front of what happened that do not say it.
var severities = wordlist.Set(`error err warning warn alarm alert critical crit fatal severe info notice problem failure warnung fehler achtung störung erreur alerte avertissement errore avviso erro aviso alerta fout waarschuwing`)

// stateNouns are followed by what happened, not by names, as codes are, or by what of a program it
// happened to: another column, another mistake.
var stateNouns = wordlist.Set(`state reason result cause category class classification title summary comment comments note notes response detection diagnostic incident violation severity level type outcome verdict condition exception
	err fault problem why message msg detail details description decision kind signature attack threat symptom diagnosis finding op operation flag
	column constraint
	event action stage phase mode health role rule attribute trigger metric alarm step`)

// codeNouns are what programs are made of, and partsOfCode those of two words.
var (
	codeNouns   = wordlist.Set(`class function method module attribute property variable constant identifier trait symbol parameter argument option setting`)
	partsOfCode = map[string]bool{"import name": true, "array key": true}
)

// missingBefore and missingAfter are around the name of what is not there.
var (
	missingBefore = []string{"missing ", "missing required ", "required ", "undefined ", "undefined local ", "undeclared ", "uninitialized ", "unknown ", "unresolved ", "no ", "no such ", "cannot find ", "can't find ",
		"could not find ", "cannot ", "cannot resolve ", "could not resolve "}
	missingAfter = []string{" not found", " is not defined", " not defined", " is undefined", " does not exist", " doesn't exist", " has no ", " could not be found", " cannot be found",
		" is missing", " is not set", " is not present"}
)

// states are words that say how something is, wherever they stand.
var states = wordlist.Set(`up down ok on off true false yes no none null full empty ready unready alive dead good bad new old
	open shut active inactive online offline running pending waiting success pass normal degraded optimal clean dirty done
	ongoing green yellow red orange critical major minor info debug notice fatal acknowledgement acknowledge flapping downtime
	recovery problem unknown unavailable enabled disabled locked unlocked corrupt overloaded idle busy slow fast low high hot cold
	gesperrt entsperrt abgemeldet angemeldet unbekannt kaputt langsam leer veraltet defekt überhitzt verfügbar
	stale fresh late early missing present absent valid invalid safe unsafe healthy unhealthy stable unstable expired timeout`)

// opposites are words that mean another event than their opposite, on their own.
var opposites = wordlist.Set(`start stop begin end first last master slave primary secondary leader follower standby read write reads writes in out
	input output left right min max minimum maximum before after above below over under more less add remove create delete insert
	update select drop truncate alter enable disable connect disconnect lock unlock grant revoke allow deny accept reject login logout
	push pull upload download import export send receive get put post patch head set unset mount unmount attach detach open close
	startup shutdown sync async source destination client server local remote internal external public private cpu memory disk swap load
	hoch tief ein aus offen zu links rechts network power fan temperature voltage read-only permission space inode inodes commit rollback warn warning alarm`)
