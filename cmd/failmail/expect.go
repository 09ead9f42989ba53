package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/status"
	"github.com/hut8labs/failmail/internal/web"
	"github.com/hut8labs/failmail/pkg/expect"
)

func expectCommand() *cli.Command {
	return &cli.Command{
		Name:      "expect",
		Usage:     "list expected mails, and which are missing; add, confirm or drop one",
		ArgsUsage: "[add NAME|confirm NAME|drop NAME]",
		Description: "Without an argument, it lists expected mails and proposals, which are mails found to arrive\n" +
			"regularly, and exits with code 1 if an expected mail is missing. confirm turns a proposal into an\n" +
			"expected mail; drop forgets one permanently. add first shows which past mails it would have matched.\n" +
			"Expected mails in the settings file, each an [[expect]] table, are changed there.",
		Flags: []cli.Flag{
			httpFlag(),
			&option{name: "match", deflt: []string{}, usage: "with add, match mails by `MATCHER`, such as 'subject=~\"Backup of srv7.*\"'; may be repeated, then all must match"},
			&option{name: "every", usage: "with add, expect a mail at this `TIME`: \"daily 02:00\", \"Mon-Fri 02:00\", \"weekly Mon 07:00\", five cron fields, or an interval such as 1h"},
			&option{name: "within", usage: "with add, let mails be late by this `DURATION`, such as 3h; by default a tenth of the time between two"},
			&option{name: "to", deflt: []string{}, usage: "with add, alert `ADDRESS`, by default the recipients of the last mail; may be repeated"},
			jsonFlag(),
			&option{name: "dry-run", deflt: false, usage: "show what add would match, and add nothing"},
		},
		Action: func(c *cli.Context) error {
			verb, name := c.Args().First(), c.Args().Get(1)
			what, known := expectVerbs[strings.ToLower(verb)]
			switch {
			case !known:
				return &usageError{fmt.Sprintf("expect %q: use add, confirm or drop, each with a name, or nothing to list what is expected", verb)}
			case what == nil && c.NArg() > 1:
				return &usageError{fmt.Sprintf("expect %s takes no name, not %q", verb, name)}
			case what != nil && c.NArg() != 2:
				return &usageError{fmt.Sprintf("expect %s takes one name; put quotes around it, as in failmail expect %[1]s 'backup srv7'", verb)}
			}
			proxy, err := clientFrom(c)
			if err != nil {
				return err
			}
			if what == nil {
				return listExpected(c, proxy)
			}
			return what(c, proxy, name)
		},
	}
}

// expectVerbs are what may stand behind expect; those without a function list.
var expectVerbs = map[string]func(c *cli.Context, proxy *client, name string) error{
	"": nil, "list": nil, "ls": nil, "show": nil,
	"add": addExpected, "confirm": confirmExpected,
	"drop": dropExpected, "remove": dropExpected, "rm": dropExpected, "delete": dropExpected,
}

func listExpected(c *cli.Context, proxy *client) error {
	s := status.Report{Now: time.Now()}
	if err := proxy.call(c.Context, http.MethodGet, "/api/expected", nil, &s.Expected); err != nil {
		return err
	}
	missing, expected := 0, 0
	for _, e := range s.Expected {
		if !c.Bool("json") {
			fmt.Fprintln(c.App.Writer, s.Expectation(e))
		}
		if e.Missing {
			missing++
		}
		if e.Kind != expect.Proposed && e.Kind != expect.Heartbeat {
			expected++
		}
	}
	if c.Bool("json") {
		if err := printJSON(c, s.Expected); err != nil {
			return err
		}
	}
	switch {
	case missing > 0:
		return &exitError{1, fmt.Errorf("%d of %d missing", missing, expected)}
	case c.Bool("json"):
	case expected == 0 && len(s.Expected) > 0:
		fmt.Fprintln(c.App.Writer, "no mail is expected yet; confirm a proposed one with: failmail expect confirm NAME")
	case expected == 0:
		fmt.Fprintln(c.App.Writer, "no mail is expected; see docs/backups.md")
	}
	return nil
}

// addExpected shows what a request is about, and then carries it out.
func addExpected(c *cli.Context, proxy *client, name string) error {
	request := web.ExpectRequest{Name: name, Match: listOf(c, "match"), Every: c.String("every"), Within: c.String("within"), To: listOf(c, "to")}
	if _, err := request.Expectation(); err != nil {
		return &usageError{err.Error()}
	}
	would := request
	would.DryRun = true
	var about web.ExpectReply
	if err := proxy.call(c.Context, http.MethodPost, "/api/expected", would, &about); err != nil {
		return err
	}
	writeExpectMatches(c.App.Writer, about, request.Match)
	if c.Bool("dry-run") {
		fmt.Fprintln(c.App.Writer, "nothing is expected, since --dry-run was given")
		return nil
	}
	if err := proxy.call(c.Context, http.MethodPost, "/api/expected", request, nil); err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "expected %s; end it with: failmail expect drop %s\n", request.Every, quote(name))
	return nil
}

func writeExpectMatches(w io.Writer, about web.ExpectReply, matchers []string) {
	switch {
	case about.Matches > 0:
		fmt.Fprintf(w, "matches past mails of %s, most recently:\n", phrase.Count(about.Matches, "job"))
	case strings.Contains(strings.Join(matchers, " "), "header:"):
		fmt.Fprintln(w, "cannot tell whether it matches past mails: fields of a header are not kept")
	default:
		fmt.Fprintln(w, "matches no mail so far (only mails read as ok, with an object, are remembered)")
	}
	for _, m := range about.First {
		fmt.Fprintf(w, "    %s  %s, from %s\n", m.Last.Local().Format("2006-01-02 15:04 MST"), phrase.Shorten(m.Subject, maxMatchTitle), m.From)
	}
	if more := about.Matches - len(about.First); more > 0 {
		fmt.Fprintf(w, "    and %d more\n", more)
	}
}

func confirmExpected(c *cli.Context, proxy *client, name string) error {
	if err := proxy.call(c.Context, http.MethodPost, "/api/expected/confirm?"+url.Values{"name": {name}}.Encode(), nil, nil); err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "confirmed; end it with: failmail expect drop %s\n", quote(name))
	return nil
}

func dropExpected(c *cli.Context, proxy *client, name string) error {
	err := proxy.call(c.Context, http.MethodDelete, "/api/expected?"+url.Values{"name": {name}}.Encode(), nil, nil)
	if err != nil {
		if file := c.String("config"); file != "" {
			return fmt.Errorf("%s", strings.Replace(err.Error(), "the settings file", "the settings file ("+file+")", 1))
		}
		return err
	}
	fmt.Fprintln(c.App.Writer, "dropped: it is neither expected nor proposed any more")
	return nil
}
