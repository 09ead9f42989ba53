package batch

import (
	"fmt"
	"reflect"
	"text/template/parse"

	"github.com/hut8labs/failmail/internal/spelling"
)

// fields follows a chain such as .Header.Get.
func (c *checker) fields(kind reflect.Type, names []string, at parse.Pos, args []argument) reflect.Type {
	for i, name := range names {
		if kind == nil || kind.Kind() == reflect.Interface || kind.Kind() == reflect.Map {
			return nil
		}
		var own []argument
		if i == len(names)-1 {
			own = args
		}
		next, ok := c.field(kind, name, at, own)
		if !ok {
			return nil
		}
		kind = next
		at += parse.Pos(len(name) + 1)
	}
	return kind
}

// field returns the type of one field, or of what a method returns.
func (c *checker) field(kind reflect.Type, name string, at parse.Pos, args []argument) (reflect.Type, bool) {
	if method, ok := kind.MethodByName(name); ok {
		c.method(kind, method, at, args)
		return method.Type.Out(0), true
	}
	holder := kind
	if holder.Kind() == reflect.Pointer {
		holder = holder.Elem()
	}
	if holder.Kind() == reflect.Struct {
		if f, ok := holder.FieldByName(name); ok && f.IsExported() {
			return f.Type, true
		}
	}
	c.noField(kind, name, at)
	return nil, false
}

func (c *checker) noField(kind reflect.Type, name string, at parse.Pos) {
	switch kind {
	case messageType:
		meant := spelling.Nearest(name, []string{"Header", "From", "To", "Subject", "Body", "Host", "RemoteAddr", "Helo", "HTML", "Received", "ID", "Raw", "Problem"})
		c.fail(at, "no field .%s%s; fields are %s", name, didYouMean(".", meant), fieldNames)
	case headerType:
		meant := spelling.Nearest(name, []string{"Get", "Has", "Values", "Count"})
		c.fail(at, "no field .Header.%s%s; use .Header.Get \"NAME\", .Header.Has \"NAME\", .Header.Values \"NAME\" or .Header.Count \"NAME\"",
			name, didYouMean(".Header.", meant))
	default:
		c.fail(at, "no field .%s of a value of type %s; fields of the mail are %s, within range and with as $.From", name, kind, fieldNames)
	}
}

func (c *checker) method(kind reflect.Type, m reflect.Method, at parse.Pos, args []argument) {
	want := m.Type.NumIn() - 1 // without the receiver
	if len(args) != want {
		remedy := "leave out what stands behind it"
		if want > len(args) {
			remedy = fmt.Sprintf("add what it is asked for, such as .%s \"NAME\"", m.Name)
		}
		c.fail(at, ".%s takes %s, and got %s; %s", m.Name, arguments(want), howMany(len(args)), remedy)
		return
	}
	for i, got := range args {
		if m.Type.In(i+1) == stringType && !got.mayBeText() {
			c.fail(at, ".%s takes a text, and got a value of type %s; put it into quotes", m.Name, got.kindName())
		}
		if name, ok := constant(got.node); ok && kind == headerType && !isFieldName(name.Text) {
			c.fail(name.Pos, "the header name %q is not valid: it may not contain a blank, a colon or a letter beyond ASCII; use one such as \"X-Team\"", name.Text)
		}
	}
}

func (a argument) mayBeText() bool {
	return a.kind == nil || a.kind == stringType || a.kind.Kind() == reflect.Interface
}

func (a argument) kindName() string {
	if a.kind == numberType {
		return "number"
	}
	return a.kind.String()
}

func didYouMean(prefix, name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %s%s", prefix, name)
}
