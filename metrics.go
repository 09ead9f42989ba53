package failmail

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hut8labs/failmail/internal/dispatch"
)

// metrics counts what one Proxy does. What others count already is read from
// them at each scrape.
type metrics struct {
	registry *prometheus.Registry

	recorded      prometheus.Counter
	storeErrors   prometheus.Counter
	summaries     prometheus.Counter
	folds         prometheus.Counter
	passed        prometheus.Counter
	hookErrors    prometheus.Counter
	failDirErrors prometheus.Counter
	archiveErrors prometheus.Counter
	beats         prometheus.Counter
	deliveries    *prometheus.CounterVec
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		registry:      prometheus.NewRegistry(),
		recorded:      counter("failmail_mails_recorded_total", "Mails counted durably, from SMTP and from Submit."),
		storeErrors:   counter("failmail_store_errors_total", "Mails that the store could not take, so that their clients keep them."),
		summaries:     counter("failmail_summaries_total", "Summaries made."),
		folds:         counter("failmail_folds_total", "Summaries that went back into their batches because the relay was down, or they were too large for it."),
		passed:        counter("failmail_mails_passed_total", "Mails relayed unchanged, because they asked for it."),
		hookErrors:    counter("failmail_hook_errors_total", "Summaries after which the hook failed or was not run."),
		failDirErrors: counter("failmail_fail_dir_errors_total", "Attempts to put a summary into the fail-dir that failed, so that it stays in the store."),
		archiveErrors: counter("failmail_archive_errors_total", "Mails that the archive could not take, so that their clients keep them."),
		beats:         counter("failmail_heartbeats_total", "Mails that only prove that the path works."),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "failmail_deliveries_total",
			Help: "Attempts to deliver a summary, by result: sent, postponed or failed (it is in the fail-dir).",
		}, []string{"result"}),
	}
	for _, result := range []dispatch.Result{dispatch.Sent, dispatch.Postponed, dispatch.Failed} {
		m.deliveries.WithLabelValues(string(result)) // so that a rate starts at zero
	}
	m.registry.MustRegister(
		m.recorded, m.storeErrors, m.summaries, m.folds, m.passed, m.beats, m.hookErrors, m.failDirErrors,
		m.archiveErrors, m.deliveries)
	return m
}
