package recognise

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/match"
	"github.com/hut8labs/failmail/pkg/meaning"
)

// A Source is a kind of sender, and what its mails mean. Patterns are regular
// expressions of Go (RE2), as the settings file has them in [[source]]. They are looked
// for in the subject and the first 20 lines of the text that are not empty, quoted or
// indented by anything but blanks, a line each; ^ and $ are the ends of any of these
// lines.
type Source struct {
	// Name is what people call the sender. Several sources may have the same.
	Name string
	// Match are matchers such as subject=~"Backup .*", which must all hold. They know
	// from (of the envelope), host, subject, to, and header:NAME.
	Match []string
	// Patterns of each status, one of which is found. They are asked in this order; if
	// none is found, the rules for unknown senders say what the status is.
	Problem, Warning, Info, Recovery, OK []string
	// Object are patterns whose groups are what the mail is about, joined with a slash;
	// of a pattern without a group all of it. Without one that is found it is taken from
	// the subject.
	Object []string
	// Headline are patterns for the line that says what happened, or the group of it, the
	// best one first. Without one that is found it is chosen by the rules for unknown senders.
	Headline []string
	// Severity are patterns for the words critical, error, warning and info, or others
	// that mean the same.
	Severity []string
	// Part are patterns for the line that begins an alert of several in one mail, Section
	// those for the line that begins a group of these and says how they stand, or that ends
	// the last one, in the order in which they come, each once. Each alert is then read as a
	// mail of its own whose subject is the line of its section, and all that the mail has in
	// 64 KB are, up to 100. An Object whose pattern is not found in an alert is looked for in
	// front of the first one.
	Part, Section []string
	// Count are patterns for how many alerts a mail says it has: a group named bad or good
	// holds the number of those that are, any other one that of all. They are looked for in
	// the subject, in front of the first alert, and in the lines of sections. With them, no
	// alert that is over is believed unless the mail says how many there are.
	Count []string

	// Origin says where the format is known from, Examples show it. Product is what people
	// call those that send it, as in "Nagios", and Kind is the group that the documentation
	// lists them in, such as "monitoring". All are for the sources that are built in; of
	// several with one name the first has the product.
	Origin   string
	Examples []Example
	Product  []string
	Kind     string
}

// An Example is a mail of a source and what it means.
type Example struct {
	From, Subject, Text string
	Header              map[string]string
	Status              meaning.Status
	Object              string
	Headline            string // empty if it does not matter
	// Parts are those of a digest, each as "status | object | headline", the one that stands
	// for the mail first.
	Parts []string
}

// A source is a Source that can be asked.
type source struct {
	name    string
	match   match.Matchers
	bytes   int // of the text that count
	compile func() (*patterns, error)
}

type patterns struct {
	statuses [5]*regexp.Regexp // as statusOrder; nil for none
	objects  []*regexp.Regexp
	headline []*regexp.Regexp
	severity *regexp.Regexp
	sections []*regexp.Regexp
	part     *regexp.Regexp // nil if its mails say one thing
	counts   []*regexp.Regexp
}

// recovers reports whether there are mails that say that a problem is over.
func (p *patterns) recovers() bool { return p.statuses[3] != nil }

// watches reports whether there are mails that say that a thing is well, or none whose status is
// known by a pattern. Others report what happened to it: each is an error of its own.
func (p *patterns) watches() bool {
	return p.recovers() || p.statuses[4] != nil || p.statuses == [5]*regexp.Regexp{}
}

// statusOrder is that in which the patterns of a source are asked: failure beats
// success.
var statusOrder = [5]meaning.Status{meaning.Problem, meaning.Warning, meaning.Info, meaning.Recovery, meaning.OK}

// newSource compiles s: its matchers now, its patterns when they are first needed.
func newSource(s *Source) (*source, error) {
	if s.Name == "" {
		return nil, errors.New(`a source has no name; give it one, such as name = "backup of srv7"`)
	}
	if len(s.Match) == 0 {
		return nil, fmt.Errorf(`source %q: match is missing; say whose mails they are, such as match = ['from="backup@srv7.example.com"']`, s.Name)
	}
	m, err := match.Parse(s.Match, matchable)
	if err != nil {
		return nil, fmt.Errorf("source %q: match: %w", s.Name, err)
	}
	if m.MatchesAll() {
		return nil, fmt.Errorf("source %q: match: %s takes every mail; name what only mails of this sender have", s.Name, strings.Join(s.Match, ", "))
	}
	bytes, useless := maxBytes, ""
	switch {
	case len(s.Part) > 0:
		bytes = maxDigest
	case len(s.Section) > 0:
		useless = "section"
	case len(s.Count) > 0:
		useless = "count"
	}
	if useless != "" {
		return nil, fmt.Errorf(`source %q: %s is of no use without part; say what begins an alert, such as part = "^Labels:"`, s.Name, useless)
	}
	return &source{name: s.Name, match: m, bytes: bytes, compile: sync.OnceValues(func() (*patterns, error) { return compile(s) })}, nil
}

