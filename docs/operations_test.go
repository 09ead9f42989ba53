package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hut8labs/failmail"
)

// Whoever reads a line of the log finds it in the documentation, and nothing else.
func TestEveryLineOfTheLogIsExplained(t *testing.T) {
	said := messages(t)
	if len(said) < 50 {
		t.Fatalf("only %d messages were found", len(said))
	}
	var explained []string
	for _, head := range [][]string{{"ERROR", "meaning", "what to do"}, {"WARN", "meaning", "what to do"}, {"INFO and DEBUG", "meaning"}} {
		for _, row := range tables(t, "operations.md", head...) {
			explained = append(explained, strings.Split(row[0], " · ")...)
		}
	}
	used := make(map[string]bool)
	for message, pattern := range said {
		found := false
		for _, line := range explained {
			if pattern.MatchString(line) {
				found, used[line] = true, true
			}
		}
		if !found {
			t.Errorf("operations.md does not explain %q", message)
		}
	}
	for _, line := range explained {
		if !used[line] {
			t.Errorf("operations.md explains %q, which nothing says", line)
		}
	}
}

// messages returns what the program can log, as far as the first semicolon, each
// with a pattern in which what is put together at run time may be anything.
func messages(t *testing.T) map[string]*regexp.Regexp {
	t.Helper()
	found := make(map[string]*regexp.Regexp)
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains([]string{"../test", "../bench", "../examples", "../internal/testutil", "../.git"}, path) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for node := range ast.Preorder(file) {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				continue
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"Debug", "Info", "Warn", "Error", "warnOnce"}, method.Sel.Name) {
				continue
			}
			text, _, _ := strings.Cut(literal(call.Args[0]), ";")
			text, _, _ = strings.Cut(text, ". ")
			if strings.Trim(text, "… ") != "" {
				found[text] = regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(text), "…", ".+") + "$")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// literal returns a string as it stands in the source, with an ellipsis for each
// part that does not.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return literal(e.X) + literal(e.Y)
		}
	}
	return "…"
}

func TestEveryMetricIsExplained(t *testing.T) {
	p, err := failmail.New(failmail.Config{Bind: failmail.NoListener, Relay: "debug", Store: failmail.NewMemoryStore(), FailDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Shutdown(t.Context())
	response := httptest.NewRecorder()
	p.Handler().ServeHTTP(response, httptest.NewRequest("GET", "http://localhost/metrics", nil))
	served := make(map[string]bool)
	for _, match := range regexp.MustCompile(`(?m)^# TYPE (failmail_\w+)`).FindAllStringSubmatch(response.Body.String(), -1) {
		served[match[1]] = true
	}
	if len(served) < 15 {
		t.Fatalf("only %d metrics are served: %s", len(served), response.Body)
	}
	explained := make(map[string]bool)
	for _, row := range tables(t, "operations.md", "metric", "meaning", "what to do") {
		for _, name := range regexp.MustCompile(`failmail_\w+`).FindAllString(row[0], -1) {
			explained[name] = true
		}
	}
	for name := range served {
		if !explained[name] {
			t.Errorf("operations.md does not explain %s", name)
		}
	}
	for name := range explained {
		// A counter of replies appears with the first one.
		if !served[name] && name != "failmail_smtp_refusals_total" {
			t.Errorf("operations.md explains %s, which is not served", name)
		}
	}
}
