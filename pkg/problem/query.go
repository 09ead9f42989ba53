package problem

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/duration"
	"github.com/hut8labs/failmail/internal/spelling"
	"github.com/hut8labs/failmail/pkg/store"
)

// Fields are those that a question may name, in front of a colon, with what they mean.
var fields = []struct {
	name, meaning string
	set           func(q *store.ProblemQuery, value string) error
}{
	{"is", "open, over, new, muted or acked; not-new and so on for the opposite", setIs},
	{"host", "the machine that sent a mail: its full name, or the part before a dot", once(func(q *store.ProblemQuery) *string { return &q.Host })},
	{"source", "part of the sender's name or address", once(func(q *store.ProblemQuery) *string { return &q.Source })},
	{"object", "part of what it is about", once(func(q *store.ProblemQuery) *string { return &q.Object })},
	{"owner", "part of the owner's name", once(func(q *store.ProblemQuery) *string { return &q.Owner })},
	{"status", "problem or warning, according to its last mail", addWord},
	{"severity", "critical, error or warning", addWord},
	{"since", "a time since which a problem was seen: 30m, 12h, 7d, today, yesterday or 2026-11-29", setSince},
}

// Fields returns the fields that a question may name, each with what it means.
func Fields() (list [][2]string) {
	for _, f := range fields {
		list = append(list, [2]string{f.name, f.meaning})
	}
	return list
}

// states are those of is:, with what of a query they set, and to what.
var states = map[string]struct {
	of func(q *store.ProblemQuery) **bool
	is bool
}{
	"open":  {func(q *store.ProblemQuery) **bool { return &q.Open }, true},
	"over":  {func(q *store.ProblemQuery) **bool { return &q.Open }, false},
	"new":   {func(q *store.ProblemQuery) **bool { return &q.New }, true},
	"muted": {func(q *store.ProblemQuery) **bool { return &q.Muted }, true},
	"acked": {func(q *store.ProblemQuery) **bool { return &q.Acked }, true},
}

// once sets what there may be one of.
func once(of func(q *store.ProblemQuery) *string) func(q *store.ProblemQuery, value string) error {
	return func(q *store.ProblemQuery, value string) error {
		if *of(q) != "" && *of(q) != value {
			return fmt.Errorf("there is another one, %q, and all must hold; leave one out", *of(q))
		}
		*of(q) = value
		return nil
	}
}

// addWord looks for what stands in the text of each problem.
func addWord(q *store.ProblemQuery, value string) error {
	q.Words = append(q.Words, value)
	return nil
}

const isWhat = "write open, over, new, muted or acked"

func setIs(q *store.ProblemQuery, value string) error {
	name, not := strings.CutPrefix(strings.ToLower(value), "not-")
	if state, known := states[name]; known {
		want, is := state.of(q), state.is != not
		if *want != nil && **want != is {
			return errors.New("another is: asks for the opposite, and all must hold; leave one out")
		}
		*want = &is
		return nil
	}
	if near := spelling.Nearest(name, []string{"open", "over", "new", "muted", "acked"}); near != "" {
		return fmt.Errorf("%q is not a state; did you mean is:%s?", value, near)
	}
	return fmt.Errorf("%q is not a state; %s", value, isWhat)
}

func setSince(q *store.ProblemQuery, value string) error {
	y, m, d := q.Now.Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, q.Now.Location())
	switch at, err := time.ParseInLocation(time.DateOnly, value, q.Now.Location()); {
	case err == nil:
		q.Since = at
		return nil
	case value == "today":
		q.Since = today
		return nil
	case value == "yesterday":
		q.Since = today.AddDate(0, 0, -1)
		return nil
	}
	ago, err := duration.Parse(value)
	if err != nil || ago < 0 {
		return fmt.Errorf("%q is not a time; write one such as 30m, 12h, 7d, today, yesterday or 2026-11-29", value)
	}
	q.Since = q.Now.Add(-ago)
	return nil
}

