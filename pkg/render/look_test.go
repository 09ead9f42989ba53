package render

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// goldenPages are the HTML parts of the golden mails.
func goldenPages(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden mails (%v)", err)
	}
	pages := make(map[string]string)
	for _, file := range files {
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pages[file] = string(page)
	}
	return pages
}

// WCAG 2.2, success criterion 1.4.3.
const leastContrast = 4.5

func TestEveryTextStandsOutFromWhatIsBehindIt(t *testing.T) {
	for name, c := range clients {
		t.Run(name, func(t *testing.T) {
			pairs := make(map[string]float64)
			for file, page := range goldenPages(t) {
				layOut(t, page, c).eachText("#ffffff", func(b box, behind string) {
					pair := b.style["color"] + " on " + behind
					if _, known := pairs[pair]; known {
						return
					}
					pairs[pair] = contrast(t, b.style["color"], behind)
					if pairs[pair] < leastContrast {
						t.Errorf("%s: %q is %s, a contrast of %.2f", file, b.text, pair, pairs[pair])
					}
				})
			}
			if len(pairs) < 7 { // the text, what is less important, three badges, samples, notes
				t.Errorf("only these colours are used: %v", pairs)
			}
		})
	}
}

func TestEveryRuleOfTheStyleSheetIsOfUse(t *testing.T) {
	used := make(map[string]bool)
	var rules []rule
	for _, page := range goldenPages(t) {
		document, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		rules = rulesOf(t, page)
		for n := range document.Descendants() {
			for _, r := range rules {
				used[r.selector] = used[r.selector] || r.matches(n)
			}
		}
	}
	for _, r := range rules {
		if !used[r.selector] && r.selector != ":root" {
			t.Errorf("nothing in the golden mails is a %q", r.selector)
		}
	}
}

const phoneWidth = 360

func TestNothingIsWiderThanAPhone(t *testing.T) {
	pages := goldenPages(t)
	for _, script := range floods {
		_, _, page := parts(t, render(t, flood(40, script)).Raw)
		pages["40 groups of "+script] = page
	}
	for name, c := range map[string]client{"with the style sheet": clients["a phone"], "without": {stripped: true}} {
		t.Run(name, func(t *testing.T) {
			for file, page := range pages {
				if width := layOut(t, page, c).leastWidth(t); width > phoneWidth {
					t.Errorf("%s is at least %.0f px wide", file, width)
				}
			}
		})
	}
}

func TestAHiddenLineSaysFirstWhatTheHeadlineSays(t *testing.T) {
	for file, page := range goldenPages(t) {
		document, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		var first, headline string
		for n := range document.Descendants() {
			switch {
			case n.Data == "h1":
				headline = n.FirstChild.Data
			case first == "" && n.Parent != nil && n.Parent.Data == "body" && n.Type == html.ElementNode:
				if styleOf(attribute(n, "style"))["display"] != "none" {
					t.Errorf("%s: the first line is shown", file)
				}
				first = n.FirstChild.Data
			}
		}
		// What follows is blank, so that the list does not show the headline twice.
		if first = strings.TrimRight(first, " \u034f"); first == "" || first != headline {
			t.Errorf("%s: the list of mails shows %q, the mail %q", file, first, headline)
		}
	}
}

// contrast is that of WCAG 2.2.
func contrast(t testing.TB, one, other string) float64 {
	t.Helper()
	a, b := luminance(t, one), luminance(t, other)
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

func luminance(t testing.TB, color string) float64 {
	t.Helper()
	rgb, err := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 24)
	if err != nil || len(color) != len("#rrggbb") {
		t.Fatalf("%q is not a colour as #rrggbb", color)
	}
	channel := func(shift int) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}
