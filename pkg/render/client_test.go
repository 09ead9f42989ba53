package render

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

const (
	darkScreen = "(prefers-color-scheme: dark)"
	smallWidth = "(max-width: 480px)"
)

// clients are those that the mails are looked at with.
var clients = map[string]client{
	"a client that drops the style sheet": {stripped: true},
	"a client with a light screen":        {},
	"a client with a dark screen":         {media: darkScreen},
	"a phone":                             {media: smallWidth},
}

// A box is an element as a client shows it, or the text in it.
type box struct {
	node  *html.Node
	style map[string]string // its own, and what it inherits
	text  string            // of a text
	inner []box
}

// inherited are the properties that an element takes from the one around it.
var inherited = []string{"color", "font-size", "white-space", "overflow-wrap"}

// byDefault is what clients do without being told.
var byDefault = map[string]map[string]string{
	"a":   {"color": "#0000ee"},
	"pre": {"white-space": "pre"},
	"ul":  {"padding": "0 0 0 40px"},
}

// layOut returns the body of a page as a client shows it, without what it hides.
func layOut(t testing.TB, page string, c client) box {
	t.Helper()
	document, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	rules := rulesOf(t, page)
	for n := range document.Descendants() {
		if n.Data == "body" {
			around := map[string]string{"color": "#000000", "font-size": "16px"}
			shown, _ := boxOf(n, around, rules, c)
			return shown
		}
	}
	t.Fatal("there is no body")
	return box{}
}

func boxOf(n *html.Node, around map[string]string, rules []rule, c client) (shown box, ok bool) {
	b := box{node: n, style: make(map[string]string)}
	for _, name := range inherited {
		b.style[name] = around[name]
	}
	if n.Type == html.TextNode {
		b.text = n.Data
		return b, strings.TrimSpace(n.Data) != ""
	}
	maps.Copy(b.style, byDefault[n.Data])
	own := ownStyle(n, rules, c)
	maps.Copy(b.style, own)
	for _, name := range inherited {
		if b.style[name] == "inherit" {
			b.style[name] = around[name]
		}
	}
	if b.style["display"] == "none" {
		return b, false
	}
	if hasAttribute(n, "nowrap") {
		b.style["white-space"] = "nowrap"
	}
	for child := range n.ChildNodes() {
		if inner, ok := boxOf(child, b.style, rules, c); ok {
			b.inner = append(b.inner, inner)
		}
	}
	return b, true
}

func hasAttribute(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// eachText visits all texts with the colour behind them.
func (b box) eachText(behind string, visit func(b box, behind string)) {
	if b.text != "" {
		visit(b, behind)
		return
	}
	if own := b.style["background-color"]; own != "" {
		behind = own
	}
	for _, inner := range b.inner {
		inner.eachText(behind, visit)
	}
}

// leastWidth estimates how narrow a box can get, in px: that of what cannot be broken in
// it, and what is around that.
func (b box) leastWidth(t testing.TB) (width float64) {
	t.Helper()
	if b.text != "" {
		return b.unbroken(t)
	}
	for _, inner := range b.inner {
		if w := inner.leastWidth(t); b.node.Data == "tr" {
			width += w
		} else {
			width = max(width, w)
		}
	}
	for _, name := range []string{"width", "min-width"} {
		if strings.HasSuffix(b.style[name], "px") {
			width = max(width, pixels(t, b.style[name]))
		}
	}
	if attr := attribute(b.node, "width"); attr != "" && !strings.HasSuffix(attr, "%") {
		width = max(width, pixels(t, attr))
	}
	for _, name := range []string{"padding", "margin"} {
		width += sides(t, b.style[name])
	}
	if b.node.Data == "td" && b.style["padding"] == "" {
		width += 2 * pixels(t, attribute(tableOf(b.node), "cellpadding"))
	}
	if border := strings.Fields(b.style["border-left"]); len(border) > 0 {
		width += pixels(t, border[0])
	}
	return width
}

// unbroken returns the width of the longest run of a text that a client does not break.
func (b box) unbroken(t testing.TB) float64 {
	var runs []string
	switch keeps := b.style["white-space"]; {
	case keeps == "pre" || keeps == "nowrap":
		runs = strings.Split(b.text, "\n")
	case b.style["overflow-wrap"] == "anywhere":
		runs = []string{"m"}
	default:
		runs = strings.Fields(b.text)
	}
	longest := 0
	for _, run := range runs {
		longest = max(longest, len([]rune(run)))
	}
	const em = 0.75 // the width of a character of bold text, and more than that of most
	return float64(longest) * em * pixels(t, b.style["font-size"])
}

func tableOf(n *html.Node) *html.Node {
	for n.Data != "table" {
		n = n.Parent
	}
	return n
}

// sides returns how much of a padding or margin is to the left and to the right.
func sides(t testing.TB, value string) float64 {
	t.Helper()
	switch all := strings.Fields(value); len(all) {
	case 0:
		return 0
	case 1:
		return 2 * pixels(t, all[0])
	case 4:
		return pixels(t, all[1]) + pixels(t, all[3])
	default:
		return 2 * pixels(t, all[1])
	}
}

func pixels(t testing.TB, value string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(strings.TrimSuffix(value, "px"), 64)
	if err != nil && value != "auto" {
		t.Errorf("%q is not a number of px", value)
	}
	return n
}
