// Package web serves what an operator looks at, and what the commands of the CLI
// ask of a running proxy.
package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hut8labs/failmail/pkg/store"
)

// A Proxy is what the handler shows and steers. Its methods are called
// concurrently.
type Proxy interface {
	Ready(ctx context.Context) error // why it cannot take mails now

	Mute(ctx context.Context, what, reason string, duration time.Duration) (store.Mute, error)
	Unmute(ctx context.Context, id int64) (bool, error)
	Mutes(ctx context.Context) ([]store.Mute, error)
}

// readyTimeout bounds how long a store that hangs delays the answer; probes
// give up soon after.
const readyTimeout = 5 * time.Second

type handler struct {
	proxy Proxy
}

// New returns the handler for a proxy with its metrics.
func New(proxy Proxy, metrics prometheus.Gatherer) http.Handler {
	h := &handler{proxy}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", h.ready)
	mux.HandleFunc("GET /api/mutes", h.listMutes)
	mux.HandleFunc("POST /api/mutes", h.addMute)
	mux.HandleFunc("DELETE /api/mutes/{id}", h.removeMute)
	// A page of somebody else's must not steer the proxy through the browser of
	// an operator.
	return http.NewCrossOriginProtection().Handler(mux)
}

func (h *handler) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
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
