package batch

import (
	"cmp"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"

	"github.com/hut8labs/failmail/internal/spelling"
)

// builtinResults are the functions of text/template with the types of their
// results; nil where it depends.
var builtinResults = map[string]reflect.Type{
	"and": nil, "or": nil, "not": boolType, "len": intType, "index": nil, "slice": nil, "call": nil,
	"print": stringType, "printf": stringType, "println": stringType, "html": stringType, "js": stringType, "urlquery": stringType,
	"eq": boolType, "ne": boolType, "lt": boolType, "le": boolType, "gt": boolType, "ge": boolType,
}

func (c *checker) function(n *parse.IdentifierNode, args []argument) reflect.Type {
	at := slices.Index(functionNames(), n.Ident)
	if at < 0 {
		result, builtin := builtinResults[n.Ident]
		if !builtin && n.Ident != "break" && n.Ident != "continue" {
			c.fail(n.Pos, "no function %q%s; functions are %s", n.Ident, didYouMean("", spelling.Nearest(n.Ident, functionNames())), strings.Join(functionNames(), ", "))
		}
		return result
	}
	names := functions[at].arguments
	form := n.Ident + " " + strings.Join(names, " ")
	if len(args) != len(names) {
		c.fail(n.Pos, "%s takes %s, and got %s; write it as %s", n.Ident, arguments(len(names)), howMany(len(args)), form)
		return stringType
	}
	for i, got := range args {
		if !got.mayBeText() {
			c.fail(n.Pos, "%s takes a text as %s, and got a value of type %s; write it as %s", n.Ident, names[i], got.kindName(), form)
		}
	}
	if names[0] == "PATTERN" {
		c.pattern(n.Ident, args)
	}
	return stringType
}

// pattern looks at a pattern that is a constant, and at a replacement for it.
func (c *checker) pattern(function string, args []argument) {
	pattern, ok := constant(args[0].node)
	if !ok {
		return
	}
	re, err := regexp.Compile(pattern.Text)
	switch {
	case err != nil:
		c.fail(pattern.Pos, "the pattern %q is wrong: %v; put a backslash in front of characters such as ( and [ that stand for themselves",
			pattern.Text, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	case function == "submatch" && re.NumSubexp() == 0:
		c.fail(pattern.Pos, "the pattern %q has no group; put what you want into parentheses, or use match", pattern.Text)
	case function == "replace" && len(args) == 3:
		if replacement, ok := constant(args[2].node); ok {
			c.replacement(re, replacement)
		}
	}
}

// reference matches what stands for a group in a replacement, as in
// Regexp.Expand: the longest run of letters, digits and underscores is its name.
var reference = regexp.MustCompile(`\$(?:\$|\{(\w+)\}|(\w+))`)

func (c *checker) replacement(re *regexp.Regexp, replacement *parse.StringNode) {
	for _, m := range reference.FindAllStringSubmatch(replacement.Text, -1) {
		name := cmp.Or(m[1], m[2])
		if name == "" || slices.Contains(re.SubexpNames()[1:], name) {
			continue
		}
		number, err := strconv.Atoi(name)
		switch digits := strings.TrimRight(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"); {
		case err == nil && number <= re.NumSubexp():
		case err == nil:
			c.fail(replacement.Pos, "the replacement %q names group %d, and the pattern %q has %d; put what you want into parentheses, or write $$ for a dollar sign",
				replacement.Text, number, re, re.NumSubexp())
		case digits != "":
			c.fail(replacement.Pos, "the replacement %q names a group %q, which the pattern %q does not have; write ${%s}%s if group %s is meant",
				replacement.Text, name, re, digits, name[len(digits):], digits)
		default:
			c.fail(replacement.Pos, "the replacement %q names a group %q, which the pattern %q does not have; write $1 for the first group, or $$ for a dollar sign",
				replacement.Text, name, re)
		}
	}
}

// constant returns the string that a node is, also in parentheses.
func constant(node parse.Node) (*parse.StringNode, bool) {
	if pipe, ok := node.(*parse.PipeNode); ok && len(pipe.Cmds) == 1 && len(pipe.Cmds[0].Args) == 1 {
		node = pipe.Cmds[0].Args[0]
	}
	text, ok := node.(*parse.StringNode)
	return text, ok
}

func arguments(n int) string {
	switch n {
	case 0:
		return "no argument"
	case 1:
		return "1 argument"
	}
	return strconv.Itoa(n) + " arguments"
}

func howMany(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}
