package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/web"
	"github.com/hut8labs/failmail/pkg/problem"
)

func problemsCommand() *cli.Command {
	var fields strings.Builder
	for _, f := range problem.Fields() {
		fmt.Fprintf(&fields, "\n%s:  %s", f[0], f[1])
	}
	return &cli.Command{
		Name:      "problems",
		Usage:     "list open problems, or those that match a query",
		ArgsUsage: "[QUERY]",
		Description: "A query consists of words, which are searched for in headlines, hosts, objects and notes,\n" +
			"and of fields. All must match; failmail problems '' lists all problems.\n" + fields.String(),
		Flags: []cli.Flag{
			httpFlag(),
			&option{name: "limit", deflt: 50, usage: "list at most `N` problems, the most recently seen ones"},
			&option{name: "json", deflt: false, usage: "print one JSON object per line, with the field names of the API"},
		},
		Action: func(c *cli.Context) error {
			question := "is:open"
			if c.Args().Present() {
				question = strings.Join(c.Args().Slice(), " ")
			}
			if _, err := problem.Parse(question, time.Now()); err != nil {
				return &usageError{err.Error()}
			}
			proxy, err := clientFrom(c)
			if err != nil {
				return err
			}
			var found web.Problems
			query := url.Values{"q": {question}, "limit": {strconv.Itoa(c.Int("limit"))}}
			if err := proxy.call(c.Context, http.MethodGet, "/api/problems?"+query.Encode(), nil, &found); err != nil {
				return err
			}
			if c.Bool("json") {
				lines := json.NewEncoder(c.App.Writer)
				for _, p := range found.Problems {
					if err := lines.Encode(p); err != nil {
						return err
					}
				}
				return nil
			}
			writeProblems(c.App.Writer, found, question)
			return nil
		},
	}
}

func writeProblems(w io.Writer, found web.Problems, question string) {
	for _, p := range found.Problems {
		fmt.Fprintf(w, "%s  %-4s %6s × %s\n", p.ID, p.Mark(), phrase.Number(p.Count), phrase.Shorten(p.Title(), maxMatchTitle))
		fmt.Fprintf(w, "%18s%s\n", "", strings.Join(p.Facts(shortTime), ", "))
	}
	fmt.Fprint(w, phrase.Count(found.Total, "problem"))
	if question != "" {
		fmt.Fprintf(w, " for %s", question)
	}
	if more := found.Total - len(found.Problems); more > 0 {
		is := "are"
		if more == 1 {
			is = "is"
		}
		fmt.Fprintf(w, ", %s more %s not listed", phrase.Number(more), is)
	}
	fmt.Fprintln(w)
}

func shortTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

func problemCommand() *cli.Command {
	return &cli.Command{
		Name:      "problem",
		Usage:     "show everything known about a problem",
		ArgsUsage: "ID",
		Flags:     []cli.Flag{httpFlag(), jsonFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return &usageError{fmt.Sprintf("problem takes 1 ID, not %d; failmail problems lists them", c.NArg())}
			}
			proxy, err := clientFrom(c)
			if err != nil {
				return err
			}
			var p problem.Problem
			if err := proxy.call(c.Context, http.MethodGet, "/api/problems/"+url.PathEscape(c.Args().First()), nil, &p); err != nil {
				return err
			}
			if c.Bool("json") {
				return printJSON(c, p)
			}
			writeProblem(c.App.Writer, &p)
			return nil
		},
	}
}

