package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/web"
)

var expectFlagTests = []flagTest{
	{"--json prints what is expected for programs", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "failmail.toml")
		writeFile(t, file, "[[expect]]\nname = 'backup srv7'\nmatch = ['subject=~\"Backup of srv7.*\"']\nevery = 'daily 02:00'\n")
		p := proxyHere(t, "--config="+file)
		if all := printsJSON[[]web.Expected](t, "expect", "--http="+p.http); len(all) != 1 || all[0].Name != "backup srv7" || all[0].Missing {
			t.Errorf("%+v", all)
		}
		if all := printsJSON[[]web.Expected](t, "expect", "--http="+quiet(t).http); all == nil || len(all) != 0 {
			t.Errorf("%+v", all)
		}
	}},
	{"--http names the proxy", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "failmail.toml")
		writeFile(t, file, "[[expect]]\nname = 'backup srv7'\nmatch = ['subject=~\"Backup of srv7.*\"']\nevery = 'daily 02:00'\n")
		p := proxyHere(t, "--config="+file)
		out, _ := failmailHere(t, "", "expect", "--http="+p.http).succeeds(t)
		if !strings.Contains(out, "backup srv7: never came, next ") || !strings.Contains(out, "(daily 02:00)") {
			t.Errorf("%s", out)
		}
		if out, _ := failmailHere(t, "", "expect", "--http="+quiet(t).http).succeeds(t); !strings.Contains(out, "no mail is expected") {
			t.Errorf("%s", out)
		}
	}},
}

func TestWhatIsWrongInATableIsSaidAtTheStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"a key that there is not":    {"[[source]]\nname = 's'\ncolour = 'x'\n", `source 1 "s": colour: there is no such key`},
		"a source without a match":   {"[[source]]\nname = 's'\n", `source "s": match is missing`},
		"a pattern that is wrong":    {"[[source]]\nname = 's'\nmatch = ['from=\"a@b\"']\nok = '('\n", `source "s": ok: `},
		"a match of everything":      {"[[source]]\nname = 's'\nmatch = ['from=~\".+\"']\n", "takes every mail"},
		"a schedule that cannot be":  {"[[expect]]\nname = 'e'\nmatch = ['from=\"a@b\"']\nevery = 'daily 25:00'\n", `expect "e": every: "25:00" is no time of day`},
		"a window that is no time":   {"[[expect]]\nname = 'e'\nwithin = 'soon'\n", `expect 1 "e": within: `},
		"a table that is no list":    {"[source]\nname = 's'\n", "begin each with [[source]]"},
		"a table of another name":    {"[[sources]]\nname = 's'\n", `did you mean "source"?`},
		"an expectation of no match": {"[[expect]]\nname = 'e'\nevery = '1h'\n", `expect "e": match is missing`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "failmail.toml")
			writeFile(t, file, tt.text)
			r := failmailHere(t, "", "check", "--config="+file, "--store=memory:")
			if r.code == 0 || !strings.Contains(r.stdout+r.stderr, tt.want) {
				t.Errorf("exit code %d, want %q in\n%s%s", r.code, tt.want, r.stdout, r.stderr)
			}
		})
	}
}
