package batch

import (
	"fmt"
	"reflect"
	"slices"
	"text/template/parse"

	"github.com/hut8labs/failmail/pkg/message"
)

// A mistake in a branch that a template seldom takes would show when the first
// mail takes it: perhaps in the night of the storm. So every branch is looked at
// when the expression is compiled.

// fieldNames are the fields that a template may use.
const fieldNames = `.Header.Get "NAME", .From, .To, .Subject, .Body, .Host and .RemoteAddr`

var (
	messageType = reflect.TypeFor[*message.Message]()
	headerType  = reflect.TypeFor[message.Header]()
	stringType  = reflect.TypeFor[string]()
	boolType    = reflect.TypeFor[bool]()
	intType     = reflect.TypeFor[int]()
	numberType  = reflect.TypeFor[float64]() // stands for any constant number
)

// checkTemplate returns the first mistake of an expression that its parse trees
// show.
func checkTemplate(name, text string) error {
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck // here a misspelt one gets its position
	trees := make(map[string]*parse.Tree)
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		return syntaxError(err)
	}
	c := &checker{trees: trees, variables: []variable{{"$", messageType}}, inside: make(map[string]bool)}
	if main := trees[name]; main != nil {
		c.list(main.Root, messageType)
	}
	return c.err
}

// A checker infers the type of every value, as far as it can; nil stands for a
// type that is not known.
type checker struct {
	trees     map[string]*parse.Tree
	variables []variable
	inside    map[string]bool // templates being checked, which may call themselves
	err       error
}

// An argument is a value with the node that gives it; nil for what comes through
// a pipe.
type argument struct {
	kind reflect.Type
	node parse.Node
}

type variable struct {
	name string
	kind reflect.Type
}

func (c *checker) fail(at parse.Pos, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("position %d: %s", int(at)+1, fmt.Sprintf(format, args...))
	}
}

func (c *checker) list(list *parse.ListNode, dot reflect.Type) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		c.statement(node, dot)
	}
}

func (c *checker) statement(node parse.Node, dot reflect.Type) {
	outer := len(c.variables)
	switch n := node.(type) {
	case *parse.ActionNode:
		c.pipe(n.Pipe, dot) // a variable that it declares lives on
		return
	case *parse.IfNode:
		c.pipe(n.Pipe, dot)
		c.list(n.List, dot)
		c.list(n.ElseList, dot)
	case *parse.WithNode:
		c.list(n.List, c.pipe(n.Pipe, dot))
		c.list(n.ElseList, dot)
	case *parse.RangeNode:
		c.list(n.List, c.ranged(n.Pipe, dot))
		c.list(n.ElseList, dot)
	case *parse.TemplateNode:
		c.call(n, dot)
	}
	c.variables = c.variables[:outer]
}

// ranged returns the type of the elements, and gives it to the variables of a
// range.
func (c *checker) ranged(p *parse.PipeNode, dot reflect.Type) (element reflect.Type) {
	if of := c.value(p, dot); of != nil && (of.Kind() == reflect.Slice || of.Kind() == reflect.Array || of.Kind() == reflect.Map) {
		element = of.Elem()
	}
	for i, v := range p.Decl {
		kind := element
		if i < len(p.Decl)-1 {
			kind = nil // the index or the key
		}
		c.variables = append(c.variables, variable{v.Ident[0], kind})
	}
	return element
}

// call follows {{template "name" .}}.
func (c *checker) call(n *parse.TemplateNode, dot reflect.Type) {
	var passed reflect.Type
	if n.Pipe != nil {
		passed = c.pipe(n.Pipe, dot)
	}
	tree := c.trees[n.Name]
	switch {
	case tree == nil:
		c.fail(n.Pos, "no template %q; add {{define %q}}", n.Name, n.Name)
		return
	case c.inside[n.Name] || n.Pipe == nil:
		return
	}
	c.inside[n.Name] = true
	defer delete(c.inside, n.Name)
	outer := c.variables
	c.variables = []variable{{"$", passed}}
	c.list(tree.Root, passed)
	c.variables = outer
}

// pipe returns the type of a pipeline, after it has declared its variables.
func (c *checker) pipe(p *parse.PipeNode, dot reflect.Type) reflect.Type {
	kind := c.value(p, dot)
	for _, v := range p.Decl {
		if p.IsAssign {
			c.set(v.Ident[0], kind)
			continue
		}
		c.variables = append(c.variables, variable{v.Ident[0], kind})
	}
	return kind
}

// set forgets the type of a variable that gets a value of another one.
func (c *checker) set(name string, kind reflect.Type) {
	for i := range c.variables {
		if c.variables[i].name == name && c.variables[i].kind != kind {
			c.variables[i].kind = nil
		}
	}
}

func (c *checker) value(p *parse.PipeNode, dot reflect.Type) (kind reflect.Type) {
	for i, command := range p.Cmds {
		var piped *reflect.Type
		if i > 0 {
			before := kind
			piped = &before
		}
		kind = c.command(command, dot, piped)
	}
	return kind
}

// command returns the type of one command; piped is that of the value which
// comes from the one before, as the last argument.
func (c *checker) command(n *parse.CommandNode, dot reflect.Type, piped *reflect.Type) reflect.Type {
	args := make([]argument, 0, len(n.Args))
	for _, arg := range n.Args[1:] {
		args = append(args, argument{c.operand(arg, dot, nil), arg})
	}
	if piped != nil {
		args = append(args, argument{kind: *piped})
	}
	if name, isFunction := n.Args[0].(*parse.IdentifierNode); isFunction {
		return c.function(name, args)
	}
	return c.operand(n.Args[0], dot, args)
}

// operand returns the type of a value; args are those of a method, which the
// last field of it may be.
func (c *checker) operand(node parse.Node, dot reflect.Type, args []argument) reflect.Type {
	switch n := node.(type) {
	case *parse.DotNode:
		return dot
	case *parse.StringNode:
		return stringType
	case *parse.BoolNode:
		return boolType
	case *parse.NumberNode:
		return numberType
	case *parse.PipeNode:
		return c.pipe(n, dot)
	case *parse.IdentifierNode:
		return c.function(n, nil)
	case *parse.FieldNode:
		return c.fields(dot, n.Ident, fieldStart(n.Pos, n.Ident), args)
	case *parse.VariableNode:
		kind := c.variable(n.Ident[0])
		if len(n.Ident) == 1 {
			return kind
		}
		return c.fields(kind, n.Ident[1:], n.Pos, args)
	case *parse.ChainNode:
		return c.fields(c.operand(n.Node, dot, nil), n.Field, n.Pos, args)
	}
	return nil
}

// fieldStart returns where a chain of fields begins: the parser gives the second
// one's position when there are several.
func fieldStart(at parse.Pos, idents []string) parse.Pos {
	if len(idents) > 1 {
		at -= parse.Pos(len(idents[0]) + 1)
	}
	return at
}

func (c *checker) variable(name string) reflect.Type {
	for _, v := range slices.Backward(c.variables) {
		if v.name == name {
			return v.kind
		}
	}
	return nil
}