func writeProblem(w io.Writer, p *problem.Problem) {
	fmt.Fprintf(w, "%s %s\n%s\n", p.Mark(), p.Title(), strings.Join(p.Facts(shortTime), ", "))
	if p.Count > 0 {
		fmt.Fprintf(w, "%s, the first %s, the last %s\n", phrase.Count(p.Count, "mail"), shortTime(p.First), shortTime(p.Last))
	}
	for _, o := range p.Objects {
		fmt.Fprintf(w, "%-4s %s\n", o.State, o.Name)
	}
	for _, v := range p.Varies {
		fmt.Fprintf(w, "%s: %s\n", v.Place, strings.Join(v.Values, ", "))
	}
	fmt.Fprintln(w)
	for _, e := range p.History {
		what, text := e.InWords()
		fmt.Fprintf(w, "%s  %s", shortTime(e.At), what)
		if text != "" {
			fmt.Fprintf(w, ": %s", strings.ReplaceAll(text, "\n", "\n                    "))
		}
		fmt.Fprintln(w)
	}
	if n := len(p.Samples); n > 0 {
		s := p.Samples[n-1]
		fmt.Fprintf(w, "\nThe last one that was kept, %s", shortTime(s.At))
		if s.From != "" {
			fmt.Fprintf(w, ", from %s", s.From)
		}
		fmt.Fprintf(w, ":\n%s\n\n%s\n", s.Subject, strings.TrimRight(s.Text, "\n"))
	}
}

// An act is a command that does something about a problem.
type act struct {
	name, action, usage, args string
	text                      string // what its words are, empty if they may be missing
	undo                      string // the action that undoes it; empty if none does
	done                      string
}

var acts = []act{
	{"ack", "ack", "acknowledge a problem", "ID [REASON]", "", "unack", "acknowledged"},
	{"note", "note", "add a note to a problem", "ID TEXT", "the note", "", "noted"},
	{"own", "own", "set the owner of a problem; without a name, remove the owner", "ID [NAME]", "", "", "the owner is set"},
	{"resolve", "resolve", "mark a problem as over although no mail has reported it", "ID [REASON]", "", "", "resolved: it is over until another mail comes"},
}

func actCommands() (commands []*cli.Command) {
	for _, a := range acts {
		commands = append(commands, a.command())
	}
	return commands
}

func (a act) command() *cli.Command {
	flags := []cli.Flag{httpFlag(), asFlag(), jsonFlag()}
	if a.undo != "" {
		flags = append(flags, &option{name: "undo", deflt: false, usage: "undo the acknowledgement"})
	}
	return &cli.Command{
		Name: a.name, Usage: a.usage, ArgsUsage: a.args,
		Description: "ID identifies the problem, as failmail problems lists it. The action is recorded in the history\n" +
			"of the problem, which its page and failmail problem show.",
		Flags: flags,
		Action: func(c *cli.Context) error {
			id, text := c.Args().First(), strings.Join(c.Args().Tail(), " ")
			switch {
			case id == "":
				return &usageError{fmt.Sprintf("%s takes the ID of a problem; failmail problems lists them", a.name)}
			case a.text != "" && text == "":
				return &usageError{fmt.Sprintf("%s %s lacks %s, as in failmail %s %s 'disk is on its way'", a.name, id, a.text, a.name, id)}
			}
			action, done := a.action, a.done
			switch {
			case a.undo != "" && c.Bool("undo"):
				action, done = a.undo, "undone"
			case a.action == "own" && text == "":
				done = "nobody owns it"
			}
			return actOn(c, id, action, web.ActRequest{By: who(c.String("as")), Text: text}, done)
		},
	}
}

func asFlag() cli.Flag {
	return &option{name: "as", usage: "act as `NAME`, which the history shows; by default your login"}
}

// actOn does something about a problem, and says that it is done.
func actOn(c *cli.Context, id, action string, request web.ActRequest, done string) error {
	proxy, err := clientFrom(c)
	if err != nil {
		return err
	}
	var p problem.Problem
	if err := proxy.call(c.Context, http.MethodPost, "/api/problems/"+url.PathEscape(id)+"/"+action, request, &p); err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, p)
	}
	if p.MutedUntil != nil && action == "mute" {
		done += " until " + cmp.Or(p.MutedEnd, shortTime(*p.MutedUntil))
	}
	fmt.Fprintf(c.App.Writer, "%s: %s\n", done, phrase.Shorten(p.Title(), maxMatchTitle))
	if scope := p.MuteScope(); scope != "" && action == "mute" {
		fmt.Fprintf(c.App.Writer, "mutes %s\n", scope)
	}
	return nil
}

// who is the name in which somebody acts: the one given, or the login.
func who(as string) string {
	if as != "" {
		return as
	}
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}
