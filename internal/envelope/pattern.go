package envelope

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// A Pattern is how operators write which addresses they mean: an address in which *
// stands for any characters in front of or behind the @, such as *@example.com, and
// letters of either case are the same; or else a regular expression.
type Pattern struct {
	re    *regexp.Regexp
	stars int // -1 for a regular expression
}

// ParsePattern reads a pattern. What holds neither * nor @, or anything that stands in
// regular expressions but hardly in addresses, such as .* or \, is one of those.
// @example.com means *@example.com, as in the tables of other mail servers.
func ParsePattern(text string) (Pattern, error) {
	if !isAddresses(text) {
		re, err := regexp.Compile(text)
		return Pattern{re, -1}, err
	}
	if strings.HasPrefix(text, "@") {
		text = "*" + text
	}
	star := `([^@]*)` // nothing in front of the @ may be taken for the domain
	if text == "*" {
		star = `(.*)`
	}
	parts := strings.Split(text, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	re, err := regexp.Compile(`(?is)\A` + strings.Join(parts, star) + `\z`)
	return Pattern{re, len(parts) - 1}, err
}

// isAddresses reports whether a pattern is no regular expression.
func isAddresses(text string) bool {
	return strings.ContainsAny(text, "*@") && !strings.ContainsAny(text, `\^$|()[]{}?`) &&
		!strings.Contains(text, ".*") && !strings.Contains(text, ".+")
}

// Regexp returns what matches the addresses: those of a pattern of addresses as a
// whole.
func (p Pattern) Regexp() *regexp.Regexp { return p.re }

// Replacement returns what [regexp.Regexp.ReplaceAllString] makes of the replacement that an
// operator wrote beside the pattern: in it, each * stands for what the one of the
// pattern in the same place does. With a regular expression, it stays as it is.
func (p Pattern) Replacement(text string) (string, error) {
	if p.stars < 0 {
		return text, nil
	}
	if strings.HasPrefix(text, "@") {
		text = "*" + text
	}
	parts := strings.Split(strings.ReplaceAll(text, "$", "$$"), "*")
	if len(parts)-1 > p.stars {
		return "", errors.New("the replacement has more * than the pattern")
	}
	var out strings.Builder
	for i, part := range parts {
		if i > 0 {
			out.WriteString("${" + strconv.Itoa(i) + "}")
		}
		out.WriteString(part)
	}
	return out.String(), nil
}
