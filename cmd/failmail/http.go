package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/login"
	"github.com/hut8labs/failmail/internal/web"
)

// defaultBindHTTP is where operators look.
const defaultBindHTTP = "localhost:8025"

// A watch is the HTTP side of the proxy.
type watch struct {
	address string // empty for none
	chosen  bool   // by a person
	users   atomic.Pointer[userCheck]
	logins  login.Throttle
	log     *slog.Logger

	listener net.Listener
}

// A userCheck reports whether a user of --credentials has the password; nil if
// there are none.
type userCheck func(user, password string) bool

func watchFrom(c *cli.Context, check userCheck, log *slog.Logger) (*watch, error) {
	w := &watch{address: c.String("bind-http"), chosen: c.IsSet("bind-http"), log: log.With("component", "http")}
	return w, w.admit(check)
}

// admit lets the users in that check knows, from now on, unless everybody could
// come in then.
func (w *watch) admit(check userCheck) error {
	if w.address != "" {
		host, port, err := net.SplitHostPort(w.address)
		if err == nil {
			_, err = net.LookupPort("tcp", port)
		}
		if err != nil {
			return &usageError{fmt.Sprintf("--bind-http %q is not an address; use host:port such as %s, or \"\" for none", w.address, defaultBindHTTP)}
		}
		if !isLoopback(host) && check == nil {
			return &usageError{fmt.Sprintf("--bind-http %q can be reached from other machines; say who may look with --credentials or --credentials-file", w.address)}
		}
	}
	w.users.Store(&check)
	return nil
}

// listen opens the address, unless that was handed over.
func (w *watch) listen(ctx context.Context) (err error) {
	if w.address == "" || w.listener != nil {
		return nil
	}
	if w.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", w.address); err != nil {
		return fmt.Errorf("listen for HTTP: %w; choose another address with --bind-http", err)
	}
	return nil
}

// listenIfFree is listen. Mail matters more than the page about it: a default that
// something else uses costs a warning, not the start.
func (w *watch) listenIfFree(ctx context.Context) error {
	err := w.listen(ctx)
	switch {
	case errors.Is(err, errAddressInUse) && !w.chosen:
		w.log.Warn("the page and the metrics are off: another program uses the address; choose one with --bind-http", "address", w.address)
		return nil
	case err == nil && w.listener != nil:
		w.log.Info("serving page, API and metrics", "url", "http://"+w.listener.Addr().String()+"/")
	}
	return err
}

// reopen listens again on the address that was closed.
func (w *watch) reopen(ctx context.Context) (err error) {
	if w.listener != nil {
		w.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", w.listener.Addr().String())
	}
	return err
}

// file returns a copy of the socket, and what it was made for; nil without one.
func (w *watch) file() (*os.File, string, error) {
	l, ok := w.listener.(*net.TCPListener)
	if !ok {
		return nil, "", nil
	}
	f, err := l.File()
	return f, w.address, err
}

func (w *watch) close() {
	if w.listener != nil {
		w.listener.Close() // it mostly is
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// serve answers with handler on l until ctx ends, which closes it.
func (w *watch) serve(ctx context.Context, l net.Listener, handler http.Handler) {
	if l == nil {
		return
	}
	server := &http.Server{
		Handler:           w.guarded(handler),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(w.log.Handler(), slog.LevelInfo),
	}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		w.log.Error("cannot serve HTTP any more; restart", "error", err)
	}
}

// guarded asks for a user of --credentials (RFC 7617). Without any, it answers
// only to names that no other site can have: by a name of its own that leads to
// this machine, a page of another site could read and steer the proxy through an
// operator's browser (DNS rebinding). Such a page knows no password, and cannot be
// reached by an IP address.
func (w *watch) guarded(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		check := *w.users.Load()
		user, password, given := request.BasicAuth()
		admitted, err := check == nil && w.answersTo(request.Host), error(nil)
		if check != nil && given {
			client, _ := netip.ParseAddrPort(request.RemoteAddr) // the server has set it
			admitted, err = w.logins.Check(request.Context(), client.Addr(), user, password, check)
		}
		switch {
		case err != nil:
			w.log.Warn("turned a login away", "client", request.RemoteAddr, "user", user, "reason", err)
			response.Header().Set("Retry-After", "60")
			http.Error(response, "Too many failed logins from your address, try again later.", http.StatusTooManyRequests)
		case admitted:
			handler.ServeHTTP(response, request)
		case !given && (request.URL.Path == "/healthz" || request.URL.Path == "/readyz"):
			// Probes know no password, and need no reasons.
			handler.ServeHTTP(statusOnly{response}, request)
		case check == nil:
			w.misdirected(response, request)
		default:
			if given {
				w.log.Warn("authentication failed", "client", request.RemoteAddr, "user", user)
			}
			response.Header().Set("WWW-Authenticate", `Basic realm="failmail", charset="UTF-8"`)
			http.Error(response, "Sign in with a user of --credentials or --credentials-file.", http.StatusUnauthorized)
		}
	})
}

// statusOnly leaves out the body of a reply.
type statusOnly struct{ http.ResponseWriter }

func (s statusOnly) Write(p []byte) (int, error) { return len(p), nil }

// answersTo reports whether a Host field names this machine and nothing else. No
// browser leaves it out.
func (w *watch) answersTo(host string) bool {
	name := host
	if split, _, err := net.SplitHostPort(host); err == nil {
		name = split
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil || name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost")
}

func (w *watch) misdirected(response http.ResponseWriter, request *http.Request) {
	w.log.Warn("refused a request for a name that is not this machine's", "client", request.RemoteAddr, "host", request.Host)
	text := fmt.Sprintf("Without --credentials or --credentials-file, only localhost and IP addresses are answered to, "+
		"not %q: any site could give this machine such a name. Go to http://%s, or set one of them.", request.Host, w.listener.Addr())
	response.Header().Set("X-Content-Type-Options", "nosniff")
	if !strings.HasPrefix(request.URL.Path, "/api/") {
		http.Error(response, text, http.StatusMisdirectedRequest)
		return
	}
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(http.StatusMisdirectedRequest)
	json.NewEncoder(response).Encode(web.Error{Error: text}) // the client may be gone
}
