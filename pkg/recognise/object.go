package recognise

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hut8labs/failmail/internal/wordlist"
)

// maxObject bounds an object, in bytes.
const maxObject = 200

// object returns what v is about: its subject without what says how that stands, and
// without what changes from mail to mail, so that it is the same in a problem and in the
// mail that says it is over. If only the text says how it stands, the line that does is
// a part of it. Empty if nothing is left that names anything.
func (v view) object(list []said, d decision) string {
	subject := v.subject
	cuts := cutsOf(subject, list, d.tagged)
	// "[Shop] [Down] Request failed": a name, how it stands, and then why.
	for _, c := range cuts {
		front := strings.TrimSpace(subject[:c.from])
		if subject[c.from] == '[' && !strings.ContainsAny(subject[c.from:c.to], "0123456789") && strings.HasSuffix(front, "]") && len(tokens(lowerOf(front))) > 0 && !cutsAll(front, cuts) {
			subject = front
			break
		}
	}
	object := asFirst(tidy(keep(subject, cuts)), subject)
	if isBare := object == ""; isBare || d.line != "" && len(namesOf(object).ids) == 0 && isCarrier(list, subject) {
		host, check, other := v.named()
		if host == "" && check == "" {
			check = other
		}
		if isBare && d.line == "" {
			_, d.line = v.fails() // the subject only says that something is wrong
		}
		if check == "" && d.line != "" {
			line := statement(d.line)
			check = tidy(keep(line, cutsOf(line, scan(line), false)))
			if fieldKinds[keyOf(check)] != silent {
				check = "" // Level: Error
			}
			if strings.Contains(strings.ToLower(subject), strings.ToLower(host)) {
				host = "" // the subject says it
			}
		}
		object = strings.Trim(object+"/"+strings.Trim(host+"/"+check, "/"), "/")
	} else {
		for _, name := range v.beside(object, list, d) {
			if name != "" && !strings.Contains(object, name) {
				object += "/" + strings.TrimPrefix(name, "/")
			}
		}
	}
	if len(object) > maxObject {
		object = strings.ToValidUTF8(object[:maxObject], "")
	}
	return object
}

// asFirst returns object as it is where it begins a sentence, as subject does: "Error in job
// 7" and "Job 7 finished" are about one job.
func asFirst(object, subject string) string {
	first, _, _ := strings.Cut(object, " ")
	if subject == "" || subject[0] < 'A' || subject[0] > 'Z' && subject[0] < 0xc3 || words[first] != job && !things[first] {
		return object
	}
	if at := strings.Index(subject, first); at < 0 || strings.ContainsAny(subject[:at], ":|]-") {
		return object // a tag begins the subject, and no sentence
	}
	return strings.ToUpper(first[:1]) + object[1:]
}

// things are nouns of what is most often watched, beside the jobs.
var things = wordlist.Set(`load usage memory traffic latency temperature connection service process disk volume host server link database replication certificate deploy deployment pipeline queue
	connexion serveur conexión servidor servicio connessione servizio conexão serviço verbinding dienst`)

// isCarrier reports whether a subject is that of mails about anything: an alert, a
// notification, an event.
func isCarrier(list []said, subject string) bool {
	if says(list, alert) {
		return true
	}
	for _, t := range tokens(lowerOf(subject)) {
		if carriers[t.word] {
			return true
		}
	}
	return false
}

