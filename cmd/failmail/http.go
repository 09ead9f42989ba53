package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/login"
	"github.com/hut8labs/failmail/internal/web"
)

// defaultBindHTTP is where operators look.
const defaultBindHTTP = "localhost:8025"

// A guard says who may use the page and the API.
type guard struct {
	address string // empty for none
	users   atomic.Pointer[userCheck]
	logins  login.Throttle
	log     *slog.Logger
}

// A userCheck reports whether a user of --credentials has the password; nil if
// there are none.
type userCheck func(user, password string) bool

func guardFrom(c *cli.Context, check userCheck, log *slog.Logger) (*guard, error) {
	g := &guard{address: c.String("bind-http"), log: log.With("component", "http")}
	return g, g.admit(check)
}

// admit lets the users in that check knows, from now on, unless everybody could
// come in then.
func (g *guard) admit(check userCheck) error {
	if g.address != "" {
		host, port, err := net.SplitHostPort(g.address)
		if err == nil {
			_, err = net.LookupPort("tcp", port)
		}
		if err != nil {
			return &usageError{fmt.Sprintf("--bind-http %q is not an address; use host:port such as %s, or \"\" for none", g.address, defaultBindHTTP)}
		}
		if !isLoopback(host) && check == nil {
			return &usageError{fmt.Sprintf("--bind-http %q can be reached from other machines; set --credentials or --credentials-file to say who may use it", g.address)}
		}
	}
	g.users.Store(&check)
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// protect asks for a user of --credentials (RFC 7617). Without any, it answers
// only to names that no other site can have: by a name of its own that leads to
// this machine, a page of another site could read and steer the proxy through an
// operator's browser (DNS rebinding). Such a page knows no password, and cannot be
// reached by an IP address.
func (g *guard) protect(handler http.Handler, address net.Addr) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		check := *g.users.Load()
		user, password, given := request.BasicAuth()
		admitted, err := check == nil && g.answersTo(request.Host), error(nil)
		if check != nil && given {
			client, _ := netip.ParseAddrPort(request.RemoteAddr) // the server has set it
			admitted, err = g.logins.Check(request.Context(), client.Addr(), user, password, check)
		}
		switch {
		case err != nil:
			g.log.Warn("turned a login away", "client", request.RemoteAddr, "user", user, "reason", err)
			response.Header().Set("Retry-After", "60")
			http.Error(response, "Too many failed logins from your address, try again later.", http.StatusTooManyRequests)
		case admitted:
			handler.ServeHTTP(response, request)
		case !given && (request.URL.Path == "/healthz" || request.URL.Path == "/readyz"):
			// Probes know no password, and need no reasons.
			handler.ServeHTTP(statusOnly{response}, request)
		case check == nil:
			g.misdirected(response, request, address)
		default:
			if given {
				g.log.Warn("authentication failed", "client", request.RemoteAddr, "user", user)
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
func (g *guard) answersTo(host string) bool {
	name := host
	if split, _, err := net.SplitHostPort(host); err == nil {
		name = split
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil || name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost")
}

func (g *guard) misdirected(response http.ResponseWriter, request *http.Request, address net.Addr) {
	g.log.Warn("refused a request for a name that is not this machine's", "client", request.RemoteAddr, "host", request.Host)
	text := fmt.Sprintf("Without --credentials or --credentials-file, only localhost and IP addresses are answered to, "+
		"not %q: any site could give this machine such a name. Go to http://%s, or set one of them.", request.Host, address)
	response.Header().Set("X-Content-Type-Options", "nosniff")
	if !strings.HasPrefix(request.URL.Path, "/api/") {
		http.Error(response, text, http.StatusMisdirectedRequest)
		return
	}
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(http.StatusMisdirectedRequest)
	json.NewEncoder(response).Encode(web.Error{Error: text}) // the client may be gone
}
