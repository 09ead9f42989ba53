package content

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

// Bounds of a document that is read as fields, in bytes and values.
const (
	maxDocument = 256 << 10
	maxFields   = 1000
)

// fields returns text with the JSON object (RFC 8259) that it begins with, as many services send
// their events, as lines such as "Source ID: crm-prod": who reads it looks for those, and so does
// everything that reads a mail. So it does with a text that is one record of a logger in logfmt, level=error
// msg="no answer" host=db1. Any other text is returned as it is.
func fields(text string) string {
	body := strings.TrimLeft(text, " \t\n")
	switch {
	case body == "" || len(body) > maxDocument:
		return text
	case body[0] != '{':
		if pairs := logfmt(strings.TrimSpace(body)); len(pairs) >= minPairs {
			return strings.Join(pairs, "\n")
		}
		return text
	}
	d := document{decoder: json.NewDecoder(strings.NewReader(body))}
	d.decoder.UseNumber()
	if !d.value("", 0) || d.count == 0 {
		return text
	}
	rest := strings.TrimLeft(body[d.decoder.InputOffset():], " \t\n")
	switch {
	case rest == "":
		return strings.TrimRight(d.lines.String(), "\n")
	case rest[0] == '{' || rest[0] == '[' || body[d.decoder.InputOffset()] != '\n':
		return text // one of several records, or no document
	}
	return d.lines.String() + "\n" + rest
}

// A document is read value by value, in the order in which it stands.
type document struct {
	decoder *json.Decoder
	lines   strings.Builder
	count   int
}

// value reads the next value, which is that of key; false if it is none, or there is too much.
func (d *document) value(key string, depth int) bool {
	token, err := d.decoder.Token()
	if err != nil || depth > maxDepth {
		return false
	}
	switch token := token.(type) {
	case json.Delim:
		return d.composite(token, key, depth)
	case string:
		return d.text(key, token, depth)
	case json.Number:
		return d.field(key, token.String())
	case bool:
		if token {
			return d.field(key, "true")
		}
		return d.field(key, "false")
	}
	return true // null says nothing
}

// composite reads the rest of an object or an array. The fields of inner ones have the keys that
// stand beside them.
func (d *document) composite(open json.Delim, key string, depth int) bool {
	for d.decoder.More() {
		if open == '{' {
			name, err := d.decoder.Token()
			if err != nil {
				return false
			}
			key = name.(string) // as the decoder makes sure
		}
		if !d.value(key, depth+1) {
			return false
		}
	}
	_, err := d.decoder.Token()
	return err == nil || err == io.EOF
}

// text adds a text, which may be a document itself, as that of a message that a queue carries.
func (d *document) text(key, text string, depth int) bool {
	if strings.HasPrefix(text, "{") && depth < maxDepth {
		inner := document{decoder: json.NewDecoder(strings.NewReader(text)), count: d.count}
		inner.decoder.UseNumber()
		if inner.value(key, depth+1) && inner.count > d.count && strings.TrimSpace(text[inner.decoder.InputOffset():]) == "" {
			d.lines.WriteString(inner.lines.String())
			d.count = inner.count
			return true
		}
	}
	return d.field(key, tidy(text))
}

func (d *document) field(key, value string) bool {
	if value = strings.TrimSpace(value); value == "" {
		return true
	}
	if key = strings.TrimSpace(tidy(key)); key != "" {
		d.lines.WriteString(key + ": ")
	}
	d.lines.WriteString(value + "\n")
	d.count++
	return d.count <= maxFields
}

// minPairs is how many pairs make a line a record: a setting is none.
const minPairs = 3

// logfmt returns the pairs of a line that consists of them, as "key: value" without those that have
// no value; none of any other text.
func logfmt(line string) (pairs []string) {
	for line != "" {
		end := strings.IndexByte(line, '=')
		if end <= 0 || strings.ContainsFunc(line[:end], func(r rune) bool { return !isKeyRune(r) }) {
			return nil
		}
		key, value := line[:end], ""
		if line = line[end+1:]; strings.HasPrefix(line, `"`) {
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil
			}
			if value, err = strconv.Unquote(quoted); err != nil {
				return nil
			}
			line = line[len(quoted):]
		} else {
			end := strings.IndexAny(line, " \"\n")
			if end < 0 {
				end = len(line)
			}
			value, line = line[:end], line[end:]
		}
		if line != "" && line[0] != ' ' {
			return nil
		}
		line = strings.TrimLeft(line, " ")
		if value = strings.TrimSpace(tidy(value)); value != "" {
			pairs = append(pairs, key+": "+value)
		}
	}
	return pairs
}

func isKeyRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-'
}
