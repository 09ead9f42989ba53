package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/render"
)

// The documentation is tried out: the quick start and the migration are typed as
// they stand, all other commands go through the checks that the program makes
// before it does anything, and links inside the project lead somewhere.

var fence = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")

// A fenced block of a page.
type fenced struct{ mark, text string }

func fencedIn(t *testing.T, page string) (blocks []fenced) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range fence.FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, fenced{match[1], match[2]})
	}
	return blocks
}

func documents(t *testing.T) []string {
	t.Helper()
	all := []string{"../../README.md", "../../CONTRIBUTING.md", "../../SECURITY.md"}
	for _, pattern := range []string{"../../docs/*.md", "../../docs/works-with/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

func TestTheDocumentationsSessionsGoAsShown(t *testing.T) {
	for _, page := range []string{"quickstart.md", "migration.md"} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			s := newSession(t)
			for _, block := range fencedIn(t, "../../docs/"+page) {
				switch block.mark {
				case "sh":
					s.run(t, block.text)
				case "sh terminal 1":
					s.serve(t, block.text)
				case "text prints":
					wantLines(t, block.text, s.printed)
				case "text summary":
					s.proxy.end(t, syscall.SIGTERM)
					wantLines(t, block.text, s.debug.String())
				}
			}
		})
	}
}

// A session is somebody who follows a page.
type session struct {
	folder     string
	smtp, http string
	env        []string
	proxy      *process
	debug      bytes.Buffer // what the first terminal shows
	printed    string       // by the last block of the second one
}

func newSession(t *testing.T) *session {
	t.Helper()
	s := &session{folder: t.TempDir(), smtp: freeAddress(t), http: freeAddress(t)}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "failmail")); err != nil {
		t.Fatal(err)
	}
	s.env = append(os.Environ(), "FAILMAIL_TEST_RUN_MAIN=1", "PATH="+bin+":"+os.Getenv("PATH"), "FAILMAIL_SERVER="+s.smtp)
	return s
}

func (s *session) serve(t *testing.T, line string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "exec "+line)
	cmd.Dir, cmd.Stdout = s.folder, &s.debug
	cmd.Env = append(slices.Clone(s.env), "FAILMAIL_BIND="+s.smtp, "FAILMAIL_BIND_HTTP="+s.http)
	s.proxy = startCommand(t, cmd, s.smtp)
}

func (s *session) run(t *testing.T, commands string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-euc", commands)
	cmd.Dir, cmd.Env = s.folder, s.env
	if s.proxy != nil {
		cmd.Env = append(slices.Clone(s.env), "FAILMAIL_BIND_HTTP="+s.http)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, commands, out)
	}
	s.printed = string(out)
}

// wantLines wants each line of a block in what was printed.
func wantLines(t *testing.T, block, printed string) {
	t.Helper()
	// The text part of a summary is quoted-printable.
	printed = strings.NewReplacer("=\r\n", "", "=\n", "", "=C3=97", "×", "=3D", "=", "\r", "").Replace(printed)
	for line := range strings.Lines(block) {
		if !strings.Contains(printed, strings.TrimSuffix(line, "\n")) {
			t.Errorf("not printed is %q:\n%s", line, printed)
		}
	}
}

func TestEveryCommandInTheDocumentationIsOneThatTheProgramTakes(t *testing.T) {
	targets, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, page := range documents(t) {
		for _, block := range fencedIn(t, page) {
			if language, _, _ := strings.Cut(block.mark, " "); language == "" || language == "sh" || language == "console" {
				text := strings.ReplaceAll(block.text, "\\\n", " ")
				for line := range strings.Lines(text) {
					lines = append(lines, filepath.Base(page)+": "+strings.TrimSpace(line))
				}
			}
		}
	}
	t.Chdir(t.TempDir())
	// Programs that it names but that are not ours. No others are found, so that it
	// does not depend on the machine which are.
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	for _, program := range []string{"msmtp", "oama", "pizauth", "sendmail"} {
		if err := os.WriteFile(filepath.Join(folder, program), []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	writeCertificate(t, "cert.pem", "key.pem")
	writeFile(t, "password", "secret\n")
	writeFile(t, "users", "ops:$2y$05$abcdefghijklmnopqrstuuW4l9JvSgJ6nS0r3r2mJ1w3q8fA9f5xK\n")
	for _, file := range []string{"failmail.toml", "new.toml", "old.toml"} {
		writeFile(t, file, "relay = 'mail.example.com:25'\n")
	}
	if _, err := render.WriteTemplates("mine"); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, line := range lines {
		page, line, _ := strings.Cut(strings.ReplaceAll(line, "/usr/sbin/", folder+"/"), ": ")
		for _, words := range commandsOf(line) {
			switch words[0] {
			case "failmail":
				count++
				if err := tryOut(t.Context(), words); err != nil {
					t.Errorf("%s: %s: %v", page, line, err)
				}
			case "make":
				if len(words) > 1 && !bytes.Contains(targets, []byte("\n"+words[1]+":")) {
					t.Errorf("%s: %s: there is no such target", page, line)
				}
			}
		}
	}
	if count < 40 {
		t.Errorf("only %d commands were found", count)
	}
}

// tryOut reads the flags and checks the settings as the program does, and stops
// before it opens anything.
func tryOut(ctx context.Context, words []string) error {
	app := newApp(strings.NewReader(""), io.Discard, io.Discard)
	app.Action = func(c *cli.Context) error {
		if c.Args().Present() {
			return &usageError{"there is no command " + c.Args().First()}
		}
		if err := readSettings(c); err != nil {
			return err
		}
		config, err := configFrom(c, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		_, err = failmail.New(config)
		return asUsage(err)
	}
	for _, command := range app.Commands {
		command.Action = func(*cli.Context) error { return nil }
		if command.Name == "check" {
			command.Action = app.Action
		}
	}
	words, err := arrange(app, words)
	if err != nil {
		return err
	}
	return app.RunContext(ctx, words)
}

// commandsOf splits a line into the commands of its pipeline, each into words as a
// shell would. Comments, assignments in front and redirections are left out.
func commandsOf(line string) (commands [][]string) {
	var words []string
	var word strings.Builder
	started := false
	quote := rune(0)
	endWord := func() {
		if started {
			words = append(words, word.String())
		}
		word.Reset()
		started = false
	}
	endCommand := func() {
		endWord()
		for len(words) > 0 && (words[0] == "$" || strings.Contains(words[0], "=") && !strings.HasPrefix(words[0], "-")) {
			words = words[1:]
		}
		if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, ">") }); i >= 0 {
			words = words[:i]
		}
		if len(words) > 0 {
			words[0] = filepath.Base(words[0])
			commands = append(commands, words)
		}
		words = nil
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, started = r, true
		case r == '#' && !started:
			endCommand()
			return commands
		case r == ' ' || r == '\t':
			endWord()
		case r == '|' || r == '&' || r == ';':
			endCommand()
		default:
			word.WriteRune(r)
			started = true
		}
	}
	endCommand()
	return commands
}

