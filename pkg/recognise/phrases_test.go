package recognise

import (
	"maps"
	"slices"
	"testing"
)

func TestAPhraseSaysOneThing(t *testing.T) {
	for name, lists := range map[string][]phrase{"phrases": slices.Concat(slices.Collect(maps.Values(phrases))...), "endings": endings} {
		says := make(map[string]sense)
		for _, p := range lists {
			if other, twice := says[p.text]; twice {
				t.Errorf("%s: %q stands there twice, as %d and %d", name, p.text, other, p.says)
			}
			if says[p.text] = p.says; p.text == "" || p.text != lowerOf(p.text) {
				t.Errorf("%s: %q is not in lower case", name, p.text)
			}
		}
	}
}