// keep returns the words of line outside of cuts that name something and do not change
// from mail to mail.
func keep(line string, cuts []span) string {
	var kept []string
	moving := false  // the last word was a value
	counted := false // which was a whole number
	month := false   // which was the name of a month
	number := false  // the last word kept is a small number
	ordinal := false // which follows a noun
	joined := false  // the last word was kept
	for from := 0; from < len(line); {
		to := from
		for to < len(line) && line[to] != ' ' {
			to++
		}
		begin, word := from, within(line, span{from, to}, cuts)
		from = to + 1
		follows := joined
		joined = false
		if number && (isCounted(word) || word == "" && !ordinal) {
			kept = kept[:len(kept)-1] // 1 failed, 2 objects; not camera 7
			number, follows = false, false
			if isCounted(word) {
				if moving = isUnit(word); moving {
					kept = withoutTime(kept) // after 4 minutes
				}
				continue
			}
		}
		if number && word == "%" {
			kept, number, moving = withoutTime(kept[:len(kept)-1]), false, true
			continue // 82 %
		}
		word = steady(word)
		if follows && isNumberOf(kept[len(kept)-1], word) {
			kept, joined, moving, number = append(kept, word), true, false, false
			continue // VM 101
		}
		if moving && word == "of" && strings.HasPrefix(line[min(from, len(line)):], "downtime") {
			from += len("downtime") // after 4 minutes of downtime
			continue
		}
		isDay := month && isSmall(strings.Trim(word, ",.()"))
		month = months[strings.ToLower(strings.Trim(word, ",.()"))]
		if moved := isMoving(word) || isDay; word == "" || isFiller(word) || moved || moving && isUnit(word) {
			if moved {
				kept = withoutTime(kept) // after 312 s, since 02:14
			}
			moving, counted = moved, moved && strings.Trim(word, "0123456789") == ""
			continue
		}
		if moving && counted && isCounted(word) {
			counted = false
			continue // 4120 messages
		}
		if before := kept[max(len(kept)-2, 0):]; number && isUnit(word) && (len(word) > 1 || times[strings.ToLower(before[0])] && strings.Contains("hmsd", word) || to == len(line) && strings.HasSuffix(before[0], ":")) {
			kept, number, moving = withoutTime(kept[:len(kept)-1]), false, true
			continue // 38 °C, room 2: 24 C
		}
		moving = false
		if isSmall(word) && isReading(line, begin, cuts) {
			moving, counted = true, true
			continue // too high: 43
		}
		if number = isSmall(word); number {
			ordinal = follows && strings.Trim(kept[len(kept)-1], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZäöüÄÖÜß") == ""
		}
		kept, joined = append(kept, word), true
	}
	return strings.Join(kept, " ")
}

// isReading reports whether what stands at a place is the value of how something is: "too high: 43".
func isReading(line string, at int, cuts []span) bool {
	front, isValue := strings.CutSuffix(strings.TrimRight(line[:at], " "), ":")
	return isValue && slices.ContainsFunc(cuts, func(c span) bool { return c.from < len(front) && len(front) <= c.to })
}

// isNumberOf reports whether word is the number by which the noun in front of it is known: VM 101,
// pump #3, port 1/0/24.
func isNumberOf(noun, word string) bool {
	word = strings.Trim(word, "#,;:.()")
	if strings.EqualFold(noun, "port") && len(word) > 4 && strings.IndexByte(word, '/') < 0 {
		return false // of a client, another one each time
	}
	return numberings[strings.ToLower(noun)] == named && word != "" && len(word) < 10 && strings.Trim(word, "0123456789/") == "" && word[0] != '/'
}

// fillers link a thing with how it stands, or say that this is a mail about it.
var fillers = wordlist.Set(`valid gültig valable válido valido re: aw: fwd: fw: wg: tr: is are was were be been being has have had now again ponownie znów znowu снова nuovamente novamente nuevamente opět znovu igen åter opnieuw erneut still became becomes become with
		the a an and but since at changed change seems seem appears least went came comes goes got gets vuelve volvió voltou jest är
		probably detected occurred gedetecteerd erkannt festgestellt détecté détectée detectado detectada rilevato rilevata
		ist sind war wurde wurden hat wieder weer jetzt est sont été était étaient estaba estaban stava estava fue ha se sido è stato stata está esta están
		status state
		-- - – — > * ** *** | : !`)

func isFiller(word string) bool {
	if len(word) == 1 && word[0] >= 'A' && word[0] <= 'Z' {
		return false // rack A; an article in front of all is no part of an object
	}
	return fillers[strings.ToLower(strings.TrimRight(word, ",;"))] || !strings.ContainsFunc(word, isNaming)
}

// isNaming reports whether r may be a part of a name: no sign, no symbol.
func isNaming(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '/' || r == '【'
}

// tidy leaves out what the cuts left open, and says nothing where only a word is left
// that any mail could have.
func tidy(object string) string {
	object = strings.Join(strings.Fields(object), " ")
	object = strings.Trim(object, " ,:;!*|-—–>=#")
	if strings.Count(object, "[")+strings.Count(object, "(") == 0 {
		object = strings.Trim(object, "])")
	}
	for {
		first, rest, more := strings.Cut(object, " ")
		if !more || !leading[strings.ToLower(first)] {
			break
		}
		object = rest // an article, or what linked it with a word that is cut
	}
	for {
		at := strings.LastIndexByte(object, ' ')
		if at < 0 || !trailing[strings.ToLower(object[at+1:])] {
			break
		}
		object = strings.TrimRight(object[:at], " ,:;-")
	}
	if !strings.ContainsFunc(object, unicode.IsLetter) && strings.Count(object, ".") < 3 {
		return "" // a number, of which nothing says what it is of
	}
	for rest := object; rest != ""; {
		var word string
		word, rest, _ = strings.Cut(rest, " ")
		if isName(word) {
			return object
		}
	}
	return ""
}

// isName reports whether word, of letters and digits among others, could name a thing.
func isName(word string) bool {
	lower := strings.ToLower(word)
	if general[lower] {
		return false
	}
	joint := func(r rune) bool { return r < 0x80 && !isWordByte(byte(r)) }
	if at := strings.IndexFunc(lower, joint); at < 0 {
		return lower != ""
	}
	for word := range strings.FieldsFuncSeq(lower, joint) {
		if !general[word] {
			return true
		}
	}
	return false
}

var carriers = wordlist.Set(`notification notifications message event events benachrichtigung meldung ereignis événement notificación evento notifica notificação melding`)

// leading words begin no object.
var leading = wordlist.Set(`bij in on of for to from by with the a an en la el los las le les de des du der die das dem den im bei beim auf von für il lo gli di da su per o os as no na em do het een van op voor and und et y e com con avec mit met un une uno una`)

// trailing words end no object.
var trailing = wordlist.Set(`down to from of with for at by than as zu von mit con com avec met`)

// general are words that name no thing.
var general = wordlist.Set(`true false null component notification notifications message report mail email status state event events alert alerts alarm alarms system service server host monitor monitoring
		run daily weekly monthly of on in for to from your by result results update updates check
		meldung bericht benachrichtigung für von auf im rapport pour sur informe para en su trabajo segnalazione rapporto per relatório em`)
