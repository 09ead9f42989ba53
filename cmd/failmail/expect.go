package main

import (
	"fmt"
	"io"
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
		Flags: []cli.Flag{httpFlag(), jsonFlag()},
		Action: func(c *cli.Context) error {
			proxy, err := clientFrom(c)
			if err != nil {
				return err
			}
			s := status.Report{Now: time.Now()}
			if err := proxy.call(c.Context, http.MethodGet, "/api/expected", nil, &s.Expected); err != nil {
				return err
			}
			if c.Bool("json") {
				err = printJSON(c, s.Expected)
			} else {
				writeExpected(c.App.Writer, &s)
			}
			missing := 0
			for _, e := range s.Expected {
				if e.Missing {
					missing++
				}
			}
			if missing > 0 {
				return &exitError{1, fmt.Errorf("%d of %d missing", missing, len(s.Expected))}
			}
			return err
		},
	}
}

func writeExpected(w io.Writer, s *status.Report) {
	if len(s.Expected) == 0 {
		fmt.Fprintln(w, "no mail is expected; see [[expect]] in docs/sources.md")
	}
	for _, e := range s.Expected {
		fmt.Fprintln(w, s.Expectation(e))
	}
}
