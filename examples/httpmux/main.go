// Command httpmux shows Failmail's page, API and metrics on the HTTP server that a
// program has anyway, behind that program's own log-in and on its own registry.
package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hut8labs/failmail"
)

// operators asks for a name and a password. The handler of a Proxy does not: who
// mounts it decides who may read mails and flush batches.
func operators(password string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, given, _ := r.BasicAuth()
		if name != "ops" || subtle.ConstantTimeCompare([]byte(given), []byte(password)) == 0 {
			w.Header().Set("WWW-Authenticate", `Basic realm="failmail"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// routes is the program's mux with Failmail on it.
func routes(p *failmail.Proxy, password string) http.Handler {
	registry := prometheus.NewRegistry() // with the program's own metrics
	registry.MustRegister(p.Metrics())

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("the shop\n")) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.Handle("/failmail/", operators(password, http.StripPrefix("/failmail", p.Handler())))
	return mux
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	password := os.Getenv("OPS_PASSWORD")
	if password == "" {
		slog.Error("httpmux: set OPS_PASSWORD; the page shows what mails say")
		os.Exit(2)
	}
	listener, err := net.Listen("tcp", "localhost:8080")
	if err == nil {
		slog.Info("http://localhost:8080/failmail/ for the user ops")
		err = run(ctx, listener, failmail.Config{Relay: "debug", Logger: slog.Default()}, password)
	}
	if err != nil {
		slog.Error("httpmux", "error", err)
		os.Exit(1)
	}
}

// run serves on listener until ctx ends.
func run(ctx context.Context, listener net.Listener, config failmail.Config, password string) error {
	p, err := failmail.New(config)
	if err != nil {
		return err
	}
	if err := p.Start(ctx); err != nil {
		return err
	}
	server := &http.Server{Handler: routes(p, password), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case <-ctx.Done():
	case err = <-served:
	}
	// The Proxy first: its end closes the pages that are being watched, for which
	// the server would wait.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), failmail.DefaultShutdownTimeout)
	defer cancel()
	return errors.Join(err, p.Shutdown(end), server.Shutdown(end))
}
