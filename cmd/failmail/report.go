package main

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/duration"
	"github.com/hut8labs/failmail/internal/web"
)

func reportCommand() *cli.Command {
	return &cli.Command{
		Name:        "report",
		Usage:       "show the report that --report would send now, and send nothing",
		Description: "A report lists open problems, those that are new or over, and missing expected mails.",
		Flags:       []cli.Flag{httpFlag(), &option{name: "for", deflt: "24h", usage: "cover the last `DURATION`, such as 24h or 7d"}, jsonFlag()},
		Action: func(c *cli.Context) error {
			if length, err := duration.Parse(c.String("for")); err != nil || length <= 0 {
				return &usageError{fmt.Sprintf("--for %q is not a duration; use one such as 24h or 7d", c.String("for"))}
			}
			proxy, err := clientFrom(c)
			if err != nil {
				return err
			}
			var told web.Report
			if err := proxy.call(c.Context, http.MethodGet, "/api/report?"+url.Values{"for": {c.String("for")}}.Encode(), nil, &told); err != nil {
				return err
			}
			if c.Bool("json") {
				return printJSON(c, told)
			}
			fmt.Fprintf(c.App.Writer, "Subject: %s\n\n%s", told.Subject, told.Text)
			return nil
		},
	}
}
