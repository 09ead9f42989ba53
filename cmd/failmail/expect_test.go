package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/web"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
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
	{"--match names, with its commas, the mails that add is about", func(t *testing.T) {
		p := quiet(t)
		out, _ := failmailHere(t, "", "expect", "add", "backup", "--match", `subject=~"Backup.{1,9}"`, "--match=status=\"ok\"", "--every=1d", "--http="+p.http).succeeds(t)
		if !strings.Contains(out, "matches no mail so far") || !strings.Contains(out, "expected 1d; end it with: failmail expect drop 'backup'\n") {
			t.Errorf("%s", out)
		}
		if e := expectedOf(t, p)[0]; e.Kind != "added" || strings.Join(e.Match, " ") != `subject=~"Backup.{1,9}" status="ok"` {
			t.Errorf("%+v", e)
		}
	}},
	{"--every says when what is added comes", func(t *testing.T) {
		p := quiet(t)
		failmailHere(t, "", "expect", "add", "backup", "--match", `from="a@b"`, "--every=Mon-Fri 02:00", "--http="+p.http).succeeds(t)
		if e := expectedOf(t, p)[0]; e.Every != "Mon-Fri 02:00" {
			t.Errorf("%+v", e)
		}
	}},
	{"--within says how late it may be", func(t *testing.T) {
		p := quiet(t)
		failmailHere(t, "", "expect", "add", "backup", "--match", `from="a@b"`, "--every=1d", "--within=5h", "--http="+p.http).succeeds(t)
		if e := expectedOf(t, p)[0]; e.Within != "5h" {
			t.Errorf("%+v", e)
		}
	}},
	{"--to names who hears of it", func(t *testing.T) {
		p := quiet(t)
		failmailHere(t, "", "expect", "add", "backup", "--match", `from="a@b"`, "--every=1d", "--to=dba@example.com", "--http="+p.http).succeeds(t)
		if e := expectedOf(t, p)[0]; strings.Join(e.To, " ") != "dba@example.com" {
			t.Errorf("%+v", e)
		}
	}},
	{"--dry-run adds nothing", func(t *testing.T) {
		p := quiet(t)
		out, _ := failmailHere(t, "", "expect", "add", "backup", "--match", `header:X-Job="7"`, "--every=1d", "--dry-run", "--http="+p.http).succeeds(t)
		if !strings.Contains(out, "fields of a header are not kept") || !strings.Contains(out, "nothing is expected") || len(expectedOf(t, p)) != 0 {
			t.Errorf("%s", out)
		}
	}},
}

var expectLearnedTest = flagTest{"--expect-learned expects what came regularly for a week", func(t *testing.T) {
	file := filepath.Join(t.TempDir(), "here.db")
	engine, err := sqlite.Open(file, store.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := failmail.New(failmail.Config{Bind: failmail.NoListener, Store: engine, FailDir: t.TempDir(), Wait: time.Hour, MaxWait: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for day := 14; day > 0; day-- {
		m := failmail.NewMessage("backup@srv7.example.com", []string{"ops@example.com"}, []byte("Subject: Backup of srv7 complete\n\n"))
		m.Received = time.Now().Truncate(24*time.Hour).AddDate(0, 0, -day)
		if err := p.Submit(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(p.Shutdown(t.Context()), engine.Close()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		flag string
		want expect.Kind
	}{{"--expect-learned=false", expect.Proposed}, {"--expect-learned", expect.AsLearned}} {
		p := proxyHere(t, "--store=sqlite:"+file, "--wait=1h", "--max-wait=1h", tt.flag)
		if all := expectedOf(t, p); len(all) != 1 || all[0].Name != "Backup of srv7" || all[0].Kind != tt.want {
			t.Errorf("%s: %+v", tt.flag, all)
		}
		p.end()
	}
}}

func expectedOf(t *testing.T, p *here) (all []web.Expected) {
	t.Helper()
	response, err := http.Get("http://" + p.http + "/api/expected")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestExpectDropsWhatItAdded(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "failmail.toml")
	writeFile(t, file, "[[expect]]\nname = 'nas'\nmatch = 'from=\"nas@example.com\"'\nevery = '1d'\n")
	p := proxyHere(t, "--config="+file)
	failmailHere(t, "", "expect", "add", "backup", "--match", `from="a@b"`, "--every=1d", "--http="+p.http).succeeds(t)
	if out, _ := failmailHere(t, "", "expect", "list", "--http="+p.http).succeeds(t); !strings.Contains(out, "backup: never came") || !strings.Contains(out, "(1d, added)") {
		t.Errorf("%s", out)
	}
	failmailHere(t, "", "expect", "drop", "backup", "--http="+p.http).succeeds(t)
	if all := expectedOf(t, p); len(all) != 1 || all[0].Name != "nas" {
		t.Errorf("%+v", all)
	}
	r := failmailHere(t, "", "expect", "drop", "nas", "--http="+p.http, "--config="+file)
	if r.code == 0 || !strings.Contains(r.stderr, "it stands in a table [[expect]] of the settings file ("+file+")") {
		t.Errorf("%+v", r)
	}
}

func TestExpectRefusesWhatItCannotMakeSenseOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"a word":             {[]string{"watch", "x"}, `expect "watch": use add, confirm or drop`},
		"no name":            {[]string{"confirm"}, "expect confirm takes one name"},
		"two names":          {[]string{"drop", "backup", "srv7"}, "put quotes around it, as in failmail expect drop 'backup srv7'"},
		"a name to list":     {[]string{"list", "x"}, "takes no name"},
		"no match":           {[]string{"add", "x", "--every=1d"}, "match is missing"},
		"a match of all":     {[]string{"add", "x", "--every=1d", "--match", `from=~".*"`}, "takes every mail"},
		"no time":            {[]string{"add", "x", "--match", `from="a@b"`}, "every: it is missing"},
		"a window of nobody": {[]string{"add", "x", "--match", `from="a@b"`, "--every=1d", "--within=soon"}, "within: the duration"},
	} {
		t.Run(name, func(t *testing.T) {
			if r := failmailHere(t, "", append([]string{"expect"}, test.args...)...); r.code != exitUsage || !strings.Contains(r.stderr, test.want) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestWhatIsWrongInATableIsSaidAtTheStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"a key that there is not":    {"[[source]]\nname = 's'\ncolour = 'x'\n", `source 1 "s": colour: there is no such key`},
		"a source without a match":   {"[[source]]\nname = 's'\n", `source "s": match is missing`},
		"a pattern that is wrong":    {"[[source]]\nname = 's'\nmatch = ['from=\"a@b\"']\nok = '('\n", `source "s": ok: `},
		"a match of everything":      {"[[source]]\nname = 's'\nmatch = ['from=~\".+\"']\n", "takes every mail"},
		"a schedule that cannot be":  {"[[expect]]\nname = 'e'\nmatch = ['from=\"a@b\"']\nevery = 'daily 25:00'\n", `expect "e": every: "25:00" is not a time of day`},
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
