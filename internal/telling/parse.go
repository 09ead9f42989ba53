package telling

import "strings"

// parsed is what the words of a line say.
type parsed struct {
	words    int  // the score of what happened
	level    int  // the score of the severity that a logger printed
	count    int  // of words between blanks that begin with a letter
	concrete bool // there is a value
	over     bool // a word says that what was wrong is over
	refers   bool // it begins with a word for what was said before
	exits    bool // it says how a program ended
}

// levelWithin is how many words into a line a logger prints its severity: behind
// time, host and process.
const levelWithin = 8

// A parser reads the words of a line.
type parser struct {
	parsed
	line     string
	previous role // of the word before
	zero     bool // the word before is 0
	denied   int  // words until which a "no" reaches
	leveled  bool
	said     int // words so far that say something
	added    int // by the last of them
}

// A role is what a word does to those around it.
type role int

const (
	plain     role = iota
	negator        // not
	denier         // no: denies a noun behind it
	out            // out, of which "of" makes something
	partOf         // of
	being          // be: what can or will be so is not
	noun           // a failing noun, which may be a part of a name
	compound       // makes a name of the noun before it
	hedge          // may: makes of what happened what could happen
	condition      // if: likewise, and more so
)

// reach is how many words behind a "no" the noun stands that it denies: "no known
// data errors".
const reach = 4

// parse reads the words of line.
func parse(line string) parsed {
	p := parser{line: line}
	blank := true // a token begins
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case c == ':' && strings.HasPrefix(line[i:], "://"):
			// What a URL is made of says nothing.
			for i < len(line) && line[i] != ' ' && line[i] != '\t' {
				i++
			}
			p.concrete = true
		case isLetter(c):
			from := i
			for i < len(line) && (isLetter(line[i]) || isDigit(line[i]) || line[i] == '\'' && i+1 < len(line) && isLetter(line[i+1])) {
				i++
			}
			if blank {
				p.count++
				blank = false
			}
			p.word(from, i)
		case isDigit(c):
			from := i
			for i < len(line) && (isDigit(line[i]) || isLetter(line[i])) {
				i++
			}
			p.concrete, blank = true, false
			p.previous, p.zero = plain, i-from == 1 && c == '0'
		default:
			if c == ' ' || c == '\t' {
				blank = true
			} else if c == '/' || c == '\\' {
				blank = false // a path is no word
			}
			p.concrete = p.concrete || c == '"' || c == '\'' || c == '/'
			i++
		}
	}
	if p.denied > 0 {
		p.add(troubling + 1) // no space: it denied no failure
	}
	return p.parsed
}

// word reads the word line[from:to].
func (p *parser) word(from, to int) {
	n := to - from
	var buffer [maxWord]byte
	previous, zero := p.previous, p.zero
	p.previous, p.zero = plain, false
	if p.denied > 0 {
		if p.denied--; p.denied == 0 {
			p.add(troubling + 1)
		}
	}
	switch {
	case p.isChannel(from, to):
	case p.isPart(from, to):
		if p.isConstant(from, to) {
			p.add(failing)
		}
		p.exits = p.exits || p.line[from:to] == "exit" // exit-code
		return                                         // of a name, as libgpg-error
	case to-from > len("Warning") && IsType(p.line[from:to]) && p.line[from] <= 'Z', p.isCode(from, to):
		p.add(failing)
		return
	case n >= maxWord || n < 2:
		if previous == negator && strings.HasSuffix(p.line[:from], " is not ") && p.namesTrouble(to) {
			p.denied = reach // this is not a software error
		}
		return
	}
	upper := 0
	for j := range n {
		c := p.line[from+j]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
			upper++
		}
		buffer[j] = c
	}
	word := buffer[:n]
	if from == 0 && (string(word) == "it" || string(word) == "this" || string(word) == "they" || string(word) == "these") {
		p.refers = true
	}
	if shapes[word[0]]&(1<<n) == 0 {
		if previous == negator {
			p.add(troubling + 1) // not found
		}
		return
	}
	m := words[string(word)]
	if m == nil {
		if previous == negator {
			p.add(troubling + 1)
		}
		return
	}
	p.over, p.exits = p.over || m.isEnd, p.exits || m.isExit && !strings.HasSuffix(p.line[:from], "exception ") // of Erlang
	if m.isLevel && !p.leveled && p.count <= levelWithin && (upper == n || isBracketed(p.line, from, to)) {
		p.leveled, p.level = true, m.level
		if m.level != 0 {
			return
		}
	}
	switch {
	case m.score > 0 && m.isNoun && (zero || p.denied > 0 || isZero(p.line[to:])):
		p.words -= failing // it says that all is well
		p.denied = 0
	case m.score == troubling && previous == being:
	case m.score > 0:
		p.add(m.score)
		if m.score == failing && m.isNoun {
			p.previous = noun
		}
	case m.role == denier:
		p.denied = reach
	case previous == negator:
		p.add(troubling + 1)
	case previous == noun && m.role == compound && isLetter(p.line[from-2]):
		p.words -= p.added
	case previous == out && m.role == partOf:
		p.add(failing)
	case m.role == hedge:
		p.words--
	case m.role == condition:
		p.words -= 3
	default:
		p.previous = m.role // not, out
	}
}

