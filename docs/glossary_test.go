package docs

import (
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the glossary of docs/README.md anew")

// A term is defined once, in one sentence on the page where it belongs:
//
//	A **fingerprint** is a hash of what two occurrences of an error have in common.
//
// An article and a term in bold at the start of a sentence are such a definition.
var (
	defining   = regexp.MustCompile(`(?:^|[.:!?] )(?:A|An|The) \*\*`)
	definition = regexp.MustCompile(`^[.:!? ]*(?:A|An|The) \*\*([^*]+)\*\* (?:is|are) ([^*]+?)\.(?: |$)`)
)

// Meanings are cells of a table, which people look up.
const longestMeaning = 160

type term struct{ name, meaning, page, section string }

func TestTheGlossaryHasEveryTermThatAPageDefines(t *testing.T) {
	var terms []term
	for _, page := range pages(t) {
		terms = append(terms, termsOf(t, page)...)
	}
	slices.SortFunc(terms, func(a, b term) int { return cmp.Compare(a.name, b.name) })
	var rows strings.Builder
	for i, of := range terms {
		if i > 0 && terms[i-1].name == of.name {
			t.Errorf("%q is defined on %s and on %s; keep the one where it belongs", of.name, terms[i-1].page, of.page)
		}
		if n := utf8.RuneCountInString(of.meaning); n > longestMeaning {
			t.Errorf("%s: what %q means takes %d characters, more than %d", of.page, of.name, n, longestMeaning)
		}
		target := of.page
		if at := anchor(of.section); of.section != firstHeading(t, of.page) {
			target += "#" + at
		}
		rows.WriteString("| " + of.name + " | " + strings.ReplaceAll(of.meaning, "|", `\|`) + " | [" + of.section + "](" + target + ") |\n")
	}
	if len(terms) < 30 {
		t.Errorf("only %d terms were found", len(terms))
	}
	const page, begin, end = "README.md", "<!-- glossary: from the pages -->\n", "<!-- end of glossary -->\n"
	before, rest, found := strings.Cut(read(t, page), begin)
	got, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s does not have %q and, after it, %q", page, begin, end)
	}
	want := "| term | meaning | more |\n|---|---|---|\n" + rows.String()
	switch {
	case got == want:
	case !*update:
		t.Errorf("the glossary of %s is not what the pages say; write it anew with go test ./docs -run Glossary -update", page)
	default:
		if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// termsOf returns what a page defines, each with the heading that it stands under.
func termsOf(t *testing.T, page string) (terms []term) {
	t.Helper()
	section := ""
	for _, text := range paragraphs(read(t, page)) {
		if heading, is := strings.CutPrefix(text, "#"); is {
			section = strings.TrimSpace(strings.TrimLeft(heading, "#"))
			continue
		}
		for _, at := range defining.FindAllStringIndex(text, -1) {
			match := definition.FindStringSubmatch(text[at[0]:])
			if match == nil {
				t.Errorf("%s: a definition reads `A **term** is a meaning.`, this does not:\n%s", page, text[at[0]:])
				continue
			}
			terms = append(terms, term{match[1], inlineLink.ReplaceAllString(match[2], "$1"), page, section})
		}
	}
	return terms
}

func firstHeading(t *testing.T, page string) string {
	t.Helper()
	first, _, _ := strings.Cut(read(t, page), "\n")
	return strings.TrimPrefix(first, "# ")
}

var (
	fencedBlock = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	inlineLink  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	inlineCode  = regexp.MustCompile("`[^`]*`")
	notInAnchor = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// paragraphs returns headings, paragraphs, items of lists and rows of tables, each as a
// line.
func paragraphs(page string) (texts []string) {
	begin := true
	for line := range strings.Lines(fencedBlock.ReplaceAllString(page, "")) {
		line = strings.TrimSpace(line)
		item := strings.HasPrefix(line, "- ")
		switch alone := strings.HasPrefix(line, "#") || strings.HasPrefix(line, "|"); {
		case line == "":
			begin = true
		case begin || item || alone:
			texts = append(texts, strings.TrimPrefix(line, "- "))
			begin = alone
		default:
			texts[len(texts)-1] += " " + line
		}
	}
	return texts
}

// anchor returns what a heading is called in links.
func anchor(heading string) string {
	return strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// pages returns the pages of this folder, and those of products.
func pages(t *testing.T) (found []string) {
	t.Helper()
	for _, pattern := range []string{"*.md", "works-with/*.md"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, some...)
	}
	return found
}

// Whoever begins at the table of pages, or in the menu that the site makes of it, finds each.
func TestTheTableOfPagesNamesEachOfThem(t *testing.T) {
	contents, _, _ := strings.Cut(read(t, "README.md"), "\n## ")
	for _, page := range pages(t) {
		if page != "README.md" && !strings.Contains(contents, "]("+page+")") {
			t.Errorf("the table of README.md has no link to %s", page)
		}
	}
}

// One word for one thing. Each of these was found on a page that meant the other.
var wordsNotToUse = []struct{ word, say string }{
	{`mail readers?`, "mail client"},
	{`upstream`, "relay"},
	{`variants?`, "error, or entry in a summary"},
	{`expectations?`, "expected mail"},
}

func TestThePagesHaveOneWordForOneThing(t *testing.T) {
	own := map[string]string{"architecture.md": `variants?`} // a type of the code, described there
	for _, page := range append(pages(t), "../README.md") {
		for _, text := range paragraphs(read(t, page)) {
			text = inlineCode.ReplaceAllString(inlineLink.ReplaceAllString(text, "$1"), "")
			for _, not := range wordsNotToUse {
				if found := regexp.MustCompile(`\b` + not.word + `\b`).FindString(text); found != "" && own[page] != not.word {
					t.Errorf("%s: for %q say %s:\n%s", page, found, not.say, text)
				}
			}
		}
	}
}
