package terminal

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTextIsWrappedBetweenWords(t *testing.T) {
	for name, tt := range map[string]struct {
		text  string
		width int
		want  []string
	}{
		"nothing":                          {"", 10, nil},
		"what fits exactly":                {"one two", 7, []string{"one two"}},
		"one character more":               {"one two", 6, []string{"one", "two"}},
		"lines of the source are joined":   {"one\ntwo  three", 20, []string{"one two three"}},
		"a long word has a line":           {"a bootstrapping b", 5, []string{"a", "bootstrapping", "b"}},
		"characters count, not bytes":      {"ää öö üü", 8, []string{"ää öö üü"}},
		"a line does not end between glue": {"a b" + Glue + "c", 3, []string{"a", "b c"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := wrapped(tt.text, tt.width); !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestTheWidthIsThatOfColumnsWithinReason(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, tt := range map[string]struct {
		columns string
		want    int
	}{
		"a file, which is no terminal": {"", 80},
		"a narrow terminal":            {"60", 60},
		"one too narrow to read":       {"20", 40},
		"one too wide to read":         {"140", 100},
		"no number":                    {"wide", 80},
		"less than none":               {"-1", 80},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("COLUMNS", tt.columns)
			if got := Width(f); got != tt.want {
				t.Errorf("%d characters, want %d", got, tt.want)
			}
		})
	}
}

func TestRowsShareAColumnAndLongTagsHaveALine(t *testing.T) {
	page := &Page{Width: 30}
	page.Sections([]Section{
		{"One", []Row{{"-a", "what a does, and more of it"}, {"--quite-long-tag", "text"}}},
		{"None", nil},
		{"Two", []Row{{"-b", "what b does"}}},
	})
	want := `
One:
  -a        what a does, and
            more of it
  --quite-long-tag
            text

Two:
  -b        what b does
`
	if got := page.String(); got != want {
		t.Errorf("%s\nwant%s", got, want)
	}
}
