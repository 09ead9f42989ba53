package render

import (
	"slices"
	"testing"

	"github.com/hut8labs/failmail/internal/redact"
	"github.com/hut8labs/failmail/pkg/store"
)

func TestANewValueIsRedactedAsOthersAre(t *testing.T) {
	kept := []string{"hunter2_a", "token=abc_1", "import_customers"}
	s := &Summary{Groups: []Group{{Variants: []Variant{{
		Varying:   []store.Variation{{Label: "password", Distinct: 2, Top: []store.CountedValue{{Text: "hunter2_a", Count: 1}}}},
		NewValues: kept,
	}}}}}
	s.Redact(NewRedactor())
	if got := s.Groups[0].Variants[0].NewValues; got[0] != redact.Mark {
		t.Errorf("behind a label that names a secret the new values are %q", got)
	}
	s.Groups[0].Variants[0].Varying, s.Groups[0].Variants[0].NewValues = nil, kept
	s.Redact(NewRedactor())
	if got, want := s.Groups[0].Variants[0].NewValues, []string{"hunter2_a", redact.Mark, "import_customers"}; !slices.Equal(got, want) {
		t.Errorf("the new values are %q, want %q", got, want)
	}
	if kept[1] != "token=abc_1" {
		t.Error("what was given was changed")
	}
}
