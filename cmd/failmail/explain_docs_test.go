package main

import (
	"os"
	"strings"
	"testing"
)

// The examples of docs/grouping.md print what they say.
func TestExplainPrintsWhatTheDocumentationShows(t *testing.T) {
	page, err := os.ReadFile("../../docs/grouping.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	_, rest, found := strings.Cut(string(page), "```log\n")
	log, _, _ := strings.Cut(rest, "```\n")
	if !found {
		t.Fatal("there is no log in docs/grouping.md")
	}
	writeFile(t, "auth.log", log)
	examples := strings.Split(string(page), "```console\n$ failmail explain ")[1:]
	if len(examples) < 2 {
		t.Fatalf("there are %d examples", len(examples))
	}
	for _, example := range examples {
		example, _, _ = strings.Cut(example, "```\n")
		line, want, _ := strings.Cut(example, "\n")
		line, first := strings.CutSuffix(line, " | head -n 1")
		code, got, stderr := explainMails(t, "", strings.Fields(line)...)
		if first {
			got, _, _ = strings.Cut(got, "\n")
			got += "\n"
		}
		if code != 0 || got != want {
			t.Errorf("failmail explain %s: exit code %d, %sprinted\n%s\ninstead of\n%s", line, code, stderr, got, want)
		}
	}
}
