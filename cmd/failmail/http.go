package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"
)

// defaultBindHTTP is where operators look.
const defaultBindHTTP = "localhost:8025"

// A watch is the HTTP side of the proxy.
type watch struct {
	address string // empty for none
	chosen  bool   // by a person
	check   func(user, password string) bool
	log     *slog.Logger

	listener net.Listener
}

func watchFrom(c *cli.Context, check func(user, password string) bool, log *slog.Logger) (*watch, error) {
	w := &watch{address: c.String("bind-http"), chosen: c.IsSet("bind-http"), check: check, log: log.With("component", "http")}
	if w.address == "" {
		return w, nil
	}
	host, port, err := net.SplitHostPort(w.address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--bind-http %q is not an address; use host:port such as %s, or \"\" for none", w.address, defaultBindHTTP)}
	}
	if !isLoopback(host) && check == nil {
		return nil, &usageError{fmt.Sprintf("--bind-http %q can be reached from other machines; say who may look with --credentials or --credentials-file", w.address)}
	}
	return w, nil
}

// listen opens the address. Mail matters more than the page about it: a default
// that something else uses costs a warning, not the start.
func (w *watch) listen(ctx context.Context) (err error) {
	if w.address == "" {
		return nil
	}
	w.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", w.address)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EADDRINUSE) && !w.chosen:
		w.log.Warn("the page and the metrics are off: another program uses the address; choose one with --bind-http", "address", w.address)
		return nil
	}
	return fmt.Errorf("listen for HTTP: %w; choose another address with --bind-http", err)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// serve answers with handler until ctx ends.
func (w *watch) serve(ctx context.Context, handler http.Handler) {
	if w.listener == nil {
		return
	}
	if w.check != nil {
		handler = w.authenticated(handler)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(w.log.Handler(), slog.LevelInfo),
	}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(w.listener); !errors.Is(err, http.ErrServerClosed) {
		w.log.Error("cannot serve HTTP any more; restart", "error", err)
	}
}

// authenticated asks for a user of --credentials (RFC 7617).
func (w *watch) authenticated(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		user, password, given := request.BasicAuth()
		if !given || !w.check(user, password) {
			if given {
				w.log.Warn("authentication failed", "client", request.RemoteAddr, "user", user)
			}
			response.Header().Set("WWW-Authenticate", `Basic realm="failmail", charset="UTF-8"`)
			http.Error(response, "Sign in with a user of --credentials or --credentials-file.", http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(response, request)
	})
}
