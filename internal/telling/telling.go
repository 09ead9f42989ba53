// Package telling finds the lines of a mail that say what happened: the one that a
// person would pick as its headline, and those by which it is known again.
package telling

import (
	"strings"
)

// Bounds on the way to a client's 250: what is further behind is not read.
const (
	maxLines   = 300
	maxBytes   = 32 << 10
	maxLine    = 2000 // bytes of a line
	maxScored  = 400  // of which these are scored
	maxTelling = 12   // lines that are returned
)

// threshold is the least score of a line that says what happened.
const threshold = 4

// shortText is how many lines a text has at most of which all may say it.
const shortText = 12

// A Line is a line of a mail.
type Line struct {
	Text  string // without blanks around it
	Score int    // how much it says about what happened; the more, the better
	// Around says that the line is about the report or the machine: a greeting, the
	// time, what a logger calls information.
	Around bool
	// Decides says that the line is how it went, such as "Status: failed".
	Decides bool
	over    bool // it has a word that says that what was wrong is over
	exits   bool // it says how a program ended, which is mostly not why
	fails   bool // it has a word for a failure, or is a reason, however short it is
}

// Of returns the headline of a mail, whether that is its subject, and the lines of
// its text that say what happened, in their order: its best one alone when nothing
// says so, none of a text without words.
func Of(subject, text string) (headline Line, isSubject bool, lines []Line) {
	var r reader
	r.read(text)
	best := r.best()
	p := parse(subject[:min(len(subject), maxScored)])
	ofSubject := judge(strings.TrimSpace(subject), p)
	if best >= 0 {
		headline, lines = r.lines[best], r.telling(best)
	}
	if best < 0 || headline.Score < threshold && ofSubject.Score > -3 && p.count >= 3 && !isCarrier(subject, p) {
		// Nobody says that something went wrong: the author says what it is about.
		ofSubject.Score += threshold
	}
	if best >= 0 && p.over && !headline.over {
		return ofSubject, true, lines // the text repeats what was wrong
	}
	if ofSubject.Text != "" && (best < 0 || ofSubject.Score > headline.Score) {
		return ofSubject, true, lines
	}
	return headline, false, lines
}

// isCarrier reports whether a subject, of which p was parsed, only says that there is a
// mail: "Notification from nas3".
func isCarrier(subject string, p parsed) bool {
	if p.count > 5 {
		return false
	}
	first, rest, _ := strings.Cut(subject, " ")
	if second, more, _ := strings.Cut(rest, " "); !carriers[strings.ToLower(first)] && carriers[strings.ToLower(second)] && second != "event" {
		first, rest = second, more
	}
	link, further, _ := strings.Cut(rest, " ")
	if carriers[strings.ToLower(link)] {
		link, _, _ = strings.Cut(further, " ") // RDS Notification Message
	}
	return carriers[strings.ToLower(first)] && carrierLinks[strings.ToLower(link)]
}

type reader struct {
	lines      []Line
	alikes     alikes
	introduced int  // what the line before promises of the next one
	goesOn     bool // the line before is prose that does not end
	failed     bool // a line before said what happened
}

func (r *reader) read(text string) {
	if len(text) > maxBytes {
		text = text[:maxBytes]
	}
	r.lines = make([]Line, 0, min(strings.Count(text, "\n")+1, maxLines))
	number := 0
	for line := range strings.Lines(text) {
		if number++; number > maxLines {
			break
		}
		line = strings.TrimRight(line, " \t\r\n")
		if line == "--" {
			break // RFC 3676 section 4.3: a signature follows
		}
		if line = uncommented(strings.TrimLeft(line, " \t")); line != "" {
			r.line(line)
		}
	}
}

// uncommented returns line without the mark of a comment, or the frame that is drawn around a report,
// in front of it.
func uncommented(line string) string {
	line = strings.TrimLeft(line, "╷│╵┃║ ")
	if rest := strings.TrimLeft(line, "#"); rest == "" || rest[0] == ' ' || rest[0] == '\t' {
		return strings.TrimLeft(rest, " \t")
	}
	return line
}

