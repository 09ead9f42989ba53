package recognise

import (
	"slices"
	"strings"
	"unicode"
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
		if subject[c.from] == '[' && strings.HasSuffix(front, "]") && len(tokens(lowerOf(front))) > 0 && !cutsAll(front, cuts) {
			subject = front
			break
		}
	}
	object := tidy(keep(subject, cuts))
	host, check := "", ""
	if object == "" {
		host, check = v.named()
		object = strings.Trim(host+"/"+check, "/")
	}
	if check == "" && d.line != "" && (object == host || isCarrier(list, subject)) {
		ofLine := tidy(keep(d.line, cutsOf(d.line, scan(d.line), false)))
		object = strings.Trim(object+"/"+ofLine, "/")
	}
	if len(object) > maxObject {
		object = strings.ToValidUTF8(object[:maxObject], "")
	}
	return object
}

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

// cutsOf returns the places of line that say how something stands; only its tags where
// they do.
func cutsOf(line string, list []said, tagsOnly bool) (cuts []span) {
	tag := 0 // where the first tag ends: what stands in front of it is a part of it
	for _, w := range list {
		if tagsOnly && tag == 0 && (isPart(line, w) || inBrackets(line, w.from, w.to)) && len(tokens(lowerOf(line[:w.from]))) <= 2 {
			tag = w.to
		}
	}
	lead := leadIn(line, list)
	for _, t := range tokens(lowerOf(line[:lead])) {
		if criticals[t.word] {
			cuts = append(cuts, span{t.from, t.to}) // DOWN ALERT: web1
		}
	}
	for _, w := range list {
		switch w.says {
		case job:
			continue
		case remark:
			if w.to > lead && !inBrackets(line, w.from, w.to) {
				continue
			}
		}
		if isAttribute(line, w, list) {
			continue
		}
		counted := w.from > 1 && line[w.from-1] == ' ' && line[w.from-2] >= '0' && line[w.from-2] <= '9'
		if tagsOnly && w.to > tag && !counted && !w.caps && !inBrackets(line, w.from, w.to) && w.to > lead && !isPart(line, w) && !isPredicate(line, w, list) {
			continue
		}
		cut := withValue(line, tagAround(line, span{w.from, w.to}))
		if n := len(cuts); n > 0 && cuts[n-1].to < cut.from && joins[strings.ToLower(strings.TrimSpace(line[cuts[n-1].to:cut.from]))] {
			cut.from = cuts[n-1].to // back to passed
		}
		cuts = append(cuts, cut)
	}
	return cuts
}

// joins stand between two words that say how something stands.
var joins = setOf(`to and but of zu und à et y e en naar auf a`)

// isAttribute reports whether w is a part of the name of what is measured, such as the
// "high" of a high load, rather than how it is.
func isAttribute(line string, w said, list []said) bool {
	if w.says != worry || w.caps || !attributes[strings.ToLower(line[w.from:w.to])] {
		return false
	}
	rest := line[w.to:]
	if len(rest) < 2 || rest[0] != ' ' || !isWordByte(lowerOf(rest[1:2])[0]) || rest[1] >= '0' && rest[1] <= '9' {
		return false
	}
	next, _, _ := strings.Cut(rest[1:], " ")
	next = strings.ToLower(next)
	at := w.to + 1
	return (next == "of" || !fillers[next] && !leading[next]) && !slices.ContainsFunc(list, func(o said) bool { return o.from == at && o.says != job })
}

var attributes = setOf(`high low slow unusual suspicious unexpected threshold`)

// isPredicate reports whether w says of what stands in front of it how that is: "returned
// to normal", or a word at the end of its sentence. Whoever tags the mail that says that it
// is over need not have tagged the one that said that it was wrong.
func isPredicate(line string, w said, list []said) bool {
	switch w.says {
	case bad, over, well, done:
		rest := line[w.to:]
		if slices.ContainsFunc(list, func(o said) bool { return o.from == w.to+1 && o.says != job }) {
			return true // ended OK
		}
		return rest == "" || strings.IndexByte(".,;:!", rest[0]) >= 0 || strings.IndexByte(line[w.from:w.to], ' ') >= 0
	}
	return false
}

// leadIn returns the length of the words in front of a colon if they only say what kind of
// mail it is: "Device Error: ", "Notice #412: ". 0 if they say more.
func leadIn(line string, list []said) int {
	end := strings.Index(line, ": ")
	if end <= 0 || end > maxTag {
		return 0
	}
	all := tokens(lowerOf(line[:end]))
	if len(all) > 4 {
		return 0
	}
	for _, t := range all {
		isSaid := slices.ContainsFunc(list, func(w said) bool { return w.from <= t.from && t.to <= w.to && w.says != job })
		if !isSaid && !general[t.word] && !kinds[t.word] && !criticals[t.word] && (t.from == 0 || line[t.from-1] != '#') {
			return 0
		}
	}
	return end
}

