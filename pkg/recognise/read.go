package recognise

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hut8labs/failmail/internal/table"
	"github.com/hut8labs/failmail/pkg/meaning"
)

// Read makes sources of the [[source]] tables of a settings file, as a reader of TOML
// returns them. The error names the source, the key and how to mend it.
func Read(tables any) ([]Source, error) {
	list, err := table.List(tables, "source")
	if err != nil {
		return nil, err
	}
	var sources []Source
	for i, entry := range list {
		var s Source
		err := table.Decode(entry, map[string]any{
			"name": &s.Name, "match": &s.Match, "problem": &s.Problem, "warning": &s.Warning, "info": &s.Info,
			"recovery": &s.Recovery, "ok": &s.OK, "object": &s.Object, "severity": &s.Severity, "headline": &s.Headline,
			"section": &s.Section, "part": &s.Part, "count": &s.Count, "origin": &s.Origin,
			"product": &s.Product, "kind": &s.Kind, "example": func(value any) (err error) { s.Examples, err = readExamples(value); return err },
		})
		if err != nil {
			name, _ := entry["name"].(string)
			return nil, fmt.Errorf("source %d %q: %w", i+1, name, err)
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// readExamples reads the mails of a source; what is no other key is a header field.
func readExamples(value any) (examples []Example, err error) {
	list, err := table.List(value, "source.example")
	if err != nil {
		return nil, err
	}
	for _, entry := range list {
		e := Example{Header: make(map[string]string)}
		into := map[string]any{
			"from": &e.From, "subject": &e.Subject, "text": &e.Text, "object": &e.Object, "headline": &e.Headline, "parts": &e.Parts,
			"status": func(value any) error { text, err := table.Text(value); e.Status = meaning.Status(text); return err },
		}
		for _, key := range slices.Sorted(maps.Keys(entry)) {
			if into[key] == nil {
				into[key] = func(value any) (err error) { e.Header[key], err = table.Text(value); return err }
			}
		}
		if err := table.Decode(entry, into); err != nil {
			return nil, err
		}
		examples = append(examples, e)
	}
	return examples, nil
}
