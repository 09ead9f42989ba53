// Package web serves what an operator looks at, and what the commands of the CLI
// ask of a running proxy.
package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// A Proxy is what the handler shows and steers. Its methods are called
// concurrently.
type Proxy interface {
	Ready(ctx context.Context) error // why it cannot take mails now
	Addr() net.Addr                  // where it takes mails; may be nil
	Relay() deliver.State            // where summaries go, and whether they do
	PerMinute() []int                // mails in each of the last minutes
	Recent() []render.Sent           // the newest first
	FindSent(ctx context.Context, is func(messageID string) bool) (*render.Sent, error)
	Open(ctx context.Context) ([]*render.Summary, error)
	Summarizing() *render.Summary // the batch that is taken from Open, and not yet in the outbox; may be nil
	Flush(ctx context.Context, batch int64) (int, error)
	Outbox(ctx context.Context) ([]store.Outgoing, error)
	Retry(ctx context.Context, id int64) (int, error)
	Failed(ctx context.Context) (newest []deliver.Stored, total int, err error) // of the fail-dir
	Resend(ctx context.Context, names ...string) (deliver.ResendResult, error)
	Backup(ctx context.Context, path string) error // of the store, to a new file
	Heartbeats(ctx context.Context) ([]store.Heartbeat, error)
	Expected(ctx context.Context) ([]expect.State, error)
	Problems(ctx context.Context, question string, offset, limit int) (list []problem.Problem, total int, err error)
	Problem(ctx context.Context, id string) (*problem.Problem, error)
	MuteProblem(ctx context.Context, id, by, reason string, until problem.MuteEnd) (*problem.Problem, error)
	Report(ctx context.Context, since time.Time) (subject, text string, err error)
	Act(ctx context.Context, id string, action store.EventKind, by, text string) (*problem.Problem, error)
	ExpectedMatches(ctx context.Context, e expect.Expectation) ([]expect.Match, error)
	AddExpected(ctx context.Context, e expect.Expectation) error
	ConfirmExpected(ctx context.Context, name string) error
	DropExpected(ctx context.Context, name string) error

	MuteMatches(ctx context.Context, what string) ([]batch.MuteMatch, error)
	Mute(ctx context.Context, what, reason string, duration time.Duration) (store.Mute, error)
	Unmute(ctx context.Context, id int64) (bool, error)
	Mutes(ctx context.Context) ([]store.Mute, error)

	OpenErrors(ctx context.Context, names ...string) ([]batch.OpenError, error)
	Merge(ctx context.Context, one, other, by string) error
	Split(ctx context.Context, name, by string) error
}

// Options are what the handler needs besides a Proxy.
type Options struct {
	Metrics prometheus.Gatherer
	Version string          // of the program
	Stopped <-chan struct{} // closed when the Proxy has ended: streams of events end too
}

// readTimeout bounds how long a store that hangs delays the answer; probes and
// people give up soon after.
const readTimeout = 5 * time.Second

type handler struct {
	proxy     Proxy
	options   Options
	assets    *assets
	templates *templates
	live      *live
	cleaner   *cleaner
}

// New returns the handler for a proxy. It may be mounted under a prefix with
// http.StripPrefix: the page's links are relative.
func New(proxy Proxy, options Options) http.Handler {
	h := &handler{
		proxy: proxy, options: options,
		assets: newAssets(), templates: newTemplates(), cleaner: newCleaner(),
	}
	h.live = newLive(h.look, h.templates.sections)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(options.Metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", h.ready)

	mux.HandleFunc("GET /{$}", h.page)
	mux.HandleFunc("GET /events", h.events)
	mux.HandleFunc("GET /sent/{id}", h.preview)
	mux.Handle("GET /static/", h.assets)
	mux.HandleFunc("POST /flush", h.flushForm)
	mux.HandleFunc("POST /retry", h.retryForm)
	mux.HandleFunc("POST /resend", h.resendForm)
	mux.HandleFunc("POST /mute", h.muteForm)
	mux.HandleFunc("POST /unmute", h.unmuteForm)
	mux.HandleFunc("POST /merge", h.mergeForm)
	mux.HandleFunc("POST /split", h.splitForm)
	mux.HandleFunc("POST /confirm", h.decideForm(proxy.ConfirmExpected, "confirmed"))
	mux.HandleFunc("POST /drop", h.decideForm(proxy.DropExpected, "dropped"))

	mux.HandleFunc("GET /problems", h.problemsPage)
	mux.HandleFunc("GET /problems/{id}", h.problemPage)
	mux.HandleFunc("POST /problems/{id}/act", h.actForm)
	mux.HandleFunc("POST /problems/{id}/name", h.nameForm)

	mux.HandleFunc("GET /api/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, fmt.Errorf("there is no %s; docs/operations.md lists what there is", r.URL.Path))
	})
	mux.HandleFunc("GET /api/stats", h.stats)
	mux.HandleFunc("GET /api/report", h.report)
	mux.HandleFunc("GET /api/problems", h.listProblems)
	mux.HandleFunc("GET /api/problems/{id}", h.oneProblem)
	mux.HandleFunc("POST /api/problems/{id}/{action}", h.actOnProblem)
	mux.HandleFunc("GET /api/batches", h.listBatches)
	mux.HandleFunc("POST /api/flush", h.flush)
	mux.HandleFunc("GET /api/outbox", h.listOutbox)
	mux.HandleFunc("POST /api/retry", h.retry)
	mux.HandleFunc("GET /api/failed", h.listFailed)
	mux.HandleFunc("POST /api/resend", h.resend)
	mux.HandleFunc("POST /api/backup", h.backup)
	mux.HandleFunc("GET /api/heartbeats", h.listHeartbeats)
	mux.HandleFunc("GET /api/expected", h.listExpected)
	mux.HandleFunc("POST /api/expected", h.addExpected)
	mux.HandleFunc("POST /api/expected/confirm", h.decideExpected(proxy.ConfirmExpected))
	mux.HandleFunc("POST /api/expected/drop", h.decideExpected(proxy.DropExpected))
	mux.HandleFunc("DELETE /api/expected", h.decideExpected(proxy.DropExpected))
	mux.HandleFunc("GET /api/mutes", h.listMutes)
	mux.HandleFunc("POST /api/mutes", h.addMute)
	mux.HandleFunc("DELETE /api/mutes/{id}", h.removeMute)
	mux.HandleFunc("POST /api/merge", h.addMerge)
	mux.HandleFunc("POST /api/split", h.addSplit)
	// A page of somebody else's must not steer the proxy through the browser of
	// an operator.
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusForbidden, errors.New("refused: the request comes from a page of another site"))
	}))
	return hardened(protection.Handler(mux))
}

// Policies for the browser (CSP 3). Whatever a mail smuggles into the page can
// neither run, nor load anything, nor send anything elsewhere.
const (
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
		"frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	previewPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; " +
		"frame-ancestors 'self'; sandbox"
	dataPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// hardened sets the strictest headers; page and preview replace what they need.
func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", dataPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

func (h *handler) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	if err := h.proxy.Ready(ctx); err != nil {
		answer(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
		return
	}
	answer(w, http.StatusOK, "ready")
}

func answer(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	fmt.Fprintln(w, text) // the client may be gone
}
