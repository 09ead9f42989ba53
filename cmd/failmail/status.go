package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/web"
)

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "say how a running proxy is, and what it is collecting",
		Description: "Ends with code 1 when no proxy answers, or when it cannot take mails now. The same and more\n" +
			"is on the page that --bind-http serves. For health checks, --ready needs no password.",
		Flags: []cli.Flag{
			httpFlag(),
			&cli.BoolFlag{Name: "json", Usage: "print /api/stats instead, for programs"},
			&cli.BoolFlag{Name: "ready", Usage: "only say whether it takes mails, as /readyz does"},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return &usageError{fmt.Sprintf("status takes no argument %q; see failmail status --help", c.Args().First())}
			}
			return runStatus(c)
		},
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
	if c.Bool("json") {
		var raw json.RawMessage
		if err := proxy.call(c.Context, http.MethodGet, "/api/stats", nil, &raw); err != nil {
			return err
		}
		_, err := fmt.Fprintln(c.App.Writer, string(raw))
		return err
	}
	s := status{now: time.Now()}
	if err := proxy.call(c.Context, http.MethodGet, "/api/stats", nil, &s.Stats); err != nil {
		return err
	}
	// What cannot be read is named in the stats; the rest is shown all the same.
	var lists map[string]any
	if s.Unknown == "" {
		lists = map[string]any{"/api/batches": &s.batches, "/api/outbox": &s.outbox, "/api/heartbeats": &s.beats}
		if s.FailDir.Problem == "" {
			lists["/api/failed"] = &s.failed
		}
	}
	for path, into := range lists {
		if err := proxy.call(c.Context, http.MethodGet, path, nil, into); err != nil {
			return err
		}
	}
	s.write(c.App.Writer, proxy.shown())
	if !s.Ready {
		return fmt.Errorf("the proxy at %s cannot take mails now: %s", proxy.shown(), s.Problem)
	}
	return nil
}

// A status is what the command prints.
type status struct {
	web.Stats
	now     time.Time
	batches []web.Batch
	outbox  []web.Outgoing
	failed  []web.Failed
	beats   []web.Heartbeat
}

const (
	maxStatusGroups = 10 // of a batch
	maxStatusTitle  = 70 // characters
	maxStatusFailed = 10 // mails in the fail-dir
)

func (s *status) write(w io.Writer, address string) {
	line := func(name, format string, values ...any) {
		fmt.Fprintf(w, "%-11s %s\n", name, fmt.Sprintf(format, values...))
	}
	ready := "takes mails"
	if !s.Ready {
		ready = "NOT READY: " + s.Problem
	}
	line("proxy", "failmail %s at %s, %s", s.Version, address, ready)
	relay := s.Relay.Name
	if relay == "" {
		relay = "a sender of its own"
	}
	switch {
	case s.Relay.Up:
		line("relay", "%s, up", relay)
	case s.Relay.NextTry != nil:
		line("relay", "%s, DOWN since %s, next try %s", relay, s.Relay.DownSince.Local().Format("15:04:05"), s.when(*s.Relay.NextTry))
	default:
		line("relay", "%s, DOWN since %s", relay, s.Relay.DownSince.Local().Format("15:04:05"))
	}
	if s.Relay.Error != "" {
		line("", "%s", inFlags(s.Relay.Error))
	}
	line("mails", "%s in the last hour, %s since the start", phrase.Count(s.Mails.LastHour, "mail"), phrase.Count(s.Mails.Total, "mail"))
	line("summaries", "%d made, %d sent, %d given up since the start", s.Summaries.Made, s.Summaries.Sent, s.Summaries.Failed)
	switch {
	case s.FailDir.Problem != "":
		line("fail-dir", "UNKNOWN: %s", s.FailDir.Problem)
	case s.FailDir.Mails > 0:
		line("fail-dir", "%s NOT DELIVERED; failmail resend sends them", phrase.Count(s.FailDir.Mails, "mail"))
	default:
		line("fail-dir", "empty")
	}
	if s.Unknown != "" {
		line("open", "UNKNOWN: %s", s.Unknown)
		return
	}
	line("open", "%s waiting for %s", phrase.Count(s.Open.Mails, "mail"), summaries(s.Open.Batches))
	line("outbox", "%d waiting, %d of them failed at least once", s.Outbox.Waiting, s.Outbox.Failing)
	line("muted", "%d; failmail mute lists them", s.Mutes)
	for _, b := range s.beats {
		line("heartbeat", "%s: %s, last %s", b.Name, phrase.Count(b.Count, "mail"), s.when(b.Last))
	}
	for _, b := range s.batches {
		s.writeBatch(w, b)
	}
	for _, o := range s.outbox {
		fmt.Fprintf(w, "\nwaiting: a mail to %s, next try %s\n", strings.Join(o.To, ", "), s.when(o.NextTry))
		if o.LastError != "" {
			fmt.Fprintf(w, "    %s\n", inFlags(o.LastError))
		}
	}
	for _, f := range s.failed[:min(len(s.failed), maxStatusFailed)] {
		fmt.Fprintf(w, "\nin the fail-dir: %s\n    to %s, since %s\n", phrase.Shorten(cmp.Or(f.Subject, f.Name), maxStatusTitle),
			recipients(f), f.Since.Local().Format("2006-01-02 15:04:05"))
		if why := cmp.Or(f.Problem, f.Reason); why != "" {
			fmt.Fprintf(w, "    %s\n", inFlags(why))
		}
	}
	if more := s.FailDir.Mails - maxStatusFailed; more > 0 {
		fmt.Fprintf(w, "\nand %s in the fail-dir\n", phrase.Count(more, "older mail"))
	}
}

func recipients(f web.Failed) string {
	switch more := f.Recipients - len(f.To); {
	case f.Recipients == 0:
		return "nobody"
	case more > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(f.To, ", "), more)
	}
	return strings.Join(f.To, ", ")
}

func (s *status) writeBatch(w io.Writer, b web.Batch) {
	due := "summary " + s.when(b.Due)
	if b.Summarizing {
		due = "summary is being made"
	}
	if b.HeldSince != nil {
		due = "held since " + b.HeldSince.Local().Format("15:04:05") + " until the relay takes it"
	}
	key := ""
	if b.Key != "" {
		key = " [" + b.Key + "]"
	}
	fmt.Fprintf(w, "\nbatch %d%s: %s, %s, %s\n", b.ID, key, phrase.Count(b.Mails, "mail"), phrase.Count(len(b.Groups), "error"), due)
	for _, g := range b.Groups[:min(len(b.Groups), maxStatusGroups)] {
		title := []rune(g.Title)
		if len(title) > maxStatusTitle {
			title = slices.Concat(title[:maxStatusTitle-1], []rune("…"))
		}
		fmt.Fprintf(w, "%9d  %-7s  %s\n", g.Mails, g.State, string(title))
	}
	if more := len(b.Groups) - maxStatusGroups; more > 0 {
		fmt.Fprintf(w, "           and %s\n", phrase.Count(more, "more error"))
	}
}

func summaries(n int) string {
	if n == 1 {
		return "1 summary"
	}
	return fmt.Sprintf("%d summaries", n)
}

// when says how far a time is away.
func (s *status) when(t time.Time) string {
	away := t.Sub(s.now)
	unit := time.Second
	if away.Abs() > time.Hour {
		unit = time.Minute
	}
	text := away.Abs().Round(unit).String()
	if unit == time.Minute {
		text = strings.TrimSuffix(text, "0s")
	}
	switch {
	case away.Abs() < time.Second:
		return "now"
	case away > 0:
		return "in " + text
	}
	return text + " ago"
}
