package testutil_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

// ended notes how a test ended.
type ended struct {
	testing.TB
	how, reason string
}

func (e *ended) Helper()        {}
func (e *ended) Skip(a ...any)  { e.how, e.reason = "skipped", a[0].(string) }
func (e *ended) Fatal(a ...any) { e.how, e.reason = "failed", a[0].(string) }

func TestWithoutAProgramATestIsSkippedAndFailsUnderMakeTest(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for all, how := range map[string]string{"": "skipped", "1": "failed"} {
		t.Setenv("FAILMAIL_TEST_ALL", all)
		e := &ended{}
		testutil.Program(e, "mandoc")
		if e.how != how || !strings.Contains(e.reason, "mandoc is not installed; as root: apt-get install mandoc") {
			t.Errorf("FAILMAIL_TEST_ALL=%s: it is %s: %s", all, e.how, e.reason)
		}
	}
}

// A test that skips itself would hide from "make test" that something is missing. An
// input that a fuzz test passes over is something else.
func TestNoTestIsSkippedButByLacks(t *testing.T) {
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, method.Sel.Name) {
				t.Errorf("%s: use testutil.Lacks", files.Position(call.Pos()))
			}
			return method.Sel.Name != "Fuzz"
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
