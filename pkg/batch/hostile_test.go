package batch

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// hostileTexts are texts of any length whose cost must not grow faster: lines of
// stack traces, and values that nearly are some.
var hostileTexts = map[string]testutil.Shape{
	"frames of Java":                  {Prefix: "a.BError: x\n", Open: "\tat a.b(C.java:1)\n"},
	"frames of Java with a jar":       {Prefix: "a.BError: x\n", Open: "\tat a.b(C.java:1) ~[x.jar:1]\n"},
	"a frame of many brackets":        {Prefix: "a.BError: x\n\tat ", Open: "(", Close: ")"},
	"a frame of many positions":       {Prefix: "a.BError: x\n\tat a.js", Open: ":1"},
	"a frame of generated names":      {Prefix: "a.BError: x\n\tat ", Open: "$$Lambda$1", Suffix: "(B.java:1)"},
	"a frame of numbered parts":       {Prefix: "a.BError: x\n\tat f (", Open: "/1a", Suffix: ":1:1)"},
	"causes":                          {Prefix: "\tat a.b(C.java:1)\n", Open: "Caused by: a.BError\n"},
	"causes in a line":                {Prefix: "\tat a.b(C.java:1)\n", Open: "a.BError ---> "},
	"causes in lines":                 {Prefix: "\tat a.b(C.java:1)\n", Open: "a.BError ---> b.CError\n"},
	"exceptions in a line":            {Prefix: "\tat x\n", Open: "Exception: ", Suffix: "\n\tat a.b(C.java:1)\n"},
	"errors in a line":                {Prefix: "\tat x\n", Open: "Error: ", Suffix: "\n\tat a.b(C.java:1)\n"},
	"a name of many parts":            {Prefix: "\tat x\n", Open: "a.", Suffix: "BError\n\tat a.b(C.java:1)\n"},
	"a name of many colons":           {Prefix: "\tat x\n", Open: "a::", Suffix: "BError\n\tat a.b(C.java:1)\n"},
	"long lines above frames":         {Open: strings.Repeat("x Error ", 20) + "\n\tat a.b(C.java:1)\n"},
	"frames of Python":                {Prefix: "Traceback (most recent call last):\n", Open: "  File \"a.py\", line 1, in f\n    g()\n"},
	"tracebacks":                      {Open: "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 1\n"},
	"tracebacks without an exception": {Open: "Traceback (most recent call last):\n"},
	"groups of Python":                {Open: "  | "},
	"goroutines":                      {Prefix: "panic: x\n", Open: "\ngoroutine 1 [running]:\nmain.f(0x1)\n\t/a.go:1 +0x1\n"},
	"goroutines without frames":       {Prefix: "panic: x\n", Open: "goroutine 1 [running]:\n"},
	"brackets in a goroutine":         {Prefix: "panic: x\n\ngoroutine 1 [running]:\nmain.f", Open: "(", Suffix: "\n\t/a.go:1\n"},
	"frames of Rust":                  {Prefix: "thread 'main' panicked at a.rs:1:1:\nx\nstack backtrace:\n", Open: "   0: a::b\n             at a.rs:1:1\n"},
	"frames of Ruby":                  {Prefix: "a.rb:1:in `f': x (RuntimeError)\n", Open: "\tfrom a.rb:1:in `f'\n"},
	"colons before frames of Ruby":    {Open: "a.rb:1:in "},
	"frames of PHP":                   {Prefix: "PHP Fatal error:  Uncaught Exception: x in a.php:1\n", Open: "#0 a.php(1): f()\n"},
	"frames of Perl":                  {Prefix: "x at a.pl line 1.\n", Open: "\tmain::f(1) called at a.pl line 1\n"},
	"places of Perl":                  {Prefix: "called at ", Open: " at a line "},
	"evaluations of Perl":             {Prefix: "called at\n", Open: "(eval ", Close: ")"},

	"pods":                             {Open: "-7d4b9c6f5d-x2x8z"},
	"parts of a value in Base64":       {Open: "Xa81kQz0Pw-"},
	"short parts of one":               {Open: "a/"},
	"parts of one that are words":      {Prefix: "Xa81kQz0Pw", Open: "/bin"},
	"underscores before one":           {Open: "_", Suffix: "Xa81kQz0Pw"},
	"queue ids":                        {Open: "1tQ2kD-"},
	"capitals":                         {Open: "aA"},
	"long words":                       {Open: "zxqvwkjhgfds "},
	"durations":                        {Open: "1 day "},
	"durations with commas":            {Open: "1h, "},
	"lapses":                           {Open: "in 1:30"},
	"plurals":                          {Open: "3 errors "},
	"zones":                            {Open: "03:17:42 GMT-0800 (a"},
	"times of Python":                  {Open: "datetime.datetime(2026, 3, 9"},
	"uptimes":                          {Open: "[ 1."},
	"words before hosts":               {Open: "host a.shop "},
	"digits":                           {Open: "1"},
	"numbers":                          {Open: "1 "},
	"numbers with commas":              {Open: "1,"},
	"numbers with dots":                {Open: "1."},
	"letters":                          {Open: "a"},
	"hexadecimal letters":              {Open: "af0"},
	"hexadecimal pairs":                {Open: "af:"},
	"groups of a UUID":                 {Open: "550e8400-"},
	"addresses":                        {Open: "10.0.0.1:"},
	"labels of a host":                 {Open: "a1."},
	"hosts and ports":                  {Open: "a.example:1 "},
	"at signs":                         {Open: "a@"},
	"mail addresses":                   {Open: "a@b.c"},
	"mail addresses in brackets":       {Open: "<a@b.c>:1"},
	"a token":                          {Open: "eyJhbGciOi."},
	"tokens":                           {Open: "eyJhbGciOi.eyJhbGciOi.a "},
	"times":                            {Open: "03:17:42,"},
	"dates":                            {Open: "2026-03-09T"},
	"dates with names":                 {Open: "Mon Mar  9 "},
	"names of days":                    {Open: "Monday, "},
	"quotes":                           {Open: "'"},
	"quotes that nothing closes":       {Open: "'a "},
	"quotes inside quotes":             {Open: "\"'a", Close: "'\""},
	"queries":                          {Open: "?a=1&"},
	"question marks":                   {Open: "?"},
	"placeholders":                     {Open: "<ip>("},
	"placeholders without end":         {Open: "<ip"},
	"resolved names":                   {Open: "10.0.0.1 (a.example)"},
	"brackets":                         {Open: "[", Close: "]"},
	"brackets and colons":              {Open: "[::"},
	"colons":                           {Open: ":"},
	"paths":                            {Open: "/a1"},
	"paths of Windows":                 {Open: `C:\a1\`},
	"underscores":                      {Open: "_1"},
	"users":                            {Open: "user "},
	"users with quotes":                {Open: "user '"},
	"sessions of users":                {Open: "for user a from "},
	"keys and values":                  {Open: "a=1,"},
	"units":                            {Open: "1ms"},
	"letters beyond ASCII":             {Open: "é1"},
	"numbers between letters beyond":   {Open: "1aé"},
	"durations between them":           {Open: "1mé"},
	"hexadecimal numbers between them": {Open: "0x1é"},
	"bytes that are no UTF-8":          {Open: "\xff1"},
	"dashes":                           {Open: "1-"},
	"plus signs":                       {Open: "+1"},
	"zeros":                            {Open: "0x"},
	"blanks":                           {Prefix: "a", Open: " ", Suffix: "1"},
	"empty lines":                      {Prefix: "a", Open: "\n", Suffix: "1"},
	"lines":                            {Open: "1\n"},
	"lines that tell":                  {Open: "ERROR 1 failed\n"},
	"rules":                            {Open: "-----\n"},
}

// fingerprint does all that is done with the text of a mail; the text is the
// subject too.
func fingerprint(text string) Fingerprint {
	Mask(text)
	body := strings.ReplaceAll(text, "\n", "\r\n")
	return FingerprintOf(message.New("a@b.example", []string{"c@d.example"}, []byte("Subject: "+strings.ReplaceAll(text, "\n", " ")+"\r\n\r\n"+body)))
}

func TestTheCostOfAHostileTextGrowsWithItsLength(t *testing.T) {
	for name, shape := range hostileTexts {
		t.Run(name, func(t *testing.T) {
			testutil.CheckLinear(t, 64<<10, shape.Grow, func(text string) { fingerprint(text) })
			shape.Suffix += "1wxyz" // what looked like a value is none
			testutil.CheckLinear(t, 64<<10, shape.Grow, func(text string) { fingerprint(text) })
		})
	}
}

func FuzzFingerprintCost(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s.Prefix, s.Open, s.Close, s.Suffix)
	}
	f.Fuzz(func(t *testing.T, prefix, open, middle, suffix string) {
		shape := testutil.Shape{Prefix: prefix, Open: open, Close: middle, Suffix: suffix}
		testutil.CheckLinear(t, testutil.FuzzSize, shape.Grow, func(text string) { fingerprint(text) })
	})
}

func FuzzStackTrace(f *testing.F) {
	for _, text := range []string{pythonSample, "a.BError: x\n\tat a.b(C.java:1)\n", "panic: x\n\ngoroutine 1 [running]:\nmain.f(0x1)\n\t/a.go:1 +0x1\n",
		"thread 'main' panicked at a.rs:1:1:\nx\nstack backtrace:\n   0: a::b\n             at a.rs:1:1\n", "a.rb:1:in `f': x (RuntimeError)\n\tfrom a.rb:1:in `f'\n",
		"PHP Fatal error:  Uncaught Exception: x in a.php:1\nStack trace:\n#0 a.php(1): f()\n#1 {main}\n", "x at a.pl line 1.\n\tmain::f(1) called at a.pl line 1\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trace := findTrace(text)
		if trace == nil {
			return
		}
		if len(trace.frames) == 0 || len(trace.frames) > maxFrames || len(trace.types) == 0 {
			t.Errorf("%d frames and the types %q", len(trace.frames), trace.types)
		}
		reason, values := trace.reason()
		if utf8.ValidString(text) && !utf8.ValidString(reason) {
			t.Errorf("the reason %q is not UTF-8", reason)
		}
		if len(reason) > 20*len(text)+100 || len(values) > maxValues {
			t.Errorf("a text of %d bytes has a reason of %d and %d values", len(text), len(reason), len(values))
		}
		if again := findTrace(text); strings.Join(again.frames, "\n") != strings.Join(trace.frames, "\n") {
			t.Errorf("%q, then %q", trace.frames, again.frames)
		}
	})
}

