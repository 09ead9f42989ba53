package render

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// floods are texts that grow as they are escaped and encoded, and one that does not.
var floods = []string{"x", "界", `<"`, "é=", "many words "}

// flood returns a summary of many groups, all of which have more to say than there is room.
func flood(groups int, script string) *Summary {
	s := hostileSummary(strings.Repeat(script, 500/len(script)))
	line := strings.Repeat(script, 1000/len(script)) + "\n"
	for i := range groups {
		g := s.Groups[0]
		g.Number, g.Title = i+1, fmt.Sprintf("%d of %s", i+1, g.Title)
		v := g.Variants[0]
		v.Sample.Text = strings.Repeat(line, 20)
		g.Variants = slices.Repeat([]Variant{v}, 5)
		s.Groups = append(s.Groups, g)
	}
	s.Groups, s.Count = s.Groups[1:], 2*(groups+maxMutes)
	s.Muted = slices.Repeat([]Muted{{What: s.Batch + s.Batch, Count: 1, First: night, Last: night}}, 2*maxMutes)
	return s
}

// sentHTML returns the HTML part of a mail as it is sent.
func sentHTML(t testing.TB, raw []byte) []byte {
	t.Helper()
	_, found, ok := bytes.Cut(settled(t, raw), []byte("Content-Type: text/html; charset=utf-8\r\n\r\n"))
	body, _, ended := bytes.Cut(found, []byte("\r\n--BOUNDARY"))
	if !ok || !ended {
		t.Fatalf("there is no HTML part in\n%.1000s", raw)
	}
	return body
}

func TestGmailShowsTheWholeHTMLPartWhateverCame(t *testing.T) {
	for _, groups := range []int{1, 31, 1000} {
		for _, script := range floods {
			t.Run(fmt.Sprintf("%d groups of %s", groups, script), func(t *testing.T) {
				m := render(t, flood(groups, script))
				wellFormed(t, m.Raw)
				if size := len(sentHTML(t, m.Raw)); size > maxHTMLBytes || size < maxHTMLBytes/3 {
					t.Errorf("the HTML part has %d bytes", size)
				}
				if len(m.Raw) > DefaultMaxBytes {
					t.Errorf("the mail has %d bytes", len(m.Raw))
				}
			})
		}
	}
}

// A store bounds what a mute says; so does a summary that has little room.
func TestTheSmallestSummaryHasRoomForItsHeader(t *testing.T) {
	r, err := NewStandard(Options{MaxBytes: MinMaxBytes})
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Render(t.Context(), flood(1000, "many words "))
	if err != nil {
		t.Fatal(err)
	}
	_, text, page := parts(t, m.Raw)
	if len(m.Raw) > MinMaxBytes {
		t.Errorf("the mail has %d bytes", len(m.Raw))
	}
	for _, body := range []string{text, page} {
		if !strings.Contains(body, "more errors") || !strings.Contains(body, "more mutes") {
			t.Errorf("nothing says what was cut in\n%s", body)
		}
	}
}

func TestTheHTMLPartSaysWhatOnlyTheTextPartHas(t *testing.T) {
	r, err := NewStandard(Options{MaxBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Render(t.Context(), flood(400, "many words "))
	if err != nil {
		t.Fatal(err)
	}
	_, text, page := parts(t, m.Raw)
	if size := len(sentHTML(t, m.Raw)); size > maxHTMLBytes {
		t.Errorf("the HTML part has %d bytes", size)
	}
	for _, want := range []string{
		`and 340 more errors; the text part of this mail names 400<`,
		`No details are shown of 3\d\d errors with fewer mails; the text part of this mail has details of 400\.`,
		`Details were shortened to keep this mail small; its text part shows more\.`,
		`Not shown either: the mails of 10 more mutes\.`,
	} {
		if !regexp.MustCompile(want).MatchString(page) {
			t.Errorf("the HTML part does not say %q", want)
		}
	}
	if strings.Contains(text, "shortened") || strings.Contains(text, "No details") || !strings.Contains(text, "\n400. 400 of many words") {
		t.Errorf("the text part does not have all")
	}
	if _, _, short := parts(t, summarize(t, plain("s", "x", 0)).Raw); strings.Contains(short, "text part") {
		t.Errorf("a short mail refers to its text part:\n%s", short)
	}
}

func TestATemplateLargerThanGmailShowsKeepsItsDetails(t *testing.T) {
	picture := strings.Repeat("<!---->picture", maxHTMLBytes/len("picture"))
	r, err := NewStandard(Options{Templates: fstest.MapFS{"summary.html": {Data: []byte(picture + "{{range .Detailed}}{{range .Shown}}{{range .Lines}}{{.}}{{end}}{{end}}{{end}}")}}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Render(t.Context(), summaryOf(t, plain("s", "what happened", 0)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, page := parts(t, m.Raw); !strings.HasSuffix(strings.TrimSpace(page), "what happened") {
		t.Errorf("the details were cut, though that does not make the part small enough")
	}
}
