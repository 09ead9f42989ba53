package spelling_test

import (
	"testing"

	"github.com/hut8labs/failmail/internal/spelling"
)

func TestTheNearestNameIsTheOneThatWasMeant(t *testing.T) {
	names := []string{"Headline", "Header", "Host", "number", "to", "report", "help"}
	for name, want := range map[string]string{
		"Headlin": "Headline", "headline": "Headline", "Haeder": "Header", "Hosts": "Host", "numbr": "number",
		"nubmer": "number", "": "", "Ho": "Host", "Title": "", "xx": "", "port": "", "url": "", "reprot": "report", "tto": "", "host": "Host",
	} {
		if got := spelling.Nearest(name, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
