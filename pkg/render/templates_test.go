package render

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestMistakesInTemplatesAreFoundAtStart(t *testing.T) {
	tests := []struct {
		name  string
		file  string // "subject" for that
		text  string
		wants []string
	}{
		{"a misspelt field", "summary.txt", "a\n{{.Headlin}}", []string{"summary.txt:2:", "Headlin", "did you mean Headline", "its fields are"}},
		{"a field of a group", "summary.html", "{{range .Detailed}}{{.Titel}}{{end}}", []string{"summary.html:1:", "Titel", "did you mean Title"}},
		{"a field of a variant", "summary.txt", "{{range .Detailed}}{{range .Shown}}{{.Smaple.Text}}{{end}}{{end}}", []string{"did you mean Sample"}},
		{"a field in a branch that few mails take", "summary.txt", "{{if gt .Count 100000}}{{.Headlin}}{{end}}", []string{"summary.txt:1:", "did you mean Headline"}},
		{"a field in an else", "summary.txt", "{{with .Headline}}x{{else}}\n\n{{.Headlin}}{{end}}", []string{"summary.txt:3:"}},
		{"a field in a template of its own", "summary.txt", `{{define "row"}}{{.Titl}}{{end}}{{range .Index}}{{if gt .Count 99999}}{{template "row" .}}{{end}}{{end}}`, []string{"did you mean Title"}},
		{"a template that is not there", "summary.txt", `{{if gt .Count 100000}}{{template "row" .}}{{end}}`, []string{`"row"`}},
		{"a misspelt function", "summary.txt", "{{numbr .Count}}", []string{"summary.txt:1", "did you mean number", "functions are"}},
		{"a function without its argument", "summary.txt", "{{if gt .Count 100000}}{{plural .Count}}{{end}}", []string{"summary.txt:1:", "plural"}},
		{"syntax", "summary.html", "<p>{{if}}</p>", []string{"summary.html:1"}},
		{"HTML that does not end", "summary.html", "<p title=\"{{.Headline}}", []string{"summary.html"}},
		{"the subject", "subject", "{{.Topp}}", []string{"subject:1:", "did you mean Top"}},
		{"the subject in a seldom branch", "subject", "{{if gt .Mails 100000}}{{.Tpo}}{{end}}", []string{"did you mean Top"}},
		{"a file with another name", "summary.text", "x", []string{"neither summary.txt nor summary.html", "summary.text"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Templates: fstest.MapFS{tt.file: {Data: []byte(tt.text)}}}
			field := "Templates"
			if tt.file == "subject" {
				o, field = Options{Subject: tt.text}, "Subject"
			}
			_, err := NewStandard(o)
			var wrong *OptionError
			if !errors.As(err, &wrong) || wrong.Field != field {
				t.Fatalf("the error is %v, want an OptionError of %s", err, field)
			}
			for _, want := range tt.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
}

func TestTemplatesThatLookBeforeTheyLeapAreTaken(t *testing.T) {
	for _, text := range []string{
		"{{if gt (len .Groups) 3}}{{(index .Groups 3).Title}}{{end}}",
		"{{with .HeldSince}}{{.Year}}{{else}}never{{end}}",
		`{{define "twice"}}{{.}}{{.}}{{end}}{{template "twice" .Headline}}`,
		"{{range $i, $g := .Index}}{{if eq $i 2}}{{break}}{{end}}{{$g.Title}}{{else}}none{{end}}",
		"{{if $first := .First}}{{clock $first}}{{end}}",
		"{{$shown := 0}}{{range .Detailed}}{{$shown = len .Shown}}{{end}}{{$shown}}",
	} {
		if _, err := NewStandard(Options{Templates: fstest.MapFS{"summary.txt": {Data: []byte(text)}}}); err != nil {
			t.Errorf("%s is refused: %v", text, err)
		}
	}
}

func TestTheStandardTemplatesAreWrittenToBeginFrom(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	files, err := WriteTemplates(folder)
	if err != nil || !slices.Equal(files, []string{filepath.Join(folder, "summary.txt"), filepath.Join(folder, "summary.html")}) {
		t.Fatalf("wrote %v (%v)", files, err)
	}
	own, err := NewStandard(Options{Templates: os.DirFS(folder)})
	if err != nil {
		t.Fatal(err)
	}
	s := summaryOf(t, plain("s", "x", 0))
	got, err := own.Render(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if want := render(t, s).Raw; string(settled(t, got.Raw)) != string(settled(t, want)) {
		t.Errorf("they make another mail:\n%s", got.Raw)
	}
	if err := os.WriteFile(files[0], []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteTemplates(folder); err == nil {
		t.Error("written over those that are there")
	}
	if text, err := os.ReadFile(files[0]); err != nil || string(text) != "mine" {
		t.Errorf("%q was changed (%v)", text, err)
	}
}

// Who writes a template reads there what there is.
func TestTheDocumentationNamesEveryFieldAndFunction(t *testing.T) {
	text, err := fs.ReadFile(os.DirFS("../.."), "docs/templates.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range templateTypes {
		for _, name := range membersOf(kind) {
			if !regexp.MustCompile("`\\.?" + name + "\\b").Match(text) {
				t.Errorf("%s.%s is not in docs/templates.md", kind.Elem().Name(), name)
			}
		}
	}
	for name := range maps.Keys(functions) {
		if !strings.Contains(string(text), "`"+name+" ") {
			t.Errorf("the function %s is not in docs/templates.md", name)
		}
	}
}
