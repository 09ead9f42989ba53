// Package status prints for a terminal how a running proxy is.
package status

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/web"
	"github.com/hut8labs/failmail/pkg/expect"
)

// A Report is what a proxy has told of itself. As JSON, it is what GET /api/stats
// answers, and what the other paths of the API list; null is not known.
type Report struct {
	web.Stats
	Now        time.Time       `json:"-"`
	Batches    []web.Batch     `json:"batches"`
	Outgoing   []web.Outgoing  `json:"outgoing"`
	NotSent    []web.Failed    `json:"failed"`
	Heartbeats []web.Heartbeat `json:"heartbeats"`
	Expected   []web.Expected  `json:"expected"`
}

const (
	maxGroups = 10 // of a batch
	maxTitle  = 70 // characters
	maxFailed = 10 // mails in the fail-dir
)

// Write prints it, as that of the proxy at an address.
func (s *Report) Write(w io.Writer, address string) {
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
		relay = "a custom sender"
	}
	switch {
	case s.Relay.Up:
		line("relay", "%s, up", relay)
	case s.Relay.NextTry != nil:
		line("relay", "%s, DOWN since %s, next try %s", relay, s.since(*s.Relay.DownSince), s.when(*s.Relay.NextTry))
	default:
		line("relay", "%s, DOWN since %s", relay, s.since(*s.Relay.DownSince))
	}
	if s.Relay.Error != "" {
		line("", "%s", s.Relay.Error)
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
	if s.Open.Batches == 0 {
		line("open", "no mail is waiting for a summary")
	} else {
		line("open", "%s waiting for %s", phrase.Count(s.Open.Mails, "mail"), summaries(s.Open.Batches))
	}
	line("problems", "%d open", s.Problems)
	line("outbox", "%d waiting, %d of them failed at least once", s.Outbox.Waiting, s.Outbox.Failing)
	line("muted", "%d; failmail mute lists them", s.Mutes)
	proposed := 0
	for _, e := range s.Expected {
		if e.Kind == expect.Proposed {
			proposed++
			continue
		}
		line("expected", "%s", s.Expectation(e))
	}
	if proposed > 0 {
		line("proposed", "%s; failmail expect lists them", phrase.Count(proposed, "regular mail"))
	}
	for _, b := range s.Batches {
		s.writeBatch(w, b)
	}
	for _, o := range s.Outgoing {
		fmt.Fprintf(w, "\nwaiting: a mail to %s, next try %s\n", strings.Join(o.To, ", "), s.when(o.NextTry))
		if o.LastError != "" {
			fmt.Fprintf(w, "    %s\n", o.LastError)
		}
	}
	for _, f := range s.NotSent[:min(len(s.NotSent), maxFailed)] {
		fmt.Fprintf(w, "\nin the fail-dir: %s\n    to %s, since %s\n", phrase.Shorten(cmp.Or(f.Subject, f.Name), maxTitle),
			recipients(f), f.Since.Local().Format("2006-01-02 15:04:05"))
		if why := cmp.Or(f.Problem, f.Reason); why != "" {
			fmt.Fprintf(w, "    %s\n", why)
		}
	}
	if more := s.FailDir.Mails - maxFailed; more > 0 {
		fmt.Fprintf(w, "\nand %s in the fail-dir\n", phrase.Count(more, "older mail"))
	}
}

// Expectation says how it is with a mail that must come.
func (s *Report) Expectation(e web.Expected) string {
	last := "never came"
	if e.Last != nil {
		last = "last came " + s.when(*e.Last)
	}
	kind := ""
	if e.Kind != expect.Configured {
		kind = ", " + string(e.Kind)
	}
	switch {
	case e.Kind == expect.Heartbeat:
		return fmt.Sprintf("%s: %s (heartbeat, no schedule known)", e.Name, last)
	case e.Missing:
		return fmt.Sprintf("%s: MISSING, %s, %s%s", e.Name, last, e.Every, kind)
	}
	return fmt.Sprintf("%s: %s, next %s (%s%s)", e.Name, last, s.when(e.Due), e.Every, kind)
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

func (s *Report) writeBatch(w io.Writer, b web.Batch) {
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
	mails := phrase.Count(b.Mails, "mail")
	switch {
	case b.Muted > 0 && b.Muted == b.Mails:
		mails += ", all muted"
	case b.Muted > 0:
		mails += fmt.Sprintf(", %s of them muted", phrase.Number(b.Muted))
	}
	fmt.Fprintf(w, "\nbatch %d%s: %s, %s, %s\n", b.ID, key, mails, phrase.Count(len(b.Groups), "error"), due)
	for _, g := range b.Groups[:min(len(b.Groups), maxGroups)] {
		fmt.Fprintf(w, "%9d  %-7s  %s\n", g.Mails, g.State, phrase.Shorten(g.Title, maxTitle))
	}
	if more := len(b.Groups) - maxGroups; more > 0 {
		fmt.Fprintf(w, "           and %s\n", phrase.Count(more, "more error"))
	}
}

// since writes a time in the past, with its day if that may not be today.
func (s *Report) since(t time.Time) string {
	if s.Now.Sub(t) > 12*time.Hour {
		return t.Local().Format("2006-01-02 15:04:05")
	}
	return t.Local().Format("15:04:05")
}

func summaries(n int) string {
	if n == 1 {
		return "1 summary"
	}
	return fmt.Sprintf("%d summaries", n)
}

// when says how far a time is away.
func (s *Report) when(t time.Time) string {
	away := t.Sub(s.Now)
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