// maxQuestion bounds a question, in bytes, and maxTerms the words and fields in it.
const (
	maxQuestion = 1000
	maxTerms    = 20
)

// A Mistake says what is wrong with what somebody asked for, so that asking again is of no
// use.
type Mistake struct{ Err error }

func (m *Mistake) Error() string { return m.Err.Error() }

// Unwrap returns what is wrong.
func (m *Mistake) Unwrap() error { return m.Err }

// Parse reads a question for problems as people write it at a time: words, which must all
// be in the text of a problem, "words in quotes" for what stands side by side, and fields
// such as host:db1, is:open or since:7d (see [Fields]). The error says where it is wrong,
// and what would be right. The empty question asks for all.
func Parse(text string, now time.Time) (store.ProblemQuery, error) {
	q := store.ProblemQuery{Now: now}
	if len(text) > maxQuestion || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return q, fmt.Errorf("the question is longer than %d bytes, or no text; shorten it", maxQuestion)
	}
	rest := text
	for terms := 0; ; terms++ {
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if rest == "" {
			return q, nil
		}
		at := utf8.RuneCountInString(text[:len(text)-len(rest)]) + 1
		if terms == maxTerms {
			return q, fmt.Errorf("at character %d: there are more than %d words and fields; leave some out", at, maxTerms)
		}
		t, end, err := next(rest)
		if err == nil {
			err = t.addTo(&q)
		}
		if err != nil {
			return q, fmt.Errorf("at character %d: %w", at, err)
		}
		rest = rest[end:]
	}
}

// A term is a word or a field of a question.
type term struct {
	field, value string
	isQuoted     bool
}

// next reads the term that text begins with, and where it ends.
func next(text string) (t term, end int, err error) {
	colon := strings.IndexFunc(text, func(r rune) bool { return r == ':' || r == '"' || unicode.IsSpace(r) })
	if colon > 0 && text[colon] == ':' && isField(text[:colon], text[colon+1:]) {
		t.field = strings.ToLower(text[:colon])
		end = colon + 1
	}
	if strings.HasPrefix(text[end:], `"`) {
		length := strings.IndexByte(text[end+1:], '"')
		if length < 0 {
			return t, 0, fmt.Errorf(`the quotation mark is not closed; write "…" around what belongs together`)
		}
		t.value, t.isQuoted = text[end+1:end+1+length], true
		return t, end + length + 2, nil
	}
	length := strings.IndexFunc(text[end:], unicode.IsSpace)
	if length < 0 {
		length = len(text) - end
	}
	t.value = text[end : end+length]
	return t, end + length, nil
}

// isField reports whether name, in front of a colon and rest, is that of a field or meant to
// be. http://db1 and port:5432 are not.
func isField(name, rest string) bool {
	names := fieldNames()
	return slices.Contains(names, strings.ToLower(name)) || spelling.Nearest(name, names) != "" && !noValue.MatchString(rest)
}

// noValue matches what stands behind the colon of a URL or of a port.
var noValue = regexp.MustCompile(`^(//|\d+(\s|$))`)

func fieldNames() (names []string) {
	for _, f := range fields {
		names = append(names, f.name)
	}
	return names
}

func (t *term) addTo(q *store.ProblemQuery) error {
	if t.field == "" {
		if t.value != "" {
			q.Words = append(q.Words, t.value)
		}
		return nil
	}
	for _, f := range fields {
		if f.name != t.field {
			continue
		}
		if strings.TrimSpace(t.value) == "" {
			return fmt.Errorf("%s: has no value; expected is %s", f.name, f.meaning)
		}
		if err := f.set(q, t.value); err != nil {
			return fmt.Errorf("%s:%s: %w", f.name, t.value, err)
		}
		return nil
	}
	return fmt.Errorf(`there is no field %s; did you mean %s:%s? For a text with a colon, write "%s:%s"`,
		t.field, spelling.Nearest(t.field, fieldNames()), t.value, t.field, t.value)
}