// kinds are words for what a mail is about that name none of them.
var kinds = setOf(`device node component`)

// withValue widens what says how something stands to the value that is measured and its
// limit: "above threshold of 90 with 93.4".
func withValue(line string, s span) span {
	isLimit := measures[strings.ToLower(line[s.from:s.to])]
	if isLimit {
		s.from = beforeLimit(line, s.from)
	}
	rest := line[s.to:]
	if !strings.ContainsAny(rest, "0123456789") {
		return s
	}
	hasLimit, hasNumber, to := isLimit, false, s.to
	for _, t := range tokens(lowerOf(rest)) {
		isNumber := strings.Trim(t.word, "0123456789.,") == ""
		switch {
		case measures[t.word]:
			hasLimit = true
		case isNumber:
			hasNumber, to = true, s.to+t.to
		case !valueLinks[t.word] && !(hasNumber && units[t.word]):
			if hasLimit && hasNumber {
				s.to = to
			}
			return s
		}
	}
	if hasLimit && hasNumber {
		s.to = to
	}
	return s
}

// beforeLimit returns where in line the words begin that say of which limit a word at from
// speaks: "above upper critical threshold".
func beforeLimit(line string, from int) int {
	for {
		front := strings.TrimRight(line[:from], " ")
		at := strings.LastIndexByte(front, ' ') + 1
		if word := strings.ToLower(front[at:]); at == 0 || !limits[word] && !measures[word] && !criticals[word] {
			return from
		}
		from = at
	}
}

var limits = setOf(`upper lower high low warning alarm alert max min maximum minimum the its configured`)

var (
	measures   = setOf(`threshold limit value above below over under schwellwert grenzwert seuil umbral soglia limiar drempel`)
	valueLinks = setOf(`of with current at is than the a now was normal von mit de con di com van`)
)

// cutsAll reports whether nothing of text, with which a line begins, is left.
func cutsAll(text string, cuts []span) bool {
	return tidy(keep(text, cuts)) == ""
}

// keep returns the words of line outside of cuts that name something and do not change
// from mail to mail.
func keep(line string, cuts []span) string {
	var kept []string
	moving := false  // the last word was a value
	number := false  // the last word kept is a small number
	ordinal := false // which follows a noun
	for from := 0; from < len(line); {
		to := from
		for to < len(line) && line[to] != ' ' {
			to++
		}
		word := within(line, span{from, to}, cuts)
		from = to + 1
		if number && (isCounted(word) || word == "" && !ordinal) {
			kept = kept[:len(kept)-1] // 1 failed, 2 objects; not camera 7
			number = false
			if isCounted(word) {
				if moving = isUnit(word); moving {
					kept = withoutTime(kept) // after 4 minutes
				}
				continue
			}
		}
		word = steady(word)
		if moving && word == "of" && strings.HasPrefix(line[min(from, len(line)):], "downtime") {
			from += len("downtime") // after 4 minutes of downtime
			continue
		}
		if moved := isMoving(word); word == "" || isFiller(word) || moved || moving && isUnit(word) {
			if moved {
				kept = withoutTime(kept) // after 312 s, since 02:14
			}
			moving = moved
			continue
		}
		moving = false
		if number = isSmall(word); number {
			ordinal = len(kept) > 0 && strings.Trim(kept[len(kept)-1], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZäöüÄÖÜß") == ""
		}
		kept = append(kept, word)
	}
	return strings.Join(kept, " ")
}

// times come in front of how long something took, or since when it is so.
var times = setOf(`after since within until seit nach innerhalb depuis après desde dopo sinds`)

// withoutTime returns words without one at their end that a time or duration follows.
func withoutTime(words []string) []string {
	if n := len(words); n > 1 && times[strings.ToLower(words[n-1])] {
		return words[:n-1]
	}
	return words
}

// steady returns word without the numbers in it that change from mail to mail: those of
// builds and runs in a path, such as shop/412/unit, and ids, such as JobID=412.
func steady(word string) string {
	if strings.IndexAny(word, "0123456789") < 0 {
		return word
	}
	if key, value, found := strings.Cut(word, "="); found && strings.ContainsAny(value, "0123456789") && strings.HasSuffix(strings.ToLower(key), "id") {
		return ""
	}
	if at := strings.LastIndexByte(word, '#'); at > 0 && strings.Trim(word[at+1:], "0123456789") == "" && (len(word)-at > 3 || strings.IndexByte(word, '/') >= 0) {
		word = word[:at]
	}
	if strings.IndexByte(word, '/') < 0 {
		return word
	}
	parts := strings.Split(word, "/")
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool {
		return len(part) >= 3 && strings.Trim(part, "0123456789") == ""
	}), "/")
}

// isSmall reports whether word is a number that may count something.
func isSmall(word string) bool {
	word = strings.Trim(word, "([{")
	return word != "" && len(word) <= 2 && strings.Trim(word, "0123456789") == ""
}

