package batch

import (
	"cmp"
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/spelling"
	"github.com/hut8labs/failmail/pkg/message"
)

// The expressions used when none is given.
const (
	// DefaultBatch lets an application split its mails into several summaries
	// with a header; without it everything shares one summary.
	DefaultBatch = `{{.Header.Get "X-Failmail-Split"}}`
	// DefaultGroup gives each subject its own headline, and each error one entry.
	DefaultGroup = "subject"
)

// Compile turns an expression into a Grouper. An expression is either one or
// more named keys joined by commas ([Keys]), or a template
// (text/template) over a message.Message, with the functions match PATTERN TEXT (the
// leftmost match), submatch PATTERN TEXT (its first group), replace PATTERN TEXT
// REPLACEMENT, mask, lower and trim; patterns are as in package regexp. The error says
// where the expression is wrong and what would be right.
func Compile(text string) (Grouper, error) {
	if strings.TrimSpace(text) == DefaultGroup {
		return bySubject{}, nil
	}
	compile := compileKeys
	if strings.Contains(text, "{{") {
		compile = compileTemplate
	}
	g, err := compile(text)
	if err != nil {
		return nil, err
	}
	return expression{g}, nil
}

func compileKeys(text string) (GrouperFunc, error) {
	var keys []GrouperFunc
	position := 1
	for part := range strings.SplitSeq(text, ",") {
		name := strings.TrimSpace(part)
		key, err := compileKey(name, position+strings.Index(part, name))
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
		position += len(part) + 1
	}
	if len(keys) == 1 {
		return keys[0], nil
	}
	return func(m *message.Message) (string, error) {
		values := make([]string, len(keys))
		for i, key := range keys {
			value, err := key(m)
			if err != nil {
				return "", err
			}
			values[i] = cmp.Or(value, "(none)")
		}
		return strings.Join(values, " / "), nil
	}, nil
}

// compileKey returns what one named key gives; position is where it stands.
func compileKey(name string, position int) (GrouperFunc, error) {
	for _, key := range namedKeys {
		if name == key.name && key.of != nil {
			return key.of, nil
		}
	}
	header, isHeader := strings.CutPrefix(name, headerPrefix)
	header = textproto.TrimString(header)
	switch {
	case !isHeader || header == "":
		return nil, fmt.Errorf("unknown key %q at position %d%s: use %s, joined by commas, or a template such as {{.Header.Get \"Subject\"}}",
			name, position, didYouMean("", spelling.Nearest(name, Keys())), phrase.Or(Keys()))
	case !isFieldName(header):
		return nil, fmt.Errorf("the header name %q at position %d is not valid: it may not contain a blank, a colon or a letter beyond ASCII; use one such as %sX-Team",
			header, position+len(headerPrefix), headerPrefix)
	}
	return headerKey(header), nil
}

func compileTemplate(text string) (GrouperFunc, error) {
	text = rawPatterns(text)
	if err := checkTemplate("expression", text); err != nil {
		return nil, err
	}
	patterns, calls := &patternCache{}, make(template.FuncMap)
	for _, f := range functions {
		calls[f.name] = f.of(patterns)
	}
	t, err := template.New("expression").Option("missingkey=error").Funcs(calls).Parse(text)
	if err != nil {
		return nil, syntaxError(err)
	}
	g := func(m *message.Message) (string, error) {
		var key strings.Builder
		if err := t.Execute(&key, m); err != nil {
			return "", runError(err)
		}
		return key.String(), nil
	}
	// What no check of the parse tree finds, such as an index out of range.
	if _, err := g(message.New("from@example.com", []string{"to@example.com"}, []byte("Subject: check\r\n\r\ncheck\r\n"))); err != nil {
		return nil, err
	}
	if name, ok := headerOnly(t.Root); ok {
		return headerKey(name), nil
	}
	return g, nil
}

// headerOnly reports whether a template is {{.Header.Get "NAME"}}, as the default
// is, which needs no interpreter for each mail.
func headerOnly(root *parse.ListNode) (name string, ok bool) {
	if len(root.Nodes) != 1 {
		return "", false
	}
	action, ok := root.Nodes[0].(*parse.ActionNode)
	if !ok || len(action.Pipe.Decl) > 0 || len(action.Pipe.Cmds) != 1 || len(action.Pipe.Cmds[0].Args) != 2 {
		return "", false
	}
	args := action.Pipe.Cmds[0].Args
	field, isField := args[0].(*parse.FieldNode)
	text, isText := args[1].(*parse.StringNode)
	if !isField || !isText || !slices.Equal(field.Ident, []string{"Header", "Get"}) {
		return "", false
	}
	return text.Text, true
}

func headerKey(name string) GrouperFunc {
	return func(m *message.Message) (string, error) { return m.Header.Get(name), nil }
}

// doubtful matches a string with a backslash that Go does not know, such as
// "\[": what failmail 0.2 took for a pattern as it stands.
var doubtful = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"`)

// rawPatterns makes such strings raw.
func rawPatterns(expression string) string {
	return doubtful.ReplaceAllStringFunc(expression, func(quoted string) string {
		if _, err := strconv.Unquote(quoted); err == nil || strings.Contains(quoted, "`") {
			return quoted
		}
		return "`" + strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) + "`"
	})
}

// isFieldName reports whether a header field can have the name (RFC 5322
// section 2.2).
func isFieldName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' })
}

func syntaxError(err error) error {
	return fmt.Errorf("%s: fields are %s; functions are %s", strings.TrimPrefix(err.Error(), "template: "), fieldNames, strings.Join(functionNames(), ", "))
}

// inExecution matches what text/template writes in front of an error: where in
// the template it is.
var inExecution = regexp.MustCompile(`^template: expression:([0-9]+:[0-9]+): executing "[^"]*" at (<.*?>): (?:error calling \w+: )?`)

// runError puts first what is wrong with a mail: a title shows no more than its
// beginning.
func runError(err error) error {
	text := err.Error()
	m := inExecution.FindStringSubmatch(text)
	if m == nil {
		return err
	}
	return fmt.Errorf("%s, at %s (expression:%s)", strings.TrimPrefix(text, m[0]), m[2], m[1])
}
