package batch

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/grouping.md anew")

func TestGroupingListsEveryKeyAndFunction(t *testing.T) {
	const page = "../../docs/grouping.md"
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	var keys, calls strings.Builder
	for _, key := range namedKeys {
		keys.WriteString("| `" + key.name + "` | " + key.meaning + " |\n")
	}
	for _, f := range functions {
		calls.WriteString("| `" + f.name + " " + strings.Join(f.arguments, " ") + "` | " + f.meaning + " |\n")
	}
	for head, want := range map[string]string{"| named key | value |\n|---|---|\n": keys.String(), "| function | value |\n|---|---|\n": calls.String()} {
		before, rest, found := strings.Cut(text, head)
		got, after, ended := strings.Cut(rest, "\n\n")
		if !found || !ended {
			t.Fatalf("%s has no table with the head %q", page, head)
		}
		text = before + head + strings.TrimSuffix(want, "\n") + "\n\n" + after
		if got += "\n"; got != want && !*update {
			t.Errorf("%s has\n%swant (go test ./pkg/batch -update)\n%s", page, got, want)
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
