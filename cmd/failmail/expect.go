package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/status"
)

func expectCommand() *cli.Command {
	return &cli.Command{
		Name:  "expect",
		Usage: "list the mails that must come, and which are missing",
		Description: "What is expected stands in the settings file, a table [[expect]] each. Exits with code 1 if\n" +
			"one is missing.",
		Flags: []cli.Flag{httpFlag()},
		Action: func(c *cli.Context) error {
			proxy, err := clientFrom(c)
			if err != nil {
				return err
			}
			s := status.Report{Now: time.Now()}
			if err := proxy.call(c.Context, http.MethodGet, "/api/expected", nil, &s.Expected); err != nil {
				return err
			}
			missing := 0
			for _, e := range s.Expected {
				fmt.Fprintln(c.App.Writer, s.Expectation(e))
				if e.Missing {
					missing++
				}
			}
			switch {
			case len(s.Expected) == 0:
				fmt.Fprintln(c.App.Writer, "no mail is expected; see [[expect]] in docs/sources.md")
			case missing > 0:
				return &exitError{1, fmt.Errorf("%d of %d missing", missing, len(s.Expected))}
			}
			return nil
		},
	}
}