const pythonSample = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nKeyError: 1\n"

// An expression, as in a configuration, is right or is refused; it panics for no
// mail.
func FuzzExpression(f *testing.F) {
	for _, text := range []string{"subject", "host, header:X-A", DefaultBatch, `{{match "[0-9]+" .Subject}}`, `{{index .To 0}}`, `{{range $i, $t := .To}}{{$i}}{{lower $t}}{{end}}`,
		`{{with .Header}}{{.Get "a" | mask | trim}}{{end}}`, `{{replace "\d" .Body "#"}}`, "{{submatch `(a)` .From}}", `{{if eq .Host ""}}{{.Received.Unix}}{{else}}{{len .To}}{{end}}`} {
		f.Add(text, "Subject: 1\n\nx")
	}
	f.Fuzz(func(t *testing.T, text, mail string) {
		if strings.Contains(text, "template") || strings.Contains(text, "block") {
			return // one that calls itself may take as long as it likes
		}
		grouper, err := Compile(text)
		if err != nil {
			if err.Error() == "" || grouper != nil {
				t.Errorf("%q gives %v and the error %q", text, grouper, err)
			}
			return
		}
		m := message.New("a@b.example", []string{"c@d.example"}, []byte(mail))
		first, err := grouper.Group(m)
		if again, err2 := grouper.Group(m); again != first || (err == nil) != (err2 == nil) {
			t.Errorf("%q gives %q, %v and then %q, %v", text, first, err, again, err2)
		}
	})
}

