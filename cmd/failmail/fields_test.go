package main

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ofTheCommand are the folders whose users type flags.
var ofTheCommand = []string{
	"cmd", "test", "bench", "examples", "packaging", "tools", "docs", "internal/demo", "internal/explain", "internal/sendmail",
	"internal/storm", "internal/testutil", // the mails of others, the flags of initdb
}

// literals are the strings and templates of the library, each with its place.
func literals(t *testing.T) iter.Seq2[string, string] {
	return func(yield func(place, text string) bool) {
		count := 0
		err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
			name := filepath.ToSlash(strings.TrimPrefix(path, filepath.FromSlash("../../")))
			switch {
			case err != nil:
				return err
			case entry.IsDir() && (slices.Contains(ofTheCommand, name) || strings.HasPrefix(entry.Name(), ".") && path != "../.."):
				return fs.SkipDir
			case slices.Contains([]string{".html", ".txt", ".js"}, filepath.Ext(name)) && !strings.Contains(name, "/testdata/"):
				text, err := os.ReadFile(path)
				if err == nil && !yield(name, string(text)) {
					return fs.SkipAll
				}
				return err
			case filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			for node := range ast.Preorder(file) {
				if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					text, err := strconv.Unquote(literal.Value)
					if err != nil {
						return err
					}
					if count++; !yield(name+":"+strconv.Itoa(files.Position(literal.Pos()).Line), text) {
						return fs.SkipAll
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if count < 1000 {
			t.Errorf("only %d strings were found", count)
		}
	}
}

// Whoever embeds a Proxy has no flags.
func TestTheLibraryNamesNoFlags(t *testing.T) {
	flag := regexp.MustCompile(`(^|[\s"'(=;,>])--[a-z]`)
	for place, text := range literals(t) {
		if flag.MatchString(text) {
			t.Errorf("%s names a flag, and should name a field: %s", place, text)
		}
	}
}

// Whoever uses the command has no fields.
func TestEveryFieldThatTheLibraryNamesHasItsFlags(t *testing.T) {
	known := make(map[string]bool)
	app := newApp(nil, nil, nil)
	for _, f := range app.Flags {
		known[f.Names()[0]] = true
	}
	named := 0
	flag := regexp.MustCompile(`--([a-z-]+)`)
	for place, text := range literals(t) {
		for _, name := range fieldNamed.FindAllString(text, -1) {
			named++
			flags := flag.FindAllStringSubmatch(inFlags(name), -1)
			if len(flags) == 0 {
				t.Errorf("%s names %s, which no flag is known for: %s", place, name, text)
			}
			for _, f := range flags {
				if !known[f[1]] {
					t.Errorf("%s names %s, for which there is no flag --%s: %s", place, name, f[1], text)
				}
			}
		}
	}
	if named < 20 {
		t.Errorf("only %d fields were found", named)
	}
}

func TestTheLogNamesFlagsAndLeavesMailsAlone(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, logOptions(slog.LevelInfo)))
	log.Info("set TLS.Policy=off", "error", errors.New("give a user (Auth.User)"), "subject", "TLS.Policy")
	for _, want := range []string{"set --relay-tls=off", "give a user (--relay-user)", "subject=TLS.Policy"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %q: %s", want, out.String())
		}
	}
}
