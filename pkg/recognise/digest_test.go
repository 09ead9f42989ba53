package recognise

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/message"
)

var door = Source{
	Name: "doors", Match: []string{`from="doors@example.net"`},
	Section: []string{`^Shut again:$`, `^Now open:$`, `^Yours,`}, Part: []string{`^\* `},
	Problem: []string{`\ANow open:$`}, Recovery: []string{`\AShut again:$`},
	Object: []string{`^House (\w+)$`, `^\* door (\w+)`}, Headline: []string{`^\* (.+)$`},
}

// doors returns what a mail with that text means, and its parts.
func doors(t testing.TB, text string, header ...string) (rec Recognised, parts []string) {
	t.Helper()
	r := newRecogniser(t, door)
	raw := strings.Join(append(header, "Subject: doors", "", text), "\n")
	rec = r.Of(message.New("doors@example.net", []string{"ops@example.com"}, []byte(raw)))
	return rec, partsOf(rec)
}

func TestADigestSaysEachOfItsParts(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"what is wrong stands for the mail", "House seven\n\nShut again:\n* door a\nNow open:\n* door b\nat night\n* door c\n",
			[]string{"problem | seven/b | door b", "recovery | seven/a | door a", "problem | seven/c | door c"}},
		{"one is enough", "House seven\nShut again:\n* door a\n", []string{"recovery | seven/a | door a"}},
		{"what is named twice counts once, and failure beats success", "Shut again:\n* door a\n* door b\n* door b\nNow open:\n* door a\n",
			[]string{"problem | a | door a", "recovery | b | door b"}},
		{"quoted lines do not count", "Now open:\n* door a\n> * door b\n", []string{"problem | a | door a"}},
		{"without a section the subject stands for it", "* door a\n* door b\n", []string{"problem | a | door a", "problem | b | door b"}},
		{"a line that begins a section ends what is in front", "Now open:\n* door a\nYours,\nthe doors\n", []string{"problem | a | door a"}},
		{"a part that names nothing makes it one mail", "Now open:\n* door a\n* something\n", nil},
		{"no part makes it one mail", "Now open:\nnone\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if rec, got := doors(t, tt.text); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q (%s)", got, tt.want, rec.Why)
			}
		})
	}
	if rec, _ := doors(t, "Now open:\n* door a\nYours,\nthe doors\n"); rec.Parts[0].Text != "* door a" || rec.Parts[0].Sender != "doors@example.net" {
		t.Errorf("%+v", rec.Parts[0])
	}
}

func TestWhatAMailSaysOfItselfIsAllThatItSays(t *testing.T) {
	for _, field := range []string{StatusField + ": ok", ObjectField + ": doors"} {
		if rec, parts := doors(t, "Now open:\n* door a\n* door b\n", field); parts != nil {
			t.Errorf("%s: %q (%s)", field, parts, rec.Why)
		}
	}
}

func TestADigestIsBounded(t *testing.T) {
	many := func(n int, more string) string {
		var b strings.Builder
		b.WriteString("Now open:\n")
		for i := range n {
			fmt.Fprintf(&b, "* door %d\n%s", i, more)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name, text string
		parts      int
		why        string
	}{
		{"all of a hundred parts are read", many(100, ""), 100, "a digest of 100"},
		{"and no more", many(130, ""), 101, "30 more alerts in this mail are not read"},
		{"64 KB are read, but for the part that is cut", many(10, strings.Repeat(strings.Repeat("x", 99)+"\n", 100)), 7, "only the first 64 KB of this mail are read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec, parts := doors(t, tt.text)
			if len(parts) != tt.parts || !strings.Contains(rec.Why, tt.why) || rec.Unread != (tt.parts != 100) {
				t.Errorf("%d parts, unread: %t (%s)", len(parts), rec.Unread, rec.Why)
			}
			if last := parts[len(parts)-1]; rec.Unread && last != "problem |  | "+tt.why {
				t.Errorf("the last part is %q", last)
			}
		})
	}
}

func TestAlertsWhoseLongLabelsDifferAtTheEndAreTwo(t *testing.T) {
	r := newRecogniser(t)
	label := strings.Repeat("x", 60)
	alert := func(pod string) string {
		return fmt.Sprintf("Labels\nalertname = Crash\ncontainer = %s\nendpoint = %s\njob = %s\npod = %s\n", label, label, label, pod)
	}
	rec := r.Of(mailOf(Example{Subject: "[FIRING:2] Crash (k8s)", Text: "[2] Firing\n" + alert("web-1") + alert("web-2")}))
	alone := r.Of(mailOf(Example{Subject: "[FIRING:1] Crash (k8s)", Text: "[1] Firing\n" + alert("web-2")}))
	if len(rec.Parts) != 2 || rec.Parts[1].Object != alone.Object || len(alone.Object) > maxObject {
		t.Errorf("%q; alone %q", partsOf(rec), alone.Object)
	}
}

// The cost of a digest is that of its length, however it is cut.
func TestTheCostOfADigestGrowsWithItsLengthOnly(t *testing.T) {
	r := newRecogniser(t, door)
	for name, unit := range map[string]string{
		"parts": "* door a\n", "sections": "Now open:\n", "both": "Now open:\n* door a\n", "long parts": "* door a\n" + strings.Repeat("failed to close ", 60) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			grow := func(size int) string { return strings.Repeat(unit, size/len(unit)+1) }
			testutil.CheckLinear(t, 15000, grow, func(input string) { recognise(r.sources[0], "doors", input, origin{}) })
		})
	}
}

// FuzzCost looks for digests that cost more than in proportion to their length.
func FuzzCost(f *testing.F) {
	r := newRecogniser(f, door)
	var digests []*source
	for _, s := range r.sources {
		if s.bytes == maxDigest {
			digests = append(digests, s)
		}
	}
	f.Add(uint8(0), "House a\nNow open:\n", "* door a\n", "", "Yours,\n")
	f.Add(uint8(1), "[2] Firing\n", "Labels\nalertname = a\nsummary = b\n", "[1] Resolved\n", "Sent by Alertmanager\n")
	f.Add(uint8(2), "Event summary\n", "OK | –› | CRIT | now\nService: | a\nHost: | b\n", "Host: c\n", "")
	f.Add(uint8(3), "(1) FIRING\n", "Labels: [alertname=a]\nSummary: b\n", "", "")
	f.Fuzz(func(t *testing.T, of uint8, prefix, open, middle, suffix string) {
		shape := testutil.Shape{Prefix: prefix, Open: open, Close: middle, Suffix: suffix}
		s := digests[int(of)%len(digests)]
		testutil.CheckLinear(t, testutil.FuzzSize/4, shape.Grow, func(text string) { recognise(s, "[FIRING:2] doors", text, origin{}) })
	})
}
