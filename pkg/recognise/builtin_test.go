package recognise

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
)

func mailOf(e Example) *message.Message {
	var raw strings.Builder
	from := e.From
	if from == "" {
		from = "sender@example.com"
	}
	fmt.Fprintf(&raw, "From: %s\r\nTo: ops@example.com\r\nSubject: %s\r\nContent-Type: text/plain; charset=utf-8\r\n", from, e.Subject)
	for _, name := range slices.Sorted(maps.Keys(e.Header)) {
		fmt.Fprintf(&raw, "%s: %s\r\n", name, e.Header[name])
	}
	raw.WriteString("\r\n" + strings.ReplaceAll(e.Text, "\n", "\r\n"))
	return message.New(from, []string{"ops@example.com"}, []byte(raw.String()))
}

func TestEverySourceMeansWhatItsExamplesSay(t *testing.T) {
	r, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Builtin() {
		t.Run(s.Name, func(t *testing.T) {
			if s.Origin == "" || len(s.Examples) == 0 {
				t.Error("a source says where its format is known from, and has examples")
			}
			for _, e := range s.Examples {
				rec := r.Of(mailOf(e))
				if rec.Source != s.Name || rec.Status != e.Status || rec.Object != e.Object {
					t.Errorf("%q is %s of %q by %s (%s), not %s of %q", e.Subject, rec.Status, rec.Object, rec.Source, rec.Why, e.Status, e.Object)
				}
				if got := partsOf(rec); len(e.Parts) > 0 && !slices.Equal(got, e.Parts) {
					t.Errorf("%q says\n%s\nnot\n%s", e.Subject, strings.Join(got, "\n"), strings.Join(e.Parts, "\n"))
				}
				if e.Headline != "" && rec.Headline != e.Headline {
					t.Errorf("%q has the headline %q, not %q", e.Subject, rec.Headline, e.Headline)
				}
			}
		})
	}
}

// partsOf returns what a digest says as an Example has it.
func partsOf(rec Recognised) (parts []string) {
	for _, p := range rec.Parts {
		parts = append(parts, string(p.Status)+" | "+p.Object+" | "+p.Headline)
	}
	return parts
}

func TestThePatternsOfEverySourceAreSound(t *testing.T) {
	for _, s := range Builtin() {
		compiled, err := newSource(&s)
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		if _, err := compiled.compile(); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		for _, e := range s.Examples {
			if !slices.Contains(meaning.Statuses(), e.Status) {
				t.Errorf("%s: %q has the status %q", s.Name, e.Subject, e.Status)
			}
		}
	}
}
