package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever a package exports to be called first appears in one of its Examples: each
// function, and each method of a Proxy.
func TestEveryEntryPointHasAnExample(t *testing.T) {
	count := 0
	for _, folder := range publicPackages(t) {
		entries, shown := readPackage(t, folder)
		for name := range entries {
			count++
			if !shown[name] {
				t.Errorf("%s: no Example uses %s", folder, name)
			}
		}
	}
	if count < 60 {
		t.Errorf("only %d entry points were found", count)
	}
}

// Every public package says what it is for on the first screen of go doc, with an example.
func TestEveryPublicPackageHasAComment(t *testing.T) {
	const most = 30 // lines; what it exports is to fit below
	for _, folder := range append(publicPackages(t), "../failmailtest") {
		said := ""
		for _, file := range parse(t, folder, func(name string) bool { return !strings.HasSuffix(name, "_test.go") }) {
			if text := file.Doc.Text(); strings.HasPrefix(text, "Package "+file.Name.Name+" ") {
				said = text
			}
		}
		switch lines := strings.Count(said, "\n"); {
		case said == "":
			t.Errorf("%s has no package comment", folder)
		case lines > most:
			t.Errorf("the package comment of %s has %d lines, more than %d", folder, lines, most)
		case !strings.Contains(said, "\n\n\t"):
			t.Errorf("the package comment of %s has no example", folder)
		}
	}
}

func publicPackages(t *testing.T) []string {
	t.Helper()
	folders := []string{".."}
	err := filepath.WalkDir("../pkg", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			if found, _ := filepath.Glob(filepath.Join(path, "*.go")); len(found) > 0 {
				folders = append(folders, path)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) < 10 {
		t.Errorf("only %d packages were found", len(folders))
	}
	return folders
}

// readPackage returns the entry points of a package, and the names that its
// Examples use.
func readPackage(t *testing.T, folder string) (entries, shown map[string]bool) {
	t.Helper()
	entries, shown = map[string]bool{}, map[string]bool{}
	for name, file := range parse(t, folder, func(string) bool { return true }) {
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			switch {
			case !ok:
			case !strings.HasSuffix(name, "_test.go"):
				if function.Name.IsExported() && (function.Recv == nil || receiver(function) == "Proxy") {
					entries[function.Name.Name] = true
				}
			case strings.HasPrefix(function.Name.Name, "Example"):
				ast.Inspect(function.Body, func(n ast.Node) bool {
					if identifier, ok := n.(*ast.Ident); ok {
						shown[identifier.Name] = true
					}
					return true
				})
			}
		}
	}
	return entries, shown
}

func receiver(function *ast.FuncDecl) string {
	of := function.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if identifier, ok := of.(*ast.Ident); ok {
		return identifier.Name
	}
	return ""
}

func parse(t *testing.T, folder string, wanted func(name string) bool) map[string]*ast.File {
	t.Helper()
	found, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, entry := range found {
		if filepath.Ext(entry.Name()) != ".go" || !wanted(entry.Name()) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, entry.Name()), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = file
	}
	return files
}
