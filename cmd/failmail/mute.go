package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/duration"
	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/web"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/problem"
)

func muteCommand() *cli.Command {
	return &cli.Command{
		Name:      "mute",
		Usage:     "keep mails out of the summaries for a while; without an argument, list the mutes",
		ArgsUsage: "[PATTERN|FINGERPRINT|ID]",
		Description: "PATTERN is a regular expression for the subject, the headline or the reason; FINGERPRINT\n" +
			"is v2: and 16 digits, as failmail explain and summaries show it; ID identifies a problem,\n" +
			"as failmail problems lists it. The command first shows which mails in open batches a pattern\n" +
			"matches; these stay in their summary. Muted mails are still counted, and the last line of the\n" +
			"next summary names them.",
		Flags: []cli.Flag{
			httpFlag(),
			&option{name: "for", deflt: "2h", usage: "mute for this `DURATION`, such as 30m, 2h or 3d; a problem can also be muted until a time such as 18:00, until it is \"over\", or for \"10 more\" mails"},
			&option{name: "reason", usage: "give `TEXT` as the reason in summaries"},
			&option{name: "dry-run", deflt: false, usage: "show what would be muted, and mute nothing"},
			&option{name: "force", deflt: false, usage: "mute even if this matches every mail"},
			&option{name: "as", usage: "mute a problem as `NAME`, which its history shows; by default your login"},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			what := c.Args().First()
			if !c.Args().Present() {
				return listMutes(c)
			}
			switch verbs[strings.ToLower(what)] {
			case verbList:
				return listMutes(c)
			case verbHelp:
				return showHelp(c, c.Command)
			case verbNone:
			default:
				return &usageError{fmt.Sprintf("mute %s: %s; to mute mails that say %q, write it as a pattern: failmail mute '(%s)'", what, verbs[strings.ToLower(what)], what, what)}
			}
			if c.NArg() > 1 {
				return &usageError{fmt.Sprintf("mute takes one pattern, not %q as well; put quotes around it, or end a mute with failmail unmute NUMBER", c.Args().Get(1))}
			}
			if problem.IsID(what) {
				return muteProblem(c, what)
			}
			return mute(c, web.MuteRequest{What: what, Reason: c.String("reason"), For: c.String("for"), Force: c.Bool("force")})
		},
	}
}

// muteProblem mutes the problem with the ID.
func muteProblem(c *cli.Context, id string) error {
	if _, err := problem.ParseMuteEnd(c.String("for"), time.Now()); err != nil {
		return &usageError{"--for: " + err.Error()}
	}
	if c.Bool("dry-run") {
		return &usageError{"mute --dry-run shows what a pattern matches; failmail problem " + id + " shows the problem"}
	}
	return actOn(c, id, "mute", web.ActRequest{By: who(c.String("as")), Text: c.String("reason"), For: c.String("for")}, "muted")
}

// verbs are words that people type behind "mute" who mean no pattern, and what they
// mean: to list, help, or a remark. A pattern that is one of them would mute what
// nobody wants muted.
var verbs = map[string]string{
	"list": verbList, "ls": verbList, "show": verbList, "status": verbList, "get": verbList,
	"help": verbHelp, "?": verbHelp,
	"all": mistakenAll, "everything": mistakenAll,
	"add": mistakenVerb, "new": mistakenVerb, "create": mistakenVerb, "set": mistakenVerb, "on": mistakenVerb, "start": mistakenVerb,
	"remove": mistakenEnd, "rm": mistakenEnd, "delete": mistakenEnd, "del": mistakenEnd, "clear": mistakenEnd, "off": mistakenEnd,
	"stop": mistakenEnd, "end": mistakenEnd, "none": mistakenEnd, "cancel": mistakenEnd, "unmute": mistakenEnd,
}

const (
	verbNone, verbList, verbHelp = "", "list", "help"

	mistakenVerb = "what to mute follows at once, as in failmail mute 'disk full'"
	mistakenAll  = "all mails are muted with failmail mute '.*' --force"
	mistakenEnd  = "a mute is ended with failmail unmute NUMBER; failmail mute lists them"
)

