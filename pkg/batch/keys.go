package batch

import "github.com/hut8labs/failmail/pkg/message"

// A namedKey is a word of an expression. Compile, its error texts, --help, the
// completions and docs/grouping.md know it from its entry in namedKeys.
type namedKey struct {
	name    string
	meaning string // in Markdown, for docs/grouping.md
	of      GrouperFunc
}

var namedKeys = []namedKey{
	{"subject", "the subject, decoded",
		bySubject{}.Group},
	{"masked-subject", "the subject after masking",
		func(m *message.Message) (string, error) { return Mask(m.Subject()), nil }},
	{"fingerprint", "the fingerprint; the headline is then the reason, see below",
		func(m *message.Message) (string, error) { return FingerprintOf(m).ID, nil }},
	{"from", "the sender of the envelope",
		func(m *message.Message) (string, error) { return m.From, nil }},
	{"host", "the name the client gave in its greeting; its address if that is not a name",
		func(m *message.Message) (string, error) { return m.Host(), nil }},
	{"status", "what the mail says: `problem`, `warning`, `recovery`, `ok` or `info`, see [sources](sources.md)",
		func(m *message.Message) (string, error) { return string(m.Meaning.Status), nil }},
	{"severity", "how bad it is: `critical`, `error`, `warning` or `info`",
		func(m *message.Message) (string, error) { return m.Meaning.Severity, nil }},
	{"source", "who sent it: the name of a known sender, otherwise the address of the envelope",
		func(m *message.Message) (string, error) { return m.Meaning.Source, nil }},
	{"object", "what it is about, such as `db1/Disk /var`; empty if that is not known",
		func(m *message.Message) (string, error) { return m.Meaning.Object, nil }},
	{headerPrefix + "NAME", "a header field, decoded", nil}, // see compileKey
}

// bySubject is the Grouper of [DefaultGroup]. It lays a summary out by subject, as a
// person reads one: an error is one entry, whatever its subject, and entries whose
// subjects differ only in values stand under one headline. Any other Grouper is the
// word of its user: what it keeps apart is no one entry.
type bySubject struct{}

// Group implements Grouper.
func (bySubject) Group(m *message.Message) (string, error) { return m.Subject(), nil }

// headerPrefix begins a key for the header field that follows it.
const headerPrefix = "header:"

// Keys returns the named keys that [Compile] takes, in the order in which people are
// shown them; the last one, header:NAME, stands for one for each header field. It is
// safe for concurrent use.
func Keys() []string {
	names := make([]string, len(namedKeys))
	for i, key := range namedKeys {
		names[i] = key.name
	}
	return names
}