// namesTrouble reports whether what stands behind from, up to the next sign, is a word for a failure, or ends with
// one.
func (p *parser) namesTrouble(from int) bool {
	clause := p.line[from:]
	if at := strings.IndexAny(clause, ",:;.!?"); at >= 0 {
		clause = clause[:at]
	}
	fields := strings.Fields(clause[:min(len(clause), 4*maxWord)])
	if len(fields) == 0 || len(fields) >= reach {
		return false
	}
	last := words[strings.ToLower(fields[len(fields)-1])]
	return last != nil && last.isNoun
}

// isChannel reports whether line[from:to] is the severity behind the name of a logger, as Monolog
// writes it: "app.ERROR: …".
func (p *parser) isChannel(from, to int) bool {
	return from > 1 && p.line[from-1] == '.' && to < len(p.line) && p.line[to] == ':' && p.line[from] >= 'A' && p.line[from] <= 'Z' && p.line[to-1] <= 'Z'
}

// isPart reports whether line[from:to] is joined to others in one word.
func (p *parser) isPart(from, to int) bool {
	return from > 1 && isJoint(p.line[from-1]) && isLetter(p.line[from-2]) ||
		to+1 < len(p.line) && isJoint(p.line[to]) && isLetter(p.line[to+1])
}

// isConstant reports whether line[from:to] ends the name of an exception in capitals, as in
// CONSTRAINT_ERROR.
func (p *parser) isConstant(from, to int) bool {
	switch p.line[from:to] {
	case "ERROR", "EXCEPTION", "FAILURE", "FAULT":
		return from > 0 && p.line[from-1] == '_' && (to == len(p.line) || !isJoint(p.line[to]))
	}
	return false
}

func isJoint(c byte) bool { return c == '-' || c == '_' || c == '.' || c == '/' }

// IsType reports whether word is named as the types of exceptions and warnings are.
func IsType(word string) bool {
	for _, end := range [...]string{"Error", "Exception", "Failure", "Fault", "Warning"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	return false
}

// isCode reports whether line[from:to] begins the number of an error, as databases write it: ORA-01555.
func (p *parser) isCode(from, to int) bool {
	return NumbersErrors(p.line[from:to]) && to+1 < len(p.line) && p.line[to] == '-' && isDigit(p.line[to+1])
}

// add counts what a word says: the first says most.
func (p *parser) add(score int) {
	if p.said > 0 {
		score = min(score, 1)
	}
	p.added = 0
	if p.said < 3 {
		p.words, p.added = p.words+score, score
	}
	if score != settling || p.said > 0 {
		p.said++
	}
}

// isZero reports whether what follows a word says that there is none of it.
func isZero(rest string) bool {
	i := 0
	for i < len(rest) && i < 4 && (rest[i] == ' ' || rest[i] == ':' || rest[i] == '=' || rest[i] == '\t') {
		i++
	}
	return i > 0 && i < len(rest) && rest[i] == '0' && (i+1 == len(rest) || !isDigit(rest[i+1]) && rest[i+1] != '.' && !isLetter(rest[i+1]))
}

// isBracketed reports whether line[from:to] stands in brackets, as a severity may.
func isBracketed(line string, from, to int) bool {
	return from > 0 && to < len(line) && (line[from-1] == '[' && line[to] == ']' || line[from-1] == '<' && line[to] == '>')
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// Speaks reports whether word, in lower case, says that something went wrong or is
// well again.
func Speaks(word string) bool {
	m := words[word]
	return m != nil && (m.score > 0 || m.level != 0)
}
