package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// A log with its name in front.
var namedLog = regexp.MustCompile("(?s)`(\\w+\\.log)`\n\n```log\n(.*?)```\n")

// The examples of docs/grouping.md print what they say.
func TestExplainPrintsWhatTheDocumentationShows(t *testing.T) {
	page, err := os.ReadFile("../../docs/grouping.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	logs := namedLog.FindAllStringSubmatch(string(page), -1)
	if len(logs) != 2 {
		t.Fatalf("there are %d logs in docs/grouping.md", len(logs))
	}
	for _, log := range logs {
		writeFile(t, log[1], log[2])
	}
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