func (r *reader) line(line string) {
	if len(line) > maxLine {
		line = strings.ToValidUTF8(line[:maxLine], "")
	}
	judged, p := r.alikes.judge(line)
	if r.goesOn && line[0] >= 'a' && line[0] <= 'z' {
		judged.Score -= 2 // a part of a sentence
		judged.Around = judged.Around || r.lines[len(r.lines)-1].Around
	}
	if !r.failed && judged.Score >= threshold {
		judged.Score++ // what comes later may follow from it
		r.failed = true
	}
	r.goesOn = len(line) >= wrapped && (isLetter(line[len(line)-1]) || line[len(line)-1] == ',')
	if strings.HasSuffix(line, ":") || judged.Score > 0 && (p.isBare(line) || isHeading(line)) {
		// It introduces what follows.
		r.introduced = min(max(judged.Score, keys[strings.ToLower(line[:len(line)-1])], 0), 3)
		judged.Score = judged.Score/2 - 2
	} else {
		judged.Score += r.introduced
		r.introduced = 0
	}
	if p.count > 0 {
		r.lines = append(r.lines, judged)
	}
}

// wrapped is how long a line is at least that was broken at a margin.
const wrapped = 55

// best returns the index of the line that says most, the first of equal ones; -1
// if there is no line. How a program ended is left to where nothing says why.
func (r *reader) best() int {
	best, why := -1, -1
	for i, line := range r.lines {
		if best < 0 || line.Score > r.lines[best].Score {
			best = i
		}
		if !line.exits && line.Score >= threshold && (why < 0 || line.Score > r.lines[why].Score) {
			why = i
		}
	}
	if why >= 0 {
		return why
	}
	return best
}

// telling returns the lines that say what happened, with the best one. In a short
// text all lines do: to leave one out could hide that it is another error. In a
// long one most lines say what went on besides.
func (r *reader) telling(best int) (lines []Line) {
	isShort := len(r.lines) <= shortText
	lines = make([]Line, 0, min(len(r.lines), maxTelling+1))
	for i, line := range r.lines {
		says := line.Score >= threshold || line.Decides || !line.Around && (isShort || line.fails)
		if i == best || says && len(lines) < maxTelling {
			lines = append(lines, line)
		}
	}
	return lines
}

// judge says how much a line says about what happened, of which p was parsed.
func judge(line string, p parsed) Line {
	judged := Line{Text: line, Score: p.words + p.level, over: p.over, exits: p.exits}
	key, isReason := keyScore(line, p.words > 0)
	judged.Score += key
	switch {
	case p.count < 2:
		judged.Score -= 3
	case p.count == 2:
		judged.Score--
	case p.count >= 4:
		judged.Score++
	}
	if p.concrete && p.words > 0 {
		judged.Score++
	}
	if p.count <= maxFrameWords && isFrame(line) {
		judged.Score -= 6
	}
	if isWide(line) {
		judged.Score -= 2
	}
	if line != "" && line[0] == '>' {
		judged.Score--
	}
	if p.refers || p.words > failing && strings.Contains(line, " previous error") {
		judged.Score -= 2 // to the line before
	}
	isExcerpt := IsExcerpt(line)
	if isExcerpt {
		judged.Score -= 10
	}
	if !strings.Contains(line, " ") {
		judged.Score -= 3 // a name, a path, an address
	}
	isPhrase := hasPhrase(line)
	if isPhrase || strings.HasSuffix(line, "?") && !strings.Contains(line, "id you mean") { // as compilers guess
		judged.Score -= 8
	}
	judged.Around = isPhrase || isExcerpt || key == incidental || key == advice || p.level < 0
	judged.Decides = key == deciding && !isPhrase
	judged.fails = p.words >= failing || isReason
	return judged
}

// maxFrameWords is how many words a frame of a stack trace has at most; what has
// more is prose.
const maxFrameWords = 4

// isBare reports whether line names a severity or an outcome and nothing that has it.
func (p parsed) isBare(line string) bool {
	return p.count <= 2 && p.words+max(p.level, 0) > 0 && len(line) < 40
}