// mute shows what a request would match, and then carries it out.
func mute(c *cli.Context, request web.MuteRequest) error {
	length, err := duration.Parse(request.For)
	if err != nil {
		if _, err := problem.ParseMuteEnd(request.For, time.Now()); err == nil {
			return &usageError{fmt.Sprintf("--for %q ends a mute of one problem: name its ID instead of a pattern, or use a duration such as 30m, 2h or 3d", request.For)}
		}
		return &usageError{fmt.Sprintf("--for %q is not a duration; use one such as 30m, 2h or 3d", request.For)}
	}
	if _, err := batch.ParseMute(request.What, request.Reason, time.Now(), length); err != nil {
		return &usageError{err.Error()}
	}
	proxy, err := clientFrom(c)
	if err != nil {
		return err
	}
	would := request
	would.DryRun = true
	var m web.MuteReply
	if err := proxy.call(c.Context, http.MethodPost, "/api/mutes", would, &m); err != nil {
		return err
	}
	if !c.Bool("json") {
		writeMatches(c.App.Writer, m.Matches)
	}
	if !c.Bool("dry-run") {
		if err := proxy.call(c.Context, http.MethodPost, "/api/mutes", request, &m); err != nil {
			return errors.New(strings.Replace(err.Error(), `"force": true`, "--force", 1))
		}
	}
	switch {
	case c.Bool("json"):
		return printJSON(c, m)
	case c.Bool("dry-run"):
		fmt.Fprintln(c.App.Writer, "nothing was muted, since --dry-run was given")
		return nil
	}
	if things := phrase.Things(m.Things); things != "" {
		fmt.Fprintf(c.App.Writer, "mutes %s\n", things)
	}
	fmt.Fprintf(c.App.Writer, "muted until %s; end it with: failmail unmute %d\n", m.Until.Local().Format("2006-01-02 15:04:05 MST"), m.ID)
	return nil
}

const maxMatchTitle = 70 // characters

func writeMatches(w io.Writer, m web.MuteMatches) {
	switch {
	case m.Everything:
		fmt.Fprintln(w, "matches every mail")
	case m.Errors == 0:
		fmt.Fprintln(w, "matches nothing in the open batches")
	}
	if m.Errors > 0 {
		fmt.Fprintf(w, "matches %s of %s in the open batches, which stay in their summaries:\n", phrase.Count(m.Mails, "mail"), phrase.Count(m.Errors, "error"))
	}
	for _, first := range m.First {
		fmt.Fprintf(w, "%9d  %s\n", first.Mails, phrase.Shorten(first.Title, maxMatchTitle))
	}
	if more := m.Errors - len(m.First); more > 0 {
		fmt.Fprintf(w, "           and %s\n", phrase.Count(more, "more error"))
	}
}

func listMutes(c *cli.Context) error {
	if c.NArg() > 1 {
		return &usageError{fmt.Sprintf("mute %s takes no argument %q; see failmail mute --help", c.Args().First(), c.Args().Get(1))}
	}
	proxy, err := clientFrom(c)
	if err != nil {
		return err
	}
	var mutes []web.Mute
	if err := proxy.call(c.Context, http.MethodGet, "/api/mutes", nil, &mutes); err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, mutes)
	}
	if len(mutes) == 0 {
		fmt.Fprintln(c.App.Writer, "nothing is muted")
	}
	for _, m := range mutes {
		what := cmp.Or(m.Name, m.Pattern, m.Fingerprint)
		fmt.Fprintf(c.App.Writer, "%4d  until %s  %s", m.ID, endOf(m), what)
		if things := phrase.Things(m.Things); things != "" {
			fmt.Fprintf(c.App.Writer, ", %s", things)
		}
		if m.Reason != "" {
			fmt.Fprintf(c.App.Writer, "  (%s)", m.Reason)
		}
		fmt.Fprintln(c.App.Writer)
	}
	return nil
}

func unmuteCommand() *cli.Command {
	return &cli.Command{
		Name:      "unmute",
		Usage:     "end a mute",
		ArgsUsage: "NUMBER|ID",
		Description: "NUMBER identifies a mute, as failmail mute lists it; ID identifies a problem, all of whose\n" +
			"mutes end.",
		Flags: []cli.Flag{httpFlag(), asFlag()},
		Action: func(c *cli.Context) error {
			if id := c.Args().First(); c.NArg() == 1 && problem.IsID(id) {
				return actOn(c, id, "unmute", web.ActRequest{By: who(c.String("as"))}, "unmuted")
			}
			id, err := strconv.ParseInt(c.Args().First(), 10, 64)
			if err != nil || c.NArg() != 1 {
				return &usageError{fmt.Sprintf("unmute %q is not the number of a mute; failmail mute lists them", c.Args().First())}
			}
			proxy, err := clientFrom(c)
			if err != nil {
				return err
			}
			if err := proxy.call(c.Context, http.MethodDelete, fmt.Sprintf("/api/mutes/%d", id), nil, nil); err != nil {
				return err
			}
			fmt.Fprintln(c.App.Writer, "unmuted")
			return nil
		},
	}
}

// endOf says when m ends.
func endOf(m web.Mute) string {
	switch {
	case m.UntilOver:
		return "it is over"
	case m.UntilCount > 0:
		return "it has " + phrase.Count(m.UntilCount, "mail")
	}
	return m.Until.Local().Format("2006-01-02 15:04 MST")
}
