package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A role that was granted what the page says can do all that a node does.
func TestTheRoleOfANodeIsGrantedEveryTable(t *testing.T) {
	page, err := os.ReadFile("scaling.md")
	if err != nil {
		t.Fatal(err)
	}
	grant := regexp.MustCompile(`(?s)GRANT SELECT, INSERT, UPDATE, DELETE ON (.*?)\s+TO `).FindSubmatch(page)
	if grant == nil {
		t.Fatal("the page grants nothing")
	}
	granted := regexp.MustCompile(`\w+`).FindAllString(string(grant[1]), -1)
	files, err := filepath.Glob("../pkg/store/postgres/migrations/*.sql")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	for _, file := range files {
		script, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, made := range regexp.MustCompile(`CREATE TABLE (\w+)`).FindAllStringSubmatch(string(script), -1) {
			if !slices.Contains(granted, made[1]) {
				t.Errorf("%s makes %s, which is not among those granted: %s", filepath.Base(file), made[1], strings.Join(granted, ", "))
			}
		}
	}
}