func FuzzMute(f *testing.F) {
	for _, what := range []string{"v1:0123456789abcdef", "v1:x", "^disk (full|low)$", "(a*)*b", "[", "", "\x00", `\pL{9}`} {
		f.Add(what, "reason", "disk full")
	}
	now := time.Date(2026, 3, 9, 3, 17, 42, 0, time.UTC)
	f.Fuzz(func(t *testing.T, what, reason, subject string) {
		mute, err := ParseMute(what, reason, now, time.Hour)
		if err != nil {
			return
		}
		if (mute.Pattern == "") == (mute.Fingerprint == "") || !utf8.ValidString(mute.Pattern+mute.Fingerprint+mute.Reason) {
			t.Errorf("%q, %q became %+v", what, reason, mute)
		}
		var mutes Mutes
		mutes.Set([]store.Mute{mute})
		entry := &store.Entry{Received: now, Fingerprint: "v1:0123456789abcdef"}
		mutes.apply(entry, subject, family.Place{}, func(f string) bool { return f == entry.Fingerprint })
		if !utf8.ValidString(entry.Title + entry.Reason) {
			t.Errorf("muted as %q, %q", entry.Title, entry.Reason)
		}
		testutil.CheckLinear(t, testutil.FuzzSize, testutil.Shape{Open: subject + " "}.Grow, func(text string) {
			mutes.apply(&store.Entry{Received: now}, text, family.Place{}, func(string) bool { return false })
		})
	})
}
