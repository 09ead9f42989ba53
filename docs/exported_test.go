package docs

import (
	"go/ast"
	"path"
	"strconv"
	"strings"
	"testing"
)

// Whoever reads a public signature can name each type in it.
func TestPublicSignaturesHoldPublicTypes(t *testing.T) {
	seen := 0
	for _, folder := range append(publicPackages(t), "../failmailtest") {
		for name, file := range parse(t, folder, func(name string) bool { return !strings.HasSuffix(name, "_test.go") }) {
			internal := internalImports(file)
			for _, said := range exported(file) {
				seen++
				ast.Inspect(said, func(n ast.Node) bool {
					if of, ok := n.(*ast.SelectorExpr); ok {
						if from, ok := of.X.(*ast.Ident); ok && internal[from.Name] {
							t.Errorf("%s/%s: a public signature has %s.%s", folder, name, from.Name, of.Sel.Name)
						}
					}
					return true
				})
			}
		}
	}
	if seen < 500 {
		t.Errorf("only %d signatures were found", seen)
	}
}

// internalImports returns the names of the internal packages in a file.
func internalImports(file *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, i := range file.Imports {
		imported, err := strconv.Unquote(i.Path.Value)
		if err != nil || !strings.Contains(imported, "/internal/") {
			continue
		}
		if i.Name != nil {
			names[i.Name.Name] = true
		} else {
			names[path.Base(imported)] = true
		}
	}
	return names
}

// exported returns what of a file others see: the types of functions, fields, methods,
// constants and variables, and what types are made of.
func exported(file *ast.File) (said []ast.Node) {
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) {
				said = append(said, d.Type)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() {
						said = append(said, visible(s.Type)...)
					}
				case *ast.ValueSpec:
					if s.Type != nil && s.Names[0].IsExported() {
						said = append(said, s.Type)
					}
					for i, value := range s.Values {
						if s.Type == nil && s.Names[i].IsExported() {
							said = append(said, value)
						}
					}
				}
			}
		}
	}
	return said
}

// visible returns what of a type is not private: of a struct the exported and the
// embedded fields.
func visible(of ast.Expr) (said []ast.Node) {
	structure, ok := of.(*ast.StructType)
	if !ok {
		return []ast.Node{of}
	}
	for _, field := range structure.Fields.List {
		if len(field.Names) == 0 || field.Names[0].IsExported() {
			said = append(said, visible(field.Type)...)
		}
	}
	return said
}
