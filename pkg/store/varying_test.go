package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hut8labs/failmail/pkg/store"
)

func TestValuesOfDifferentMessagesAreNotMixed(t *testing.T) {
	of := func(pairs ...string) (values []store.Value) {
		for i := 0; i < len(pairs); i += 2 {
			values = append(values, store.Value{Label: pairs[i], Text: pairs[i+1]})
		}
		return values
	}
	mails := [][]store.Value{
		of("message", "table not found", "not found: <num>", "1146"),
		of("message", "lock wait <num>", "lock wait <num>", "1205"),
		of("message", "lock wait <num>", "lock wait <num>", "1206"),
		of("message", "<num> of <num>", "<num>", "1", "<num>", "9"),
		of("message", "<num> of <num>", "<num>", "2", "<num>", "9"),
	}
	const want = "[message: 3 values, [{<num> of <num> 2 0} {lock wait <num> 2 0} {table not found 1 0}]] " +
		"[lock wait <num>: 2 values, [{1205 1 0} {1206 1 0}]] [<num>: 2 values, [{1 1 0} {2 1 0}]] "
	var one, left, right store.Varying
	for i, values := range mails {
		one.Add(values)
		if i < 2 {
			left.Add(values)
		} else {
			right.Add(values)
		}
	}
	left.Merge(&right)
	for name, v := range map[string]*store.Varying{"counted in one": &one, "merged from two": &left} {
		var got string
		for _, variation := range v.Variations() {
			got += fmt.Sprintf("[%s: %d values, %v] ", variation.Label, variation.Distinct, variation.Top)
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
}

func TestAValueThatVariesInSeveralPlacesIsToldOnce(t *testing.T) {
	var v store.Varying
	for _, user := range []string{"anna", "ben"} {
		v.Add([]store.Value{{Label: "user", Text: user}, {Label: "host", Text: user + "s"}, {Label: "of user", Text: user}})
	}
	var labels []string
	for _, variation := range v.Told() {
		labels = append(labels, variation.Label)
	}
	if !slices.Equal(labels, []string{"user", "host"}) {
		t.Errorf("it tells %q", labels)
	}
}
