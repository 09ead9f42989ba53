// Package match decides which mails something is about, by matchers as Alertmanager has
// them: subject=~"Backup .*".
package match

import (
	"cmp"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/prometheus/alertmanager/matcher/parse"
	"github.com/prometheus/alertmanager/pkg/labels"
)

// Matchers must all hold. They are safe for concurrent use.
type Matchers []matcher

type matcher struct {
	*labels.Matcher
	literals []string // of which a value has one that matches a regular expression; none if that is not known
	empty    bool     // it holds for a value that is missing
}

// Parse reads matchers. names are those they may have, such as subject or header:NAME;
// the error names the matcher, what is wrong with it and how to write it.
func Parse(texts, names []string) (Matchers, error) {
	var list Matchers
	for _, text := range texts {
		m, err := parse.Matcher(text)
		if err != nil {
			return nil, fmt.Errorf(`%q is not a matcher (%w); write NAME, one of = != =~ !~, and a text in quotes, such as subject=~"Backup .*"`, text, err)
		}
		if !knows(names, m.Name) {
			return nil, fmt.Errorf("%q: there is no %q; take one of %s", text, m.Name, strings.Join(names, ", "))
		}
		if values := closed[m.Name]; values != nil && !slices.ContainsFunc(values, m.Matches) {
			return nil, fmt.Errorf("%q: no mail has such a %s; take one of %s", text, m.Name, strings.TrimPrefix(strings.Join(values, ", "), ", "))
		}
		list = append(list, matcher{m, literalsOf(m), m.Matches("")})
	}
	// A comparison costs less than looking for a field.
	slices.SortStableFunc(list, func(a, b matcher) int {
		return cmp.Or(strings.Count(a.Name, ":")-strings.Count(b.Name, ":"), shortest(b.literals)-shortest(a.literals))
	})
	return list, nil
}

// Equal returns the matcher of values that are equal to value.
func Equal(name, value string) string {
	return (&labels.Matcher{Type: labels.MatchEqual, Name: name, Value: value}).String()
}

// isField reports whether name is that of a header field.
func isField(name string) bool { return strings.Contains(name, ":") }

func knows(names []string, name string) bool {
	return slices.ContainsFunc(names, func(known string) bool {
		if prefix, open := strings.CutSuffix(known, ":NAME"); open {
			return strings.HasPrefix(name, prefix+":") && len(name) > len(prefix)+1
		}
		return known == name
	})
}

// Match reports whether all hold for the values of their names.
func (list Matchers) Match(value func(name string) string) bool {
	for i := range list {
		m := &list[i]
		v := value(m.Name)
		if v == "" && m.empty {
			continue
		}
		if v == "" || !m.mayMatch(v) || !m.Matches(v) {
			return false
		}
	}
	return true
}

// MatchesAll reports whether they hold for nearly any mail: for values that have nothing in
// common.
func (list Matchers) MatchesAll() bool {
	return !slices.ContainsFunc(list, func(m matcher) bool {
		values := typical[m.Name]
		if values == nil {
			values = []string{"", "\x01 any text"}
		}
		return slices.ContainsFunc(values, func(v string) bool { return !m.Matches(v) })
	})
}

// closed are all values of the names that have a few only.
var closed = map[string][]string{
	"status":   {"problem", "warning", "recovery", "ok", "info"},
	"severity": {"", "critical", "error", "warning", "info"},
}

// typical are values that have nothing in common but what all have; a header field, which
// may be missing, has none.
var typical = map[string][]string{
	"from":     {"root@srv1.example.com", "Ops@192.0.2.7", "x@y"},
	"to":       {"root@srv1.example.com", "Ops@192.0.2.7,x@y"},
	"host":     {"srv1.example.com", "192.0.2.7", "x"},
	"subject":  {"Backup of srv7 finished: 3 files", "y", "** ÄRGER [42] **"},
	"status":   closed["status"],
	"severity": {"critical", "info"},
	"source":   {"nagios", "x@y"},
	"sender":   {"", "root@srv1.example.com"},
	"object":   {"", "db1/Disk /var", "x"},
}

// mayMatch reports whether v has one of the literals, which costs far less than to match.
func (m *matcher) mayMatch(v string) bool {
	return len(m.literals) == 0 || slices.ContainsFunc(m.literals, func(literal string) bool { return strings.Contains(v, literal) })
}

// maxLiterals bounds how many are looked for one after the other.
const maxLiterals = 16

// literalsOf returns texts of which any value has one that matches m; none if they are
// not known.
func literalsOf(m *labels.Matcher) []string {
	switch m.Type {
	case labels.MatchEqual:
		return []string{m.Value}
	case labels.MatchNotEqual, labels.MatchNotRegexp:
		return nil
	}
	re, err := syntax.Parse(m.Value, syntax.Perl)
	if err != nil {
		return nil
	}
	return literals(re.Simplify())
}

func literals(re *syntax.Regexp) (best []string) {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return []string{string(re.Rune)}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return literals(re.Sub[0])
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			of := literals(sub)
			if len(of) == 0 {
				return nil
			}
			best = append(best, of...)
		}
		if len(best) > maxLiterals {
			return nil
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if of := literals(sub); shortest(of) > shortest(best) {
				best = of
			}
		}
	}
	return best
}

// shortest returns the length of the shortest text, 0 if there is none.
func shortest(texts []string) (length int) {
	for _, text := range texts {
		if length == 0 || len(text) < length {
			length = len(text)
		}
	}
	return length
}
