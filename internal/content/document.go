package content

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/hut8labs/failmail/internal/redact"
)

// Bounds of a document that is read as fields, in bytes and values.
const (
	maxDocument = 256 << 10
	maxFields   = 1000
)

// Inside stands between a key and that of the object in which it is.
const Inside = " > "

// fields returns text with the JSON object (RFC 8259) that it begins with, as many services send
// their events, as lines such as "Source ID: crm-prod": who reads it looks for those, and so does
// everything that reads a mail. So it does with a text that is one record of a logger in logfmt,
// level=error msg="no answer" host=db1. Any other text is returned as it is.
func fields(text string) string {
	body := strings.TrimLeft(text, " \t\n")
	if body == "" || len(body) > maxDocument {
		return text
	}
	var d document
	if body[0] != '{' {
		if d.logfmt(strings.TrimSpace(body)) {
			return d.text()
		}
		return text
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	if !d.value(decoder, nil, 0) {
		return text
	}
	rest := strings.TrimLeft(body[decoder.InputOffset():], " \t\n")
	switch {
	case rest == "":
		return d.text()
	case rest[0] == '{' || rest[0] == '[' || body[decoder.InputOffset()] != '\n':
		return text // one of several records, or no document
	}
	return d.text() + "\n\n" + rest
}

// A document is read value by value, in the order in which it stands.
type document struct {
	lines strings.Builder
	count int
}

func (d *document) text() string {
	if d.lines.Len() == 0 {
		return "{}"
	}
	return strings.TrimRight(d.lines.String(), "\n")
}

// value reads the next value, which has the keys of the objects in which it is; false if it is
// none, or there is too much.
func (d *document) value(decoder *json.Decoder, keys []string, depth int) bool {
	token, err := decoder.Token()
	if err != nil || depth > maxDepth {
		return false
	}
	switch token := token.(type) {
	case json.Delim:
		return d.composite(decoder, token, keys, depth)
	case string:
		return d.string(keys, token, depth)
	case json.Number:
		return d.field(keys, token.String())
	case bool:
		return d.field(keys, strconv.FormatBool(token))
	}
	return true // null says nothing
}

// composite reads the rest of an object or an array.
func (d *document) composite(decoder *json.Decoder, open json.Delim, keys []string, depth int) bool {
	for decoder.More() {
		inner := keys
		if open == '{' {
			name, err := decoder.Token()
			if err != nil {
				return false
			}
			inner = append(slices.Clip(keys), name.(string)) // as the decoder makes sure
		}
		if !d.value(decoder, inner, depth+1) {
			return false
		}
	}
	_, err := decoder.Token()
	return err == nil
}

// string adds a text, which may be a document itself, as that of a message that a queue carries.
func (d *document) string(keys []string, text string, depth int) bool {
	if strings.HasPrefix(text, "{") && depth < maxDepth {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		inner := document{count: d.count}
		if inner.value(decoder, keys, depth+1) && strings.TrimSpace(text[decoder.InputOffset():]) == "" {
			d.lines.WriteString(inner.lines.String())
			d.count = inner.count
			return true
		}
	}
	return d.field(keys, text)
}

// field adds a value. That of a secret is quoted, so that all of it is known as such.
func (d *document) field(keys []string, value string) bool {
	value = strings.TrimSpace(tidy(value))
	if value == "" {
		return true
	}
	if secret := slices.IndexFunc(keys, redact.NamesSecret); secret >= 0 {
		keys, value = keys[:secret+1], strconv.Quote(value)
	}
	if key := named(keys); key != "" {
		d.lines.WriteString(key + ": ")
	}
	for line := range strings.Lines(value) {
		if strings.TrimRight(line, " \n") != "--" { // it would begin a signature
			d.lines.WriteString(line)
		}
	}
	d.lines.WriteByte('\n')
	d.count++
	return d.count <= maxFields
}

// named returns the key of a field, behind those of the objects that say more than that something
// follows.
func named(keys []string) string {
	var path []string
	for i, key := range keys {
		key = strings.Join(strings.Fields(tidy(key)), " ")
		if key != "" && (i == len(keys)-1 || !slices.Contains(envelopes, strings.ToLower(key))) {
			path = append(path, key)
		}
	}
	return strings.Join(path, Inside)
}

// envelopes are objects that hold what a message is about.
var envelopes = strings.Fields("detail details data payload body message event record records alert alerts result attributes properties labels annotations")

// minPairs is how many pairs make a line a record: a setting is none.
const minPairs = 3

// logfmt adds the pairs of a line that consists of them; false for any other text.
func (d *document) logfmt(line string) bool {
	for pairs := 0; ; pairs++ {
		if line == "" {
			return pairs >= minPairs
		}
		end := strings.IndexByte(line, '=')
		if end <= 0 || strings.ContainsFunc(line[:end], func(r rune) bool { return !isKeyRune(r) }) {
			return false
		}
		key, value := line[:end], ""
		if line = line[end+1:]; strings.HasPrefix(line, `"`) {
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return false
			}
			if value, err = strconv.Unquote(quoted); err != nil {
				return false
			}
			line = line[len(quoted):]
		} else {
			end := strings.IndexAny(line, " \"\n")
			if end < 0 {
				end = len(line)
			}
			value, line = line[:end], line[end:]
		}
		if line != "" && line[0] != ' ' || !d.field([]string{key}, value) {
			return false
		}
		line = strings.TrimLeft(line, " ")
	}
}

func isKeyRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-'
}
