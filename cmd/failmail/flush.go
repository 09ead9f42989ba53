package main

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/web"
)

func flushCommand() *cli.Command {
	return &cli.Command{
		Name:        "flush",
		Usage:       "send a summary now, before it is due; without an argument, all of them",
		ArgsUsage:   "[BATCH]",
		Description: "BATCH is the number of a batch, as failmail status shows it.",
		Flags:       []cli.Flag{httpFlag()},
		Action: func(c *cli.Context) error {
			var request web.FlushRequest
			if c.Args().Present() {
				id, err := strconv.ParseInt(c.Args().First(), 10, 64)
				// 0 would be all of them.
				if err != nil || id < 1 || c.NArg() != 1 {
					return &usageError{fmt.Sprintf("flush %q is not the number of one batch; failmail status shows them", c.Args().First())}
				}
				request.Batch = id
			}
			var done web.Flushed
			proxy, err := clientFrom(c)
			if err != nil {
				return err
			}
			if err := proxy.call(c.Context, http.MethodPost, "/api/flush", request, &done); err != nil {
				return err
			}
			switch done.Batches {
			case 0:
				fmt.Fprintln(c.App.Writer, "no batch is open, so there is nothing to send")
			case 1:
				fmt.Fprintln(c.App.Writer, "1 summary is being sent")
			default:
				fmt.Fprintf(c.App.Writer, "%d summaries are being sent\n", done.Batches)
			}
			return nil
		},
	}
}
