package recognise

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/sources.md anew")

func TestTheDocumentationListsEverySource(t *testing.T) {
	const page, head = "../../docs/sources.md", "| source | known from |\n|---|---|\n"
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	origins := make(map[string][]string)
	var names []string
	for _, s := range Builtin() {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
		if !slices.Contains(origins[s.Name], s.Origin) {
			origins[s.Name] = append(origins[s.Name], s.Origin)
		}
	}
	slices.Sort(names)
	var rows strings.Builder
	for _, name := range names {
		rows.WriteString("| " + name + " | " + strings.ReplaceAll(strings.Join(origins[name], "; "), "|", `\|`) + " |\n")
	}
	before, rest, found := strings.Cut(string(raw), head)
	_, after, ended := strings.Cut(rest, "\nA new one")
	if !found || !ended {
		t.Fatalf("%s has no table of sources", page)
	}
	want := before + head + rows.String() + "\nA new one" + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(raw) {
		t.Errorf("%s does not list what is known; write it anew with go test ./pkg/recognise -update", page)
	}
}
