package web

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Stats is the state of a proxy as JSON. Totals count from the start of the
// process and are those of /metrics.
type Stats struct {
	Version   string       `json:"version"`
	Ready     bool         `json:"ready"`             // mails are taken
	Problem   string       `json:"problem,omitempty"` // why not
	Unknown   string       `json:"unknown,omitempty"` // why the store cannot be read: then open, outbox and mutes are not known
	Mails     MailStats    `json:"mails"`
	Problems  int          `json:"problems"` // that are not over
	Open      OpenStats    `json:"open"`
	Summaries SummaryStats `json:"summaries"`
	Relay     RelayStats   `json:"relay"`
	Outbox    OutboxStats  `json:"outbox"`
	FailDir   FailDirStats `json:"fail_dir"`
	Mutes     int          `json:"mutes"`
}

// MailStats counts mails received.
type MailStats struct {
	Total     int   `json:"total"`
	LastHour  int   `json:"last_hour"`
	PerMinute []int `json:"per_minute"` // of the last hour, the current minute last
}

// OpenStats counts what is being collected.
type OpenStats struct {
	Batches int        `json:"batches"`
	Mails   int        `json:"mails"`
	NextDue *time.Time `json:"next_due,omitempty"`
}

// SummaryStats counts attempts to deliver by their results.
type SummaryStats struct {
	Made      int `json:"made"`
	Sent      int `json:"sent"`
	Postponed int `json:"postponed"`
	Failed    int `json:"failed"` // they were put into the fail-dir
}

// RelayStats says where summaries go.
type RelayStats struct {
	Name      string     `json:"name"` // empty for a Sender of one's own
	Up        bool       `json:"up"`   // it took the last attempt
	DownSince *time.Time `json:"down_since,omitempty"`
	NextTry   *time.Time `json:"next_try,omitempty"`
	Error     string     `json:"error,omitempty"` // why it is down
}

// OutboxStats counts mails that wait for delivery.
type OutboxStats struct {
	Waiting int        `json:"waiting"`
	Failing int        `json:"failing"` // of them, those that failed at least once
	NextTry *time.Time `json:"next_try,omitempty"`
}

// FailDirStats counts what lies in the fail-dir, whoever put it there and when.
type FailDirStats struct {
	Mails   int    `json:"mails"`
	Problem string `json:"problem,omitempty"` // why that is not known
}

// stats replies even while the store is down: then it is needed most.
func (h *handler) stats(w http.ResponseWriter, r *http.Request) {
	s := h.look(r.Context())
	stats := Stats{
		Version: h.options.Version, Ready: s.problem == nil, Mutes: len(s.mutes), Problems: s.problemsAll,
		Mails: MailStats{LastHour: s.lastHour(), PerMinute: s.minutes},
		Open:  OpenStats{Batches: len(s.pending()), Mails: s.openMails()},
		Relay: RelayStats{Name: s.relay.Name, Up: s.relay.Up(), DownSince: optional(s.relay.DownSince), NextTry: optional(s.relay.NextTry), Error: s.relay.Error},
	}
	if s.problem != nil {
		stats.Problem = s.problem.Error()
	}
	if s.unknown != nil {
		stats.Unknown = s.unknown.Error()
	}
	if len(s.open) > 0 {
		stats.Open.NextDue = &s.open[0].Due
	}
	stats.Outbox.Waiting = len(s.outbox)
	for _, o := range s.outbox {
		if o.LastError != "" {
			stats.Outbox.Failing++
		}
	}
	if len(s.outbox) > 0 {
		stats.Outbox.NextTry = &s.outbox[0].NextAt
	}
	stats.FailDir.Mails = s.failedAll
	if s.failedErr != nil {
		stats.FailDir.Problem = s.failedErr.Error()
	}
	t := gather(h.options.Metrics)
	stats.Mails.Total = t["failmail_mails_recorded_total"]
	stats.Summaries = SummaryStats{
		Made: t["failmail_summaries_total"], Sent: t["failmail_deliveries_total sent"],
		Postponed: t["failmail_deliveries_total postponed"], Failed: t["failmail_deliveries_total failed"],
	}
	reply(w, http.StatusOK, stats)
}

// gather returns the counters by name and, after a space, the values of their
// labels.
func gather(metrics prometheus.Gatherer) map[string]int {
	families, err := metrics.Gather()
	if err != nil {
		return nil // what could be gathered is incomplete; /metrics says why
	}
	totals := make(map[string]int)
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, label := range m.GetLabel() {
				name += " " + label.GetValue()
			}
			totals[name] = int(m.GetCounter().GetValue())
		}
	}
	return totals
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
