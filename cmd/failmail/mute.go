package main

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/duration"
	"github.com/hut8labs/failmail/internal/web"
	"github.com/hut8labs/failmail/pkg/batch"
)

func muteCommand() *cli.Command {
	return &cli.Command{
		Name:      "mute",
		Usage:     "keep mails out of the summaries for a while; without an argument, list the mutes",
		ArgsUsage: "[PATTERN|FINGERPRINT]",
		Description: "PATTERN is a regular expression for the subject, the headline or the reason; FINGERPRINT\n" +
			"is v1: and 16 digits, as failmail explain and the summaries show it. Muted mails are still\n" +
			"counted, and named in the last line of the next summary.",
		Flags: []cli.Flag{
			httpFlag(),
			&cli.StringFlag{Name: "for", Value: "2h", Usage: "mute for this `DURATION`, such as 30m, 2h or 3d"},
			&cli.StringFlag{Name: "reason", Usage: "`TEXT` for the readers of the summaries"},
		},
		Action: func(c *cli.Context) error {
			if !c.Args().Present() {
				return listMutes(c)
			}
			if c.NArg() > 1 {
				return &usageError{fmt.Sprintf("mute takes one pattern, and got %q as well; put quotes around it", c.Args().Get(1))}
			}
			request := web.MuteRequest{What: c.Args().First(), Reason: c.String("reason"), For: c.String("for")}
			length, err := duration.Parse(request.For)
			if err != nil {
				return &usageError{fmt.Sprintf("--for %q is not a duration; use one such as 30m, 2h or 3d", request.For)}
			}
			if _, err := batch.ParseMute(request.What, request.Reason, time.Now(), length); err != nil {
				return &usageError{err.Error()}
			}
			var m web.Mute
			if err := clientFrom(c).call(c.Context, http.MethodPost, "/api/mutes", request, &m); err != nil {
				return err
			}
			fmt.Fprintf(c.App.Writer, "muted until %s; end it with: failmail unmute %d\n", m.Until.Local().Format("2006-01-02 15:04:05 MST"), m.ID)
			return nil
		},
	}
}

func listMutes(c *cli.Context) error {
	var mutes []web.Mute
	if err := clientFrom(c).call(c.Context, http.MethodGet, "/api/mutes", nil, &mutes); err != nil {
		return err
	}
	if len(mutes) == 0 {
		fmt.Fprintln(c.App.Writer, "nothing is muted")
	}
	for _, m := range mutes {
		what := m.Pattern
		if what == "" {
			what = m.Fingerprint
		}
		fmt.Fprintf(c.App.Writer, "%4d  until %s  %s", m.ID, m.Until.Local().Format("2006-01-02 15:04 MST"), what)
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
		ArgsUsage: "NUMBER",
		Flags:     []cli.Flag{httpFlag()},
		Action: func(c *cli.Context) error {
			id, err := strconv.ParseInt(c.Args().First(), 10, 64)
			if err != nil || c.NArg() != 1 {
				return &usageError{fmt.Sprintf("unmute %q: the number of a mute is needed; failmail mute lists them", c.Args().First())}
			}
			if err := clientFrom(c).call(c.Context, http.MethodDelete, fmt.Sprintf("/api/mutes/%d", id), nil, nil); err != nil {
				return err
			}
			fmt.Fprintln(c.App.Writer, "unmuted")
			return nil
		},
	}
}
