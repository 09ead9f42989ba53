package render

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A client is a mail program as far as it matters how it lays out a mail.
type client struct {
	stripped bool   // it drops style sheets
	media    string // of which it applies rules; empty for none
}

// A rule of a style sheet: the last element of its selector is the one it is about,
// and is below the others.
type rule struct {
	media    string
	selector string
	path     []compound
	style    map[string]string
}

// A compound is an element name and classes, either of which may be missing.
type compound struct {
	name    string
	classes []string
	child   bool // of the one before, not only below it
}

var (
	sheetOf     = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	mediaBlock  = regexp.MustCompile(`(?s)@media ([^{]+) \{\n(.*?)\n\}`)
	simpleRule  = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	declaration = regexp.MustCompile(`([\w-]+)\s*:\s*([^;]+)`)
)

// rulesOf reads the style sheet of a page.
func rulesOf(t testing.TB, page string) (rules []rule) {
	t.Helper()
	found := sheetOf.FindStringSubmatch(page)
	if found == nil {
		t.Fatal("there is no style sheet")
	}
	parse := func(media, text string) {
		for _, m := range simpleRule.FindAllStringSubmatch(text, -1) {
			for selector := range strings.SplitSeq(m[1], ",") {
				selector = strings.TrimSpace(selector)
				rules = append(rules, rule{media, selector, pathOf(selector), styleOf(m[2])})
			}
		}
	}
	parse("", mediaBlock.ReplaceAllString(found[1], ""))
	for _, m := range mediaBlock.FindAllStringSubmatch(found[1], -1) {
		parse(m[1], m[2])
	}
	return rules
}

func pathOf(selector string) (path []compound) {
	child := false
	for word := range strings.FieldsSeq(selector) {
		if word == ">" {
			child = true
			continue
		}
		names := strings.Split(word, ".")
		path = append(path, compound{names[0], names[1:], child})
		child = false
	}
	return path
}

func styleOf(text string) map[string]string {
	style := make(map[string]string)
	for _, m := range declaration.FindAllStringSubmatch(text, -1) {
		name := m[1]
		if name == "background" {
			name = "background-color" // the sheet gives it nothing else
		}
		style[name] = strings.TrimSpace(m[2])
	}
	return style
}

func (c compound) matches(n *html.Node) bool {
	if n == nil || n.Type != html.ElementNode || c.name != "" && c.name != n.Data {
		return false
	}
	classes := strings.Fields(attribute(n, "class"))
	return !slices.ContainsFunc(c.classes, func(class string) bool { return !slices.Contains(classes, class) })
}

func (r rule) matches(n *html.Node) bool { return matches(r.path, n) }

func matches(path []compound, n *html.Node) bool {
	last := len(path) - 1
	if !path[last].matches(n) {
		return false
	}
	if last == 0 {
		return true
	}
	for above := n.Parent; above != nil; above = above.Parent {
		if matches(path[:last], above) {
			return true
		}
		if path[last].child {
			return false
		}
	}
	return false
}

// weight orders rules: classes outweigh names.
func (r rule) weight() (sum int) {
	for _, c := range r.path {
		sum += 100 * len(c.classes)
		if c.name != "" {
			sum++
		}
	}
	return sum
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// ownStyle is what the rules and the element itself say of it, the stronger word last.
func ownStyle(n *html.Node, rules []rule, c client) map[string]string {
	var normal, important []map[string]string
	add := func(style map[string]string) {
		weak, strong := make(map[string]string), make(map[string]string)
		for name, value := range style {
			if value, ok := strings.CutSuffix(value, " !important"); ok {
				strong[name] = value
			} else {
				weak[name] = value
			}
		}
		normal, important = append(normal, weak), append(important, strong)
	}
	if !c.stripped {
		applied := slices.DeleteFunc(slices.Clone(rules), func(r rule) bool {
			return r.media != "" && r.media != c.media || !r.matches(n)
		})
		slices.SortStableFunc(applied, func(a, b rule) int { return cmp.Compare(a.weight(), b.weight()) })
		for _, r := range applied {
			add(r.style)
		}
	}
	add(styleOf(attribute(n, "style")))
	style := make(map[string]string)
	for _, s := range append(normal, important...) {
		maps.Copy(style, s)
	}
	return style
}
