package docs

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What groups and renders mails knows nothing of how they come and go.
func TestGroupingAndRenderingNeedNoServer(t *testing.T) {
	for _, p := range []string{"message", "batch", "render", "store", "store/memory"} {
		out, err := exec.Command("go", "list", "-deps", "../pkg/"+p).Output()
		if err != nil {
			t.Fatal(err)
		}
		deps := strings.Fields(string(out))
		for _, other := range []string{
			"github.com/emersion/go-smtp", "github.com/emersion/go-sasl", "github.com/pires/go-proxyproto", "golang.org/x/crypto/bcrypt",
			"github.com/hut8labs/failmail/pkg/receive", "github.com/hut8labs/failmail/pkg/deliver",
		} {
			if slices.Contains(deps, other) {
				t.Errorf("pkg/%s needs %s", p, other)
			}
		}
	}
}

// A program that does not serve the page does not carry it: 1.4 MB.
func TestAProgramWithoutThePageDoesNotCarryIt(t *testing.T) {
	for example, serves := range map[string]bool{"embed": false, "httpmux": true} {
		program := filepath.Join(t.TempDir(), example)
		if out, err := exec.Command("go", "build", "-o", program, "../examples/"+example).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		symbols, err := exec.Command("go", "tool", "nm", program).Output()
		if err != nil {
			t.Fatal(err)
		}
		if has := bytes.Contains(symbols, []byte("failmail/internal/web.New")); has != serves {
			t.Errorf("examples/%s has the page: %t, want %t", example, has, serves)
		}
	}
}

// A reader of a file goes on to those it uses, and never comes back to it.
func TestTheFilesOfTheRootPackageStandOnEachOther(t *testing.T) {
	uses := filesUsed(t, "..")
	var below func(file string, path []string) bool
	done := make(map[string]bool)
	below = func(file string, path []string) bool {
		if i := slices.Index(path, file); i >= 0 {
			t.Errorf("files use each other in a circle: %s", strings.Join(append(path[i:], file), " uses "))
			return false
		}
		if done[file] {
			return true
		}
		done[file] = true
		for _, used := range slices.Sorted(maps.Keys(uses[file])) {
			if !below(used, append(slices.Clone(path), file)) {
				return false
			}
		}
		return true
	}
	for _, file := range slices.Sorted(maps.Keys(uses)) {
		if !below(file, nil) {
			return
		}
	}
}

// filesUsed returns for each Go file in a folder which others define what it names.
func filesUsed(t *testing.T, folder string) map[string]map[string]bool {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	set, files := token.NewFileSet(), []*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	// What other packages define is of no interest here, nor that it is missing.
	config := types.Config{Error: func(error) {}, Importer: nothing{}}
	pkg, _ := config.Check("failmail", set, files, info)
	uses := make(map[string]map[string]bool)
	at := func(pos token.Pos) string { return filepath.Base(set.Position(pos).Filename) }
	for ident, object := range info.Uses {
		if object.Pkg() != pkg || !object.Pos().IsValid() {
			continue
		}
		from, to := at(ident.Pos()), at(object.Pos())
		if from == to {
			continue
		}
		if uses[from] == nil {
			uses[from] = make(map[string]bool)
		}
		uses[from][to] = true
	}
	return uses
}

// nothing imports packages that define nothing.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}
