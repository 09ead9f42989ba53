package telling

// alikes keep what the last lines of a text say: those of a log are alike but for their
// digits, of which only a zero on its own says something.
type alikes struct {
	recent [4]alike
	next   int
}

type alike struct {
	text   []byte // as appendAlike has it
	judged Line
	parsed parsed
}

// judge is judge of a line and what was parsed of it.
func (s *alikes) judge(line string) (Line, parsed) {
	if line == "" || len(line) > maxScored {
		p := parse(line[:min(len(line), maxScored)])
		return judge(line, p), p
	}
	var buffer [maxScored]byte
	text := appendAlike(buffer[:0], line)
	for i := range s.recent {
		if known := &s.recent[i]; string(known.text) == string(text) {
			judged := known.judged
			judged.Text = line
			return judged, known.parsed
		}
	}
	p := parse(line)
	judged := judge(line, p)
	oldest := &s.recent[s.next]
	s.next = (s.next + 1) % len(s.recent)
	*oldest = alike{append(oldest.text[:0], text...), judged, p}
	return judged, p
}

// appendAlike appends line with each digit as 1, but for a zero that stands on its own.
func appendAlike(to []byte, line string) []byte {
	for i := range len(line) {
		c := line[i]
		if isDigit(c) && !(c == '0' && (i == 0 || !isDigit(line[i-1])) && (i+1 == len(line) || !isDigit(line[i+1]))) {
			c = '1'
		}
		to = append(to, c)
	}
	return to
}
