package batch

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// A templateFunction is one that a template may call. Its entry in functions is what the
// templates, their checks, the error texts and docs/grouping.md know of it.
type templateFunction struct {
	name      string
	arguments []string // texts, in order
	meaning   string   // in Markdown, for docs/grouping.md
	of        func(*patternCache) any
}

var functions = []templateFunction{
	{"match", []string{"PATTERN", "TEXT"}, "the first match of the pattern; empty if there is none", func(c *patternCache) any { return c.match }},
	{"submatch", []string{"PATTERN", "TEXT"}, "the part of the first match in the first pair of parentheses", func(c *patternCache) any { return c.submatch }},
	{"replace", []string{"PATTERN", "TEXT", "REPLACEMENT"}, "the text with each match replaced; `$1` is the part in the first pair of parentheses", func(c *patternCache) any { return c.replace }},
	{"mask", []string{"TEXT"}, "the text after masking", func(*patternCache) any { return Mask }},
	{"lower", []string{"TEXT"}, "the text in lower case", func(*patternCache) any { return strings.ToLower }},
	{"trim", []string{"TEXT"}, "the text without blanks around it", func(*patternCache) any { return strings.TrimSpace }},
}

func functionNames() (names []string) {
	for _, f := range functions {
		names = append(names, f.name)
	}
	return names
}

// patternCache compiles each pattern of an expression once. Patterns are
// nearly always constants; the bound is for those made from the mail.
type patternCache struct {
	mu       sync.Mutex
	compiled map[string]*regexp.Regexp
}

const maxPatterns = 100

func (c *patternCache) get(pattern string) (*regexp.Regexp, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if re := c.compiled[pattern]; re != nil {
		return re, nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	if c.compiled == nil || len(c.compiled) >= maxPatterns {
		c.compiled = make(map[string]*regexp.Regexp)
	}
	c.compiled[pattern] = re
	return re, nil
}

// match returns the leftmost match of pattern in text; empty when nothing
// matches.
func (c *patternCache) match(pattern, text string) (string, error) {
	re, err := c.get(pattern)
	if err != nil {
		return "", err
	}
	return re.FindString(text), nil
}

// submatch returns what the first group of pattern matched in text.
func (c *patternCache) submatch(pattern, text string) (string, error) {
	re, err := c.get(pattern)
	if err != nil {
		return "", err
	}
	if re.NumSubexp() == 0 {
		return "", fmt.Errorf("the pattern %q has no group; put what you want into parentheses, or use match", pattern)
	}
	groups := re.FindStringSubmatch(text)
	if groups == nil {
		return "", nil
	}
	return groups[1], nil
}

func (c *patternCache) replace(pattern, text, replacement string) (string, error) {
	re, err := c.get(pattern)
	if err != nil {
		return "", err
	}
	return re.ReplaceAllString(text, replacement), nil
}
