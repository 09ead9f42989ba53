package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The material is made up: two lines of one group that a word tears apart, one that
// nothing does; a trace that occurs twice; a text with its values.
var material = map[string]string{
	"loghub/Shop.jsonl": `{"content": "row 1 is gone", "group": "E1"}
{"content": "row 2 is gone", "group": "E1"}
{"content": "disk is full", "group": "E2"}
{"content": "disk is empty", "group": "E2"}
`,
	"loghub/Bank.jsonl": `{"content": "teller 1 is closed", "group": "E1"}
{"content": "teller 2 is closed", "group": "E2"}
{"content": "vault opened", "group": "E3"}
`,
	"errors/labels.jsonl": `{"file": "a.1.eml", "case": "a", "best_headline_regex": "^KeyError", "acceptable_headline_regex": "Order"}
{"file": "a.2.eml", "case": "a", "best_headline_regex": "^KeyError", "acceptable_headline_regex": ""}
{"file": "b.1.eml", "case": "b", "best_headline_regex": "no space left", "acceptable_headline_regex": "write .* failed"}
{"file": "b.2.eml", "case": "b", "best_headline_regex": "no space left", "acceptable_headline_regex": ""}
{"file": "c.1.eml", "case": "c", "best_headline_regex": "^KeyError", "acceptable_headline_regex": ""}
`,
	"errors/a.1.eml": "Subject: Order 1\n\n" + traceback,
	"errors/a.2.eml": "Subject: Order for Anna\n\n" + traceback,
	"errors/c.1.eml": "Subject: Refund\n\n" + traceback,
	"errors/b.1.eml": "Subject: backup\n\nthe write to disk failed\n",
	"errors/b.2.eml": "Subject: backup\n\nthe write to tape failed\n",
	"pairs/sets.jsonl": `{"want": "apart", "texts": ["link up on port 1", "link up on port 2", "link down on port 1"]}
{"want": "merge", "texts": ["job 1 is late", "job 2 is late"]}
{"want": "merge", "texts": ["job import is late", "job export is late"]}
`,
	"senders/labels.jsonl": `{"file": "disk.eml", "headline_regex": "disk 17 is full|full disk"}
{"file": "mail.eml", "headline_regex": "queue is stuck"}
`,
	"senders/disk.eml": "Subject: s\n\nGood morning,\n\nerror: disk 17 is full\n",
	"senders/mail.eml": "Subject: s\n\nerror: cannot deliver\n",
}

const traceback = "Traceback (most recent call last):\n  File \"/srv/a.py\", line 88, in f\n    g()\nKeyError: 'a-4711'\n"

