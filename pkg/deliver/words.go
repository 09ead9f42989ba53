package deliver

import (
	"fmt"
	"strings"
)

// SplitCommand splits a command line into words as a shell does, and knows
// nothing else of a shell: no variables, pipes or wildcards. Words are separated
// by spaces; quotes of both kinds and backslashes keep characters from being
// special. What a shell would act on must be quoted, so that nobody believes it
// works.
func SplitCommand(text string) ([]string, error) {
	s := splitter{text: text}
	for s.pos < len(text) {
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	s.endWord()
	if len(s.words) == 0 || s.words[0] == "" {
		return nil, fmt.Errorf("the command is empty; name a program, such as /usr/sbin/sendmail")
	}
	return s.words, nil
}

type splitter struct {
	text   string
	pos    int
	word   strings.Builder
	inWord bool // even if the word is still empty, as after ''
	words  []string
}

const shellSpecial = "|&;<>()$`\n\r\x00"

// next takes one character or one quoted piece.
func (s *splitter) next() error {
	c := s.text[s.pos]
	switch {
	case c == ' ' || c == '\t':
		s.endWord()
		s.pos++
		return nil
	case c == '\'' || c == '"':
		return s.quoted(c)
	case c == '\\':
		if s.pos+1 == len(s.text) {
			return fmt.Errorf("the command ends in a backslash")
		}
		s.add(s.text[s.pos+1])
		s.pos += 2
		return nil
	case strings.IndexByte(shellSpecial, c) >= 0:
		return fmt.Errorf("no shell runs the command, so %q at position %d has no meaning; put it in quotes, or the whole in a script", c, s.pos+1)
	}
	s.add(c)
	s.pos++
	return nil
}

// quoted takes what stands in quotes. Between double quotes a backslash makes
// itself and the quote plain.
func (s *splitter) quoted(quote byte) error {
	start := s.pos
	s.inWord = true
	for s.pos++; s.pos < len(s.text); s.pos++ {
		c := s.text[s.pos]
		if c == quote {
			s.pos++
			return nil
		}
		if quote == '"' && c == '\\' && s.pos+1 < len(s.text) && strings.IndexByte(`"\`, s.text[s.pos+1]) >= 0 {
			s.pos++
			c = s.text[s.pos]
		}
		s.add(c)
	}
	return fmt.Errorf("the quote %c at position %d is not closed", quote, start+1)
}

func (s *splitter) add(c byte) {
	s.word.WriteByte(c)
	s.inWord = true
}

func (s *splitter) endWord() {
	if s.inWord {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.inWord = false
}

// joinCommand is the inverse of SplitCommand.
func joinCommand(words []string) string {
	var quoted []string
	for _, w := range words {
		if w == "" || strings.ContainsAny(w, shellSpecial+" \t'\"\\,") {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted = append(quoted, w)
	}
	return strings.Join(quoted, " ")
}