// isCounted reports whether word is what a number in front of it counts: a plural.
func isCounted(word string) bool {
	word = strings.ToLower(strings.Trim(word, "()[]{}.,:;"))
	return word == "percent" || len(word) > 3 && strings.HasSuffix(word, "s") && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == ""
}

type span struct{ from, to int }

// tagAround widens a word to the brackets in which it stands with little else.
func tagAround(subject string, s span) span {
	if !inBrackets(subject, s.from, s.to) {
		return s
	}
	open := strings.LastIndexAny(subject[:s.from], "[(")
	return span{open, s.to + strings.IndexAny(subject[s.to:], "])") + 1}
}

// within returns what of word is outside of cuts.
func within(subject string, word span, cuts []span) string {
	for _, c := range cuts {
		if c.from < word.to && word.from < c.to {
			front, back := "", ""
			if c.from > word.from {
				front = subject[word.from:c.from]
			}
			if c.to < word.to {
				back = subject[c.to:word.to]
			}
			if strings.Trim(front+back, ".,:;!?*()[]<>\"'|-—–=") == "" {
				return ""
			}
			return front + back
		}
	}
	return subject[word.from:word.to]
}

// isMoving reports whether word is a value that changes from mail to mail: a time, an
// amount, the number of a build. The number of a thing is not: disk 3, CAM 07.
func isMoving(word string) bool {
	word = strings.Trim(word, ".,:;!?*()[]<>\"'|")
	if word == "" {
		return false
	}
	if dates[strings.ToLower(word)] {
		return true
	}
	digits, letters, others := 0, 0, 0
	for _, r := range word {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		default:
			others++
		}
	}
	switch {
	case digits == 0:
		return false
	case word[0] == '#':
		return true
	case strings.HasSuffix(word, "%"):
		return true
	case letters == 0 && strings.Count(word, ".") == 3 && others == 3:
		return false // an address
	case letters == 0 && others == 0:
		return digits >= 3
	case letters == 0:
		return true // 02:14:05, 2026-11-03, 1.87
	case letters+digits == len(word) && len(word) >= 7 && isHex(word) && letters > 0:
		return true // a commit
	}
	return isStamp(word)
}

// dates are the words of dates as programs write them.
var dates = setOf(`mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday
	jan feb mar apr jun jul aug sep oct nov dec january february march april june july august september october november december
	utc gmt cet cest est edt am pm`)

// isStamp reports whether word is a time with letters: 2026-11-03T02:14:05Z, 312ms.
func isStamp(word string) bool {
	if len(word) >= 11 && word[4] == '-' && word[7] == '-' {
		return true
	}
	end := strings.LastIndexAny(word, "0123456789.,") + 1
	for i := range end {
		if c := word[i]; (c < '0' || c > '9') && c != '.' && c != ',' {
			return false
		}
	}
	return isUnit(word[end:])
}

func isUnit(word string) bool { return units[strings.ToLower(strings.Trim(word, ".,:;)]"))] }

var units = setOf(`ms s sec secs second seconds min mins minute minutes m h hour hours d day days kb mb gb tb kib mib gib k g t b bytes °c c percent`)

func isHex(word string) bool {
	for _, c := range word {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

// fillers link a thing with how it stands, or say that this is a mail about it.
var fillers = setOf(`re: aw: fwd: fw: wg: tr: is are was were be been being has have had now again still became becomes become with
		the a an and but since at changed change seems seem appears went came comes goes got gets vuelve volvió voltou jest är
		probably detected occurred gedetecteerd erkannt festgestellt détecté détectée detectado detectada rilevato rilevata
		ist sind war wurde wurden hat wieder jetzt est sont été fue ha se sido è stato stata está esta están
		status state
		-- - – — > * ** *** | : !`)

func isFiller(word string) bool {
	return fillers[strings.ToLower(word)] || strings.Trim(word, ".,:;!?*()[]<>\"'|-—–=#✅🔴🟢⚠️❌") == ""
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
	for _, t := range tokens(lowerOf(object)) {
		if !general[t.word] {
			return object
		}
	}
	return ""
}

var carriers = setOf(`notification notifications message event events benachrichtigung meldung ereignis événement notificación evento notifica notificação melding`)

// leading words begin no object.
var leading = setOf(`in on of for to from by with the a an en la el los las le les de des du der die das dem den im bei beim auf von für il lo gli di da su per o os as no na em do het een van op voor and und et y e com con avec mit met un une uno una`)

// trailing words end no object.
var trailing = setOf(`to from of with for at by than as zu von mit`)

// general are words that name no thing.
var general = setOf(`notification notifications message report mail email status state event events alert alerts alarm alarms system service server host monitor monitoring
		run daily weekly monthly of on in for to from your by result results update updates check
		meldung bericht benachrichtigung für von auf im rapport pour sur informe para en su trabajo segnalazione rapporto per su relatório em`)