func TestEachKindOfMaterialHasItsFigures(t *testing.T) {
	got := strings.Fields(measured(t, material, 0))
	want := strings.Fields(`
kind     figure                     value
loghub   grouping accuracy, Bank    0.333
loghub   F1 of groups, Bank         0.400
loghub   grouping accuracy, Shop    0.500
loghub   F1 of groups, Shop         0.400
loghub   grouping accuracy, mean    0.417
loghub   F1 of groups, mean         0.400
errors   headline, 0 to 2           1.400
errors   occurrences together       0.500
errors   wrong merges               1
pairs    wrong merges               1
pairs    wanted merges              0.500
senders  headline matches           0.500
`)
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestMistakesAreShownWithWhatCausedThem(t *testing.T) {
	_, got, _ := strings.Cut(measured(t, material, 1), "\n\n")
	want := `loghub/Bank, wrong merge: 1 of 1
  E1  teller 1 is closed
    E2  teller 2 is closed

loghub/Shop, split: 1 of 1
  E2  disk is full
    E2  disk is empty
    - disk is full
    + disk is empty

errors/labels, headline: 1 of 2
  b.1.eml, score 1: the write to disk failed

errors/labels, split: 1 of 1
  b.1.eml
    b.2.eml
    - the write to disk failed
    + the write to tape failed

errors/labels, wrong merge: 1 of 1
  a.1.eml
    c.1.eml

pairs/sets, wrong merge: 1 of 1
  link up on port 1
    link up on port 2

pairs/sets, split: 1 of 1
  job import is late
    job export is late
    - job import is late
    + job export is late

senders/labels, headline: 1 of 1
  mail.eml, score 0: error: cannot deliver
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAFolderNeedNotHoldEveryKind(t *testing.T) {
	got := measured(t, map[string]string{"pairs/sets.jsonl": `{"want": "apart", "texts": ["up", "down"]}`}, 9)
	if want := "kind figure value pairs wrong merges 0 pairs wanted merges -"; strings.Join(strings.Fields(got), " ") != want {
		t.Errorf("got %q", got)
	}
}

func TestMaterialThatCannotBeMeasuredIsNamed(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a folder without labels":    {map[string]string{"readme": ""}, "nothing to measure in"},
		"an empty file of labels":    {map[string]string{"loghub/a.jsonl": ""}, "a.jsonl is empty; leave it out"},
		"a line that is not JSON":    {map[string]string{"loghub/a.jsonl": "{}\n{"}, "a.jsonl, line 2: "},
		"a text of several lines":    {map[string]string{"loghub/a.jsonl": `{"content": "a\nb"}`}, "has a line end"},
		"a set that wants otherwise": {map[string]string{"pairs/sets.jsonl": `{"want": "both", "texts": ["a"]}`}, `line 1: want is "both"; use apart or merge`},
		"a label without its mail":   {map[string]string{"errors/labels.jsonl": `{"file": "gone.eml"}`, "errors/a.eml": traceback}, `no mail "gone.eml"`},
		"a headline that is not an expression": {
			map[string]string{"senders/labels.jsonl": `{"file": "a.eml", "headline_regex": "("}`, "senders/a.eml": "Subject: s\n\nx\n"}, "a.eml: error parsing regexp"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := run(t.Context(), &out, write(t, test.files), 0); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}

func TestAMaskedHeadlineMatchesWordByWord(t *testing.T) {
	for _, test := range []struct {
		name, headline, pattern string
		want                    bool
	}{
		{"as an expression", "disk full on db1", "full on d.1", true},
		{"with a word masked", "disk <num> of db<num> is full", "disk 17 of db1 is full", true},
		{"with a word masked, in the second alternative", "disk <num> is full", `pool broken|disk 17 is full`, true},
		{"with what is escaped", "disk <num>: full (now)", `disk 17: full \(now\)`, true},
		{"but not with all words masked", "<num> <ip>", "17 192\\.0\\.2\\.7", false},
		{"nor with another word", "disk <num> is empty", "disk 17 is full", false},
		{"nor without any", " ", ".*", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := matchesMasked(test.headline, test.pattern); err != nil || got != test.want {
				t.Errorf("got %t, %v", got, err)
			}
		})
	}
}

func TestOccurrencesAreTogetherAsFarAsTheirPairsAre(t *testing.T) {
	of := func(truth string, entries ...string) (items []item) {
		for _, entry := range entries {
			items = append(items, item{truth: truth, told: told{Entry: entry}})
		}
		return items
	}
	items := append(of("a", "1", "1", "2", "1"), of("once", "3")...)
	if got := together(items); len(got) != 1 || got[0] != 0.5 {
		t.Errorf("three of four are one entry: %v", got)
	}
}

func TestADifferenceIsInView(t *testing.T) {
	long := strings.Repeat("long ", 100)
	for _, test := range []struct{ name, one, two, want string }{
		{"in the first line", "a\nx", "b\nx", "- a\n+ b"},
		{"in a later line", "a\nx", "a\ny", "- x\n+ y"},
		{"in the number of lines", "a", "a\ny", "- (the end)\n+ y"},
		{"at the end of a long line", long + "x", long + "y",
			"- …" + strings.Repeat("long ", 12) + "x\n+ …" + strings.Repeat("long ", 12) + "y"},
		{"in a line that reads like the end", "a", "a\n(the end)", "- (the end)\n+ (the end)"},
		{"in none", "a", "a", "the same after masking; the subject or the frames of a trace differ"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(difference(test.one, test.two), "\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// measured writes files into a folder and returns what is printed about it.
func measured(t *testing.T, files map[string]string, mistakes int) string {
	t.Helper()
	var out strings.Builder
	if err := run(t.Context(), &out, write(t, files), mistakes); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func write(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
