// Package table reads the tables of a settings file, such as [[source]], into fields. What
// is wrong is said with the table, the key and what would be right.
package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/duration"
)

// List returns the tables called name, as a reader of TOML returns them; none for nil.
func List(value any, name string) (tables []map[string]any, err error) {
	if value == nil {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("%s is not a list of tables; begin each with [[%s]]", name, name)
	}
	for i, entry := range list {
		table, ok := entry.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s %d is not a table; begin it with [[%s]]", name, i+1, name)
		}
		tables = append(tables, table)
	}
	return tables, nil
}

// Decode reads a table into what the keys name: a *string, a *[]string, which takes one
// text, too, a *time.Duration, or a func(any) error.
func Decode(table, into map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(table)) {
		to, known := into[key]
		if !known {
			return fmt.Errorf("%s: there is no such key; take one of %s", key, strings.Join(slices.Sorted(maps.Keys(into)), ", "))
		}
		if err := decode(table[key], to); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func decode(value, to any) (err error) {
	switch to := to.(type) {
	case *string:
		*to, err = Text(value)
	case *[]string:
		*to, err = texts(value)
	case *time.Duration:
		text, err := Text(value)
		if err != nil {
			return err
		}
		*to, err = duration.Parse(text)
		return err
	case func(any) error:
		err = to(value)
	}
	return err
}

// Text returns a text.
func Text(value any) (string, error) {
	text, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("%v is no text; put it in quotes", value)
	}
	return text, nil
}

func texts(value any) (texts []string, err error) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, entry := range list {
		text, err := Text(entry)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}