func TestLinesOfTheDocumentationAreSplitAsAShellDoes(t *testing.T) {
	for line, want := range map[string][][]string{
		`failmail --group='a b' # why`:              {{"failmail", "--group=a b"}},
		`$ PGPASSWORD='x y' failmail --a "b c"`:     {{"failmail", "--a", "b c"}},
		`cat f | bin/failmail explain - >out`:       {{"cat", "f"}, {"failmail", "explain", "-"}},
		`a; b & c`:                                  {{"a"}, {"b"}, {"c"}},
		`failmail --bind ''`:                        {{"failmail", "--bind", ""}},
		`# nothing`:                                 nil,
		`failmail --relay=exec:'/bin/x -a "b" | c'`: {{"failmail", `--relay=exec:/bin/x -a "b" | c`}},
	} {
		got := commandsOf(line)
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestEveryRequestInTheDocumentationIsAnswered(t *testing.T) {
	relay, addr := startRelay(t), freeAddress(t)
	p := startProcess(t, t.TempDir(), "--bind-http="+addr, "--relay="+relay.Addr())
	count := 0
	for _, block := range fencedIn(t, "../../docs/operations.md") {
		for line := range strings.Lines(block.text) {
			for _, words := range commandsOf(strings.TrimSpace(line)) {
				if words[0] != "curl" {
					continue
				}
				count++
				method, body, url := http.MethodGet, "", ""
				for i := 1; i < len(words); i++ {
					switch words[i] {
					case "-s":
					case "-o":
						i++
					case "-X":
						i++
						method = words[i]
					case "-d":
						i++
						method, body = http.MethodPost, words[i]
					default:
						url = words[i]
					}
				}
				request, err := http.NewRequestWithContext(t.Context(), method, "http://"+strings.Replace(url, "localhost:8025", addr, 1), strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				said, _ := io.ReadAll(response.Body)
				response.Body.Close()
				// The numbers in the examples are of batches and mails long gone.
				gone := response.StatusCode == http.StatusNotFound && strings.Contains(string(said), `"error"`)
				if response.StatusCode >= 300 && !gone {
					t.Errorf("%s: %s %s", line, response.Status, said)
				}
			}
		}
	}
	if count < 8 {
		t.Errorf("only %d requests were found", count)
	}
	p.end(t, syscall.SIGTERM)
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestEveryLinkInTheDocumentationLeadsSomewhere(t *testing.T) {
	all := documents(t)
	for _, pattern := range []string{"../../examples/*.md", "../../examples/*/*.md", "../../docs/decisions/*.md", "../../CHANGELOG.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	for _, page := range all {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(fence.ReplaceAllString(string(text), ""), -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			to := page
			if target != "" {
				to = filepath.Join(filepath.Dir(page), target)
			}
			info, err := os.Stat(to)
			if err != nil {
				t.Errorf("%s links to %s, which is not there", page, match[1])
				continue
			}
			if anchor != "" && (info.IsDir() || !slices.Contains(anchorsOf(t, to), anchor)) {
				t.Errorf("%s links to %s, which has no such heading", page, match[1])
			}
		}
	}
}

var notInAnchor = regexp.MustCompile(`[^a-z0-9 _-]`)

// anchorsOf returns what the headings of a page are called in links.
func anchorsOf(t *testing.T, page string) (anchors []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(fence.ReplaceAllString(string(text), "")) {
		if heading, ok := strings.CutPrefix(line, "#"); ok {
			heading = strings.ToLower(strings.TrimSpace(strings.TrimLeft(heading, "#")))
			anchors = append(anchors, strings.ReplaceAll(notInAnchor.ReplaceAllString(heading, ""), " ", "-"))
		}
	}
	return anchors
}