// matchable are the names that matchers of a source know.
var matchable = []string{"from", "to", "host", "subject", "header:NAME"}

func compile(s *Source) (*patterns, error) {
	p := &patterns{}
	var errs []error
	for i, list := range [5][]string{s.Problem, s.Warning, s.Info, s.Recovery, s.OK} {
		p.statuses[i] = anyOf(list, s.Name, string(statusOrder[i]), &errs)
	}
	p.severity = anyOf(s.Severity, s.Name, "severity", &errs)
	p.sections, p.part = each(s.Section, s.Name, "section", &errs), anyOf(s.Part, s.Name, "part", &errs)
	p.objects, p.headline = each(s.Object, s.Name, "object", &errs), each(s.Headline, s.Name, "headline", &errs)
	p.counts = each(s.Count, s.Name, "count", &errs)
	for _, re := range p.counts {
		text := strings.TrimPrefix(re.String(), "(?m)")
		if re.NumSubexp() == 0 {
			errs = append(errs, fmt.Errorf(`source %q: count: %q has no group for the number; write one such as (\d+)`, s.Name, text))
		}
		for _, name := range re.SubexpNames() {
			if name != "" && name != "bad" && name != "good" {
				errs = append(errs, fmt.Errorf("source %q: count: %q has a group named %q; name it bad or good, or not at all", s.Name, text, name))
			}
		}
	}
	return p, errors.Join(errs...)
}

// each compiles patterns on their own.
func each(list []string, source, key string, errs *[]error) (compiled []*regexp.Regexp) {
	for _, text := range list {
		if re := anyOf([]string{text}, source, key, errs); re != nil {
			compiled = append(compiled, re)
		}
	}
	return compiled
}

// anyOf compiles patterns into one that is found where any of them is.
func anyOf(list []string, source, key string, errs *[]error) *regexp.Regexp {
	var good []string
	for _, text := range list {
		re, err := regexp.Compile("(?m)" + text)
		switch {
		case err != nil:
			*errs = append(*errs, fmt.Errorf("source %q: %s: %w in %q; it is a regular expression of Go, see https://pkg.go.dev/regexp/syntax", source, key, err, text))
		case re.MatchString(""):
			*errs = append(*errs, fmt.Errorf("source %q: %s: %q is found in every mail; say what only those with this %s have", source, key, text, key))
		default:
			good = append(good, text)
		}
	}
	if len(good) == 0 {
		return nil
	}
	return regexp.MustCompile("(?m)" + strings.Join(good, "|"))
}

// status returns what the patterns say of text; empty if none is found.
func (p *patterns) status(text string) (status meaning.Status, found string) {
	for i, re := range p.statuses {
		if re == nil {
			continue
		}
		if at := re.FindStringIndex(text); at != nil {
			return statusOrder[i], text[at[0]:at[1]]
		}
	}
	return "", ""
}

// find returns what each pattern for objects finds in text.
func (p *patterns) find(text string) [][]string {
	all := make([][]string, len(p.objects))
	for i, re := range p.objects {
		if found := re.FindStringSubmatch(text); len(found) > 1 {
			all[i] = found[1:]
		} else {
			all[i] = found
		}
	}
	return all
}

// joined returns the object of which find has found the words, and of those that are not
// found what shared has; empty if there are none.
func joined(found, shared [][]string) string {
	var parts []string
	for i, words := range found {
		if words == nil && shared != nil {
			words = shared[i]
		}
		for _, part := range words {
			if part = strings.Join(strings.Fields(part), " "); part != "" && !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
	}
	object := content.Line(strings.ToValidUTF8(strings.Join(parts, "/"), ""))
	if len(object) <= maxObject {
		return object
	}
	// The alerts of a digest may differ at the end only.
	sum := sha256.Sum256([]byte(object))
	return strings.ToValidUTF8(object[:maxObject-10], "") + fmt.Sprintf(" #%x", sum[:4])
}

// headlineOf returns the line of text that says what happened; empty if that is not known.
func (p *patterns) headlineOf(text string) string {
	for _, re := range p.headline {
		found := re.FindStringSubmatch(text)
		for i := len(found) - 1; i >= 0; i-- {
			if line := strings.Join(strings.Fields(found[i]), " "); line != "" {
				return line[:min(len(line), maxLine)]
			}
		}
	}
	return ""
}

// severityOf returns how bad text says it is.
func (p *patterns) severityOf(text string) string {
	if p.severity == nil {
		return ""
	}
	found := p.severity.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	word := found[len(found)-1]
	status, _ := verdict(scan(word))
	return severityOf(status, scan(word))
}
