package batch

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/testutil"
)

// hostileTraces are texts of any length that are traces, or nearly, for what reads
// prefixes, strings, broken lines and frames of any runtime.
var hostileTraces = map[string]testutil.Shape{
	"frames with addresses":           {Prefix: "ERROR: x\n", Open: "#1 0x5581aa in f /srv/a.c:1:2\n"},
	"frames that differ":              {Prefix: "ERROR: x\n", Open: "#1 0x5581aa in f /srv/a.c:1:2\n#2 0x5581ab in g /srv/a.c:1:2\n"},
	"frames without files":            {Prefix: "ERROR: x\n", Open: "#1 0x5581aa in f\n"},
	"frames with their places below":  {Prefix: "ERROR: x\n", Open: "#1 0x5581aa in f\n\tat /srv/a.f90:1\n"},
	"lone frames":                     {Open: "#1 0x5581aa in f\nx\ny\n"},
	"a frame of many words":           {Open: "#1 0x5581aa in ", Close: "in "},
	"a frame of many files":           {Open: "/a.c:1 "},
	"a frame of many brackets":        {Prefix: "#1 0x5581aa in ", Open: "(", Close: ")"},
	"a frame of brackets in a row":    {Prefix: "#1 0x5581aa in f", Open: "(a.c:1)"},
	"a frame of templates":            {Prefix: "#1 0x5581aa in f", Open: "<", Close: ">"},
	"a frame of templates in a row":   {Prefix: "#1 0x5581aa in ", Open: "a<b> "},
	"a frame of quotes":               {Prefix: "0x5581aa ", Open: "'a' "},
	"a frame of compiled parts":       {Prefix: "0x5581aa+0x1 f", Open: ".isra.0"},
	"frames of the kernel":            {Prefix: "BUG: x\nCall Trace:\n", Open: " ? f+0x1/0x2\n g+0x1/0x2\n"},
	"frames of Elixir":                {Prefix: "** (KeyError) x\n", Open: "    (app 1.0) lib/a.ex:1: M.f/1\n"},
	"terms of Erlang":                 {Prefix: "{badarg,[", Open: `{m,f,1,[{file,"a.erl"},{line,1}]},`},
	"terms of Erlang with arguments":  {Prefix: "{badarg,[", Open: `{m,f,[1,2,3`, Close: `],[{file,"a.erl"},{line,1}]},`},
	"calls of R":                      {Prefix: "Error in f(x) : y\nCalls: f", Open: " -> f"},
	"errors of R":                     {Open: "Error", Suffix: "\nCalls: f -> g\n"},
	"places of PowerShell":            {Open: "X : y\nAt C:\\a.ps1:1 char:1\n"},
	"lines above a stack":             {Prefix: "", Open: "cannot do this\n", Suffix: "#1 0x5581aa in f\n#2 0x5581aa in f\n"},
	"headings of a stack":             {Open: "Backtrace:\n"},
	"a long heading":                  {Open: "error ", Suffix: "\n#1 0x5581aa in f\n#2 0x5581aa in f\n"},
	"accesses of a data race":         {Prefix: "WARNING: DATA RACE\n", Open: "Read at 0x1 by goroutine 1:\n  main.f()\n      /a.go:1 +0x1\n\n"},
	"prefixes":                        {Open: "Mar  9 03:17:42 web1 a[1]: \tat a.b(C.java:1)\n"},
	"prefixes that differ":            {Open: "a: at x\na: at x\nb: at x\nb: at x\nc1: at y\nc2: at y\nd] at y\nd] at z\n"},
	"prefixes of quotes":              {Open: ">", Suffix: " at a.b(C.java:1)\n"},
	"lines of quotes":                 {Open: "> > > at a.b(C.java:1)\n"},
	"a prefix of many blanks":         {Prefix: "a:", Open: " ", Suffix: "at x\na: at x\n"},
	"a prefix of many digits":         {Prefix: "at \n", Open: "1", Suffix: ": at x\n1: at x\n"},
	"strings of several lines":        {Open: `{"stack":"a.BError: x\n\tat a.b(C.java:1)"}` + "\n"},
	"strings of several lines in one": {Prefix: "{", Open: `"stack":"a.BError: x\n\tat a.b(C.java:1)",`},
	"escapes":                         {Prefix: `{"a":"`, Open: `\n\tat a.b(C.java:1)`, Suffix: `"}`},
	"backslashes":                     {Prefix: `at "\n`, Open: `\`},
	"quotes behind an escape":         {Prefix: `at \n`, Open: `"`},
	"octal line ends":                 {Prefix: "a.BError: x", Open: "#012#011at a.b(C.java:1)"},
	"lines of one width":              {Open: strings.Repeat("at a(b", 13)[:76] + "\n"},
	"one line of frames that are cut": {Open: strings.Repeat("x", 76) + "\n", Suffix: "\tat a.b(C.java:1)\n"},
	"lines that end with at":          {Open: "x at\n"},
	"lines that open brackets":        {Prefix: "at ", Open: "x(\n"},
	"boxes of Rich":                   {Prefix: "╭─ Traceback (most recent call last) ─╮\n", Open: "│ /srv/a.py:1 in f │\n│   g() │\n"},
}

func TestTheCostOfAHostileTraceGrowsWithItsLength(t *testing.T) {
	for name, shape := range hostileTraces {
		t.Run(name, func(t *testing.T) {
			testutil.CheckLinear(t, 64<<10, shape.Grow, func(text string) { findTrace(text) })
		})
	}
}

func FuzzTraceCost(f *testing.F) {
	for _, s := range hostileTraces {
		f.Add(s.Prefix, s.Open, s.Close, s.Suffix)
	}
	f.Fuzz(func(t *testing.T, prefix, open, middle, suffix string) {
		shape := testutil.Shape{Prefix: prefix, Open: open, Close: middle, Suffix: suffix}
		testutil.CheckLinear(t, testutil.FuzzSize, shape.Grow, func(text string) { findTrace(text) })
	})
}

// FuzzScanFrame holds what a line of any sender becomes to what the reader of stacks
// relies on.
func FuzzScanFrame(f *testing.F) {
	for _, s := range hostileTraces {
		f.Add(s.Open)
	}
	f.Fuzz(func(t *testing.T, line string) {
		frame, ok := scanFrame(line)
		text := frame.frame()
		switch {
		case ok && len(frame.names)+len(frame.files) == 0 && !frame.doubtful && !frame.single:
			t.Errorf("%q is the frame of nothing", line)
		case len(text) > 2*len(line)+2:
			t.Errorf("%q became the longer %q", line, text)
		case utf8.ValidString(line) && !utf8.ValidString(text):
			t.Errorf("%q became %q, which is not UTF-8", line, text)
		case frame.isPlace() && len(frame.files) == 0:
			t.Errorf("%q is a place without a file", line)
		}
	})
}
