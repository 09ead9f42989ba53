package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/status"
)

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "show how a running proxy is doing, and what it is collecting",
		Description: "Exits with code 1 if no proxy answers or it is not accepting mails. The page that --bind-http\n" +
			"serves shows the same and more. For health checks, --ready needs no password.",
		Flags: []cli.Flag{
			httpFlag(),
			jsonFlag(),
			&option{name: "ready", deflt: false, usage: "only report whether it accepts mails, as /readyz does"},
		},
		Action: runStatus,
	}
}

func runStatus(c *cli.Context) error {
	proxy, err := clientFrom(c)
	if err != nil {
		return err
	}
	if c.Bool("ready") {
		if err := proxy.ready(c.Context); err != nil {
			return err
		}
		_, err := fmt.Fprintln(c.App.Writer, "ready")
		return err
	}
	s := status.Report{Now: time.Now()}
	if err := proxy.call(c.Context, http.MethodGet, "/api/stats", nil, &s.Stats); err != nil {
		return err
	}
	// What cannot be read is named in the stats; the rest is shown all the same.
	var lists map[string]any
	if s.Unknown == "" {
		lists = map[string]any{"/api/batches": &s.Batches, "/api/outbox": &s.Outgoing, "/api/heartbeats": &s.Heartbeats, "/api/expected": &s.Expected}
		if s.FailDir.Problem == "" {
			lists["/api/failed"] = &s.NotSent
		}
	}
	for path, into := range lists {
		if err := proxy.call(c.Context, http.MethodGet, path, nil, into); err != nil {
			return err
		}
	}
	inFlagsOf(&s)
	if c.Bool("json") {
		if err := printJSON(c, s); err != nil {
			return err
		}
	} else {
		s.Write(c.App.Writer, proxy.shown())
	}
	if !s.Ready {
		return fmt.Errorf("the proxy at %s is not accepting mails: %s", proxy.shown(), s.Problem)
	}
	return nil
}

// inFlagsOf has a report name flags where the proxy, which is a library, names fields.
func inFlagsOf(s *status.Report) {
	texts := []*string{&s.Problem, &s.Relay.Error}
	for i := range s.Outgoing {
		texts = append(texts, &s.Outgoing[i].LastError)
	}
	for i := range s.NotSent {
		texts = append(texts, &s.NotSent[i].Problem, &s.NotSent[i].Reason)
	}
	for _, text := range texts {
		*text = inFlags(*text)
	}
}
