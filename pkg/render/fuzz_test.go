package render

import (
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/store"
)

// renderHostile makes a summary of a mail with that text, and one of another
// error.
func renderHostile(t *testing.T, subject, text, host string) {
	hostile := plain(strings.NewReplacer("\r", " ", "\n", " ").Replace(subject), text, 0)
	hostile.helo = host
	m := render(t, NewSummary(collect(t, store.Limits{}, hostile, plain("disk full", "x", 1)), origin1, night))
	wellFormed(t, m.Raw)
	if len(m.Raw) > DefaultMaxBytes {
		t.Errorf("the summary has %d bytes", len(m.Raw))
	}
	if _, text, html := parts(t, m.Raw); !utf8.ValidString(text) || !utf8.ValidString(html) {
		t.Errorf("the summary is not UTF-8:\n%q\n%q", text, html)
	}
}

var hostileSamples = map[string]testutil.Shape{
	"lines": {Open: "x\n"}, "empty lines": {Open: "\n"}, "words": {Open: "x "}, "one word": {Open: "x"}, "markup": {Open: "<b>&"},
	"numbers": {Open: "1 "}, "quotes": {Open: "> "}, "letters beyond ASCII": {Open: "é"}, "bytes that are no UTF-8": {Open: "\xff"},
	"escapes": {Open: "\x1b[1m"}, "combining marks": {Open: "\u0301"}, "passwords": {Open: "password=x\n"}, "addresses": {Open: "http://a.example/ "},
	"frames": {Prefix: "a.BError: x\n", Open: "\tat a.b(C.java:1)\n"}, "braces": {Open: "{{"},
}

func TestTheCostOfASummaryGrowsWithItsMails(t *testing.T) {
	for name, shape := range hostileSamples {
		t.Run(name, func(t *testing.T) {
			testutil.CheckLinear(t, 64<<10, shape.Grow, func(text string) { renderHostile(t, text, text, "a.example") })
		})
	}
}

func FuzzSummary(f *testing.F) {
	for _, s := range hostileSamples {
		f.Add(s.Prefix, s.Open, s.Close, s.Suffix, "a.example")
	}
	f.Add("", script+image, overrides, crlf, templated)
	f.Fuzz(func(t *testing.T, prefix, open, middle, suffix, host string) {
		renderHostile(t, open+middle, prefix+suffix, host)
		shape := testutil.Shape{Prefix: prefix, Open: open, Close: middle, Suffix: suffix}
		testutil.CheckLinear(t, testutil.FuzzSize, shape.Grow, func(text string) { renderHostile(t, text, text, host) })
	})
}

// A template of an operator is right or is refused, and what it makes is a mail.
func FuzzTemplates(f *testing.F) {
	f.Add(DefaultSubject, "{{range .Groups}}{{.Title}}\n{{end}}", "<p>{{.Count}}")
	f.Add("{{.Top}}", "{{.Created.Unix | printf \"%x\"}}", "<a href='{{.Batch}}' onclick={{.Batch}}>{{with .Muted}}{{(index . 0).What}}{{end}}</a>")
	f.Add("{{", "{{.Nothing}}", "<script>{{.Groups}}</script>")
	f.Fuzz(func(t *testing.T, subject, text, html string) {
		if all := subject + text + html; strings.Contains(all, "template") || strings.Contains(all, "block") || strings.Count(all, "range") > 3 {
			return // one that calls itself may take as long as it likes
		}
		r, err := NewStandard(Options{Subject: subject, Templates: fstest.MapFS{textName: {Data: []byte(text)}, htmlName: {Data: []byte(html)}}})
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		m, err := r.Render(t.Context(), sampleSummary())
		if err != nil {
			return
		}
		wellFormed(t, m.Raw)
	})
}
