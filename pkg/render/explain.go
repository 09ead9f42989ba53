package render

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/spelling"
)

// templateTypes are the types of the values that a template sees.
var templateTypes = []reflect.Type{
	reflect.TypeFor[*SubjectView](), reflect.TypeFor[*View](), reflect.TypeFor[*Group](), reflect.TypeFor[*GroupView](),
	reflect.TypeFor[*VariantView](), reflect.TypeFor[*Sample](), reflect.TypeFor[*News](), reflect.TypeFor[*Ahead](),
	reflect.TypeFor[*Host](), reflect.TypeFor[*Muted](),
}

// Errors of text/template that name a field or a function which does not exist.
var (
	noField    = regexp.MustCompile(`can't evaluate field (\w+) in type \*?render\.(\w+)`)
	noFunction = regexp.MustCompile(`function "(\w+)" not defined`)
)

// explainTemplate adds to an error of a template what would be right.
func explainTemplate(err error) error {
	text := strings.TrimPrefix(err.Error(), "template: ")
	text = strings.TrimPrefix(text, "html/template:")
	if m := noFunction.FindStringSubmatch(text); m != nil {
		names := slices.Sorted(maps.Keys(functions))
		return fmt.Errorf("%s%s; functions are %s and those of text/template", text, didYouMean(m[1], names), list(names))
	}
	m := noField.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("%s; docs/templates.md lists the fields and functions", text)
	}
	for _, t := range templateTypes {
		if t.Elem().Name() == m[2] {
			names := membersOf(t)
			return fmt.Errorf("%s%s; its fields are %s", text, didYouMean(m[1], names), list(names))
		}
	}
	return fmt.Errorf("%s; docs/templates.md lists the fields", text)
}

// membersOf returns the names of the fields and methods that a template sees of a
// pointer to a struct, those of embedded structs included.
func membersOf(t reflect.Type) []string {
	names := make(map[string]bool)
	for _, f := range reflect.VisibleFields(t.Elem()) {
		if f.IsExported() && !f.Anonymous {
			names[f.Name] = true
		}
	}
	for i := range t.NumMethod() {
		// Those that change something are not for templates.
		if m := t.Method(i).Type; m.NumIn() == 1 && m.NumOut() > 0 {
			names[t.Method(i).Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func didYouMean(name string, names []string) string {
	if near := spelling.Nearest(name, names); near != "" {
		return ", did you mean " + near
	}
	return ""
}

func list(names []string) string { return strings.Join(names, ", ") }
