package redact

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
)

// ParsePattern compiles a pattern of the operator. One that also matches where
// there is nothing, such as "a*", would mark every place between two characters,
// and is refused.
func ParsePattern(text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, errors.New("is empty")
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("is not a pattern: %w", err)
	}
	if matchesNothing(parsed) {
		return nil, errors.New("also matches where there is nothing, which is everywhere; write it so that it matches at least one character, such as a+ instead of a*")
	}
	return regexp.Compile(text)
}

// matchesNothing reports whether re has a match of no characters.
func matchesNothing(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpNoMatch, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	case syntax.OpLiteral:
		return len(re.Rune) == 0
	case syntax.OpCapture, syntax.OpPlus:
		return matchesNothing(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min == 0 || matchesNothing(re.Sub[0])
	case syntax.OpConcat:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !matchesNothing(sub) })
	case syntax.OpAlternate:
		return slices.ContainsFunc(re.Sub, matchesNothing)
	}
	return true // a star, a question mark, an edge of a line or a word
}
