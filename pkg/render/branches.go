package render

import (
	"errors"
	"io"
	"regexp"
	"text/template"
	"text/template/parse"
)

// A mistake in a branch that a template seldom takes, such as that for more than
// a thousand mails, would show in the night of the storm. So a template is also
// tried with all of its branches taken, the conditions evaluated but not obeyed.

// tryBranches executes every branch of a template over data, and returns the
// first mistake that does not depend on the condition in front of it.
func tryBranches(name, text string, data any) error {
	t, err := template.New(name).Funcs(functions).Parse(text)
	if err != nil {
		return nil // reported by whoever parses it for use
	}
	for _, defined := range t.Templates() {
		if defined.Tree != nil && defined.Root != nil {
			defined.Root = everyBranch(defined.Root)
		}
	}
	err = t.Execute(io.Discard, data)
	var failed template.ExecError
	if errors.As(err, &failed) && guarded.MatchString(failed.Error()) {
		return nil
	}
	return err
}

// guarded matches what a condition may well prevent: an index out of range, or a
// template that calls itself until there is no more to show.
var guarded = regexp.MustCompile(`error calling |nil pointer|nil data|exceeded maximum template depth|undefined variable|can't print|range can't iterate`)

// everyBranch returns a list that executes all branches of list, one after the
// other.
func everyBranch(list *parse.ListNode) *parse.ListNode {
	if list == nil {
		return nil
	}
	all := &parse.ListNode{NodeType: parse.NodeList, Pos: list.Pos}
	add := func(nodes ...parse.Node) { all.Nodes = append(all.Nodes, nodes...) }
	otherwise := func(list *parse.ListNode) {
		if list != nil {
			add(everyBranch(list))
		}
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.IfNode:
			add(&parse.ActionNode{NodeType: parse.NodeAction, Pos: n.Pos, Line: n.Line, Pipe: n.Pipe}, everyBranch(n.List))
			otherwise(n.ElseList)
		case *parse.WithNode:
			taken := *n
			taken.List, taken.ElseList = everyBranch(n.List), nil
			add(&taken)
			otherwise(n.ElseList)
		case *parse.RangeNode:
			taken := *n
			taken.List, taken.ElseList = everyBranch(n.List), nil
			add(&taken)
			otherwise(n.ElseList)
		case *parse.BreakNode, *parse.ContinueNode: // they would skip what follows
		default:
			add(node)
		}
	}
	return all
}
