package failmail

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/hut8labs/failmail/internal/buildinfo"
	"github.com/hut8labs/failmail/internal/web"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/store"
)

// scrapeTimeout bounds how long a store that is down delays a scrape.
const scrapeTimeout = 5 * time.Second

// Handler serves what operators look at: a live page, /api for programs, /metrics
// for Prometheus, /healthz for "is it alive" and /readyz for "does it take
// mails". It may be mounted anywhere with http.StripPrefix, and works before Start
// and after Shutdown, which ends the page's streams of events. It asks for no
// credentials: who mounts it decides who may see it, and steer the Proxy.
func (p *Proxy) Handler() http.Handler {
	// A page of metrics of its own also tells about the process.
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), p.Metrics())
	return web.New(p, web.Options{Metrics: registry, Version: cmp.Or(p.settings.config().Version, buildinfo.Version("")), Stopped: p.life.Ended()})
}

// Metrics returns the metrics of this Proxy, and none of the process, for a
// registry of your own. Where several Proxies share one, give each a label with
// prometheus.WrapRegistererWith.
func (p *Proxy) Metrics() prometheus.Collector { return &scrape{p} }

// scrape is what the metrics have counted, and what the server and the store know.
type scrape struct{ p *Proxy }

var _ prometheus.Collector = (*scrape)(nil)

var (
	connectionsDesc  = describe("failmail_smtp_connections_total", "Connections admitted.")
	openDesc         = describe("failmail_smtp_connections", "Connections open.")
	mailsDesc        = describe("failmail_smtp_mails_total", "Mails acknowledged with 250.")
	bytesDesc        = describe("failmail_smtp_received_bytes_total", "Bytes of the mails acknowledged.")
	inFlightDesc     = describe("failmail_smtp_in_flight_bytes", "Bytes of mails being received.")
	limitDesc        = describe("failmail_smtp_in_flight_limit_bytes", "Limit of failmail_smtp_in_flight_bytes.")
	refusalsDesc     = describe("failmail_smtp_refusals_total", "Replies of 4xx and 5xx, by code and enhanced status code.", "code", "status")
	pendingDesc      = describe("failmail_pending_mails", "Mails counted in batches that are not summarised yet.")
	batchesDesc      = describe("failmail_pending_batches", "Batches that are not summarised yet.")
	outboxDesc       = describe("failmail_outbox_summaries", "Summaries waiting for delivery.")
	readyDesc        = describe("failmail_ready", "Whether mails are taken: 1, or 0; /readyz says why not.")
	relayUpDesc      = describe("failmail_relay_up", "Whether the relay took the last attempt: 1, or 0.")
	storeUpDesc      = describe("failmail_store_up", "Whether the store answers: 1, or 0.")
	failDirDesc      = describe("failmail_fail_dir_mails", "Mails that lie in the fail-dir and were not sent again.")
	expectedDesc     = describe("failmail_expected_mails", "Mails that must come.")
	missingDesc      = describe("failmail_missing_mails", "Those of failmail_expected_mails that are missing.")
	problemsDesc     = describe("failmail_open_problems", "Problems that are not over.")
	textsDesc        = describe("failmail_learned_texts", "Texts of errors that are known, to find those that are one error.")
	textsLimitDesc   = describe("failmail_learned_texts_limit", "Limit of failmail_learned_texts.")
	scrapeCollection = []*prometheus.Desc{connectionsDesc, openDesc, mailsDesc, bytesDesc, inFlightDesc, limitDesc,
		refusalsDesc, pendingDesc, batchesDesc, outboxDesc, readyDesc, relayUpDesc, storeUpDesc, failDirDesc, problemsDesc, expectedDesc, missingDesc, textsDesc, textsLimitDesc}
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (s *scrape) Describe(descs chan<- *prometheus.Desc) {
	s.p.metrics.registry.Describe(descs)
	for _, d := range scrapeCollection {
		descs <- d
	}
}

// Collect implements prometheus.Collector.
func (s *scrape) Collect(metrics chan<- prometheus.Metric) {
	s.p.metrics.registry.Collect(metrics)
	count := func(d *prometheus.Desc, value uint64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
	}
	gauge := func(d *prometheus.Desc, value int64) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value))
	}
	server := s.p.server.Stats()
	count(connectionsDesc, server.Connections)
	gauge(openDesc, int64(server.OpenConnections))
	count(mailsDesc, server.Mails)
	count(bytesDesc, server.Bytes)
	gauge(inFlightDesc, server.InFlight)
	gauge(limitDesc, s.p.settings.config().MaxInFlight)
	for reply, n := range server.Refusals {
		count(refusalsDesc, n, reply.Code, reply.Status)
	}
	is := func(d *prometheus.Desc, yes bool) {
		if yes {
			gauge(d, 1)
		} else {
			gauge(d, 0)
		}
	}
	is(readyDesc, s.p.Ready(context.Background()) == nil)
	is(relayUpDesc, s.p.Relay().Up())
	if failed, err := s.p.failDir.Count(); err == nil {
		gauge(failDirDesc, int64(failed))
	}
	gauge(textsDesc, int64(s.p.settings.Load().classifier.Families.Len()))
	gauge(textsLimitDesc, family.MaxTexts)
	s.collectStore(gauge)
}

// collectStore leaves the store's gauges out while it does not answer: an
// outdated number would look like calm.
func (s *scrape) collectStore(gauge func(*prometheus.Desc, int64)) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	parts, err := s.p.running()
	if err != nil {
		gauge(storeUpDesc, 0)
		return
	}
	pending, err := parts.store.Pending(ctx)
	if err != nil {
		gauge(storeUpDesc, 0)
		return
	}
	gauge(storeUpDesc, 1)
	gauge(pendingDesc, int64(pending.Mails))
	gauge(batchesDesc, int64(pending.Batches))
	gauge(outboxDesc, int64(pending.Outbox))
	isOpen := true
	if _, open, err := parts.store.Problems(ctx, store.ProblemQuery{Open: &isOpen, Now: time.Now()}); err == nil {
		gauge(problemsDesc, int64(open))
	}
	if states, err := parts.overdue.States(ctx); err == nil {
		missing := 0
		for _, s := range states {
			if s.Missing {
				missing++
			}
		}
		gauge(expectedDesc, int64(len(states)))
		gauge(missingDesc, int64(missing))
	}
}
