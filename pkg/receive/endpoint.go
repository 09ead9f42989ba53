package receive

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
)

// An Endpoint is where and how a Server is spoken to.
type Endpoint struct {
	Network string // "tcp" or "unix"
	Address string // "host:port", or the path of a Unix socket
	TLS     bool   // TLS from the first byte (RFC 8314), instead of STARTTLS
	LMTP    bool   // LMTP (RFC 2033) instead of SMTP
}

// String returns e in the form that ParseEndpoint takes.
func (e Endpoint) String() string {
	switch {
	case e.Network == "unix" && e.LMTP:
		return "lmtp+unix:" + e.Address
	case e.Network == "unix":
		return "unix:" + e.Address
	case e.LMTP:
		return "lmtp://" + e.Address
	case e.TLS:
		return "smtps://" + e.Address
	}
	return e.Address
}

// Loopback reports whether only this machine can reach e, as far as its text
// tells: a host name other than localhost does not count.
func (e Endpoint) Loopback() bool {
	if e.Network == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(e.Address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// ParseEndpoint reads "host:port", "smtp://host:port", "smtps://host:port",
// "lmtp://host:port", "unix:/path" or "lmtp+unix:/path".
func ParseEndpoint(text string) (Endpoint, error) {
	e := Endpoint{Network: "tcp", Address: text}
	for prefix, kind := range map[string]Endpoint{
		"smtp://":    {Network: "tcp"},
		"smtps://":   {Network: "tcp", TLS: true},
		"lmtp://":    {Network: "tcp", LMTP: true},
		"unix:":      {Network: "unix"},
		"lmtp+unix:": {Network: "unix", LMTP: true},
	} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			e = kind
			e.Address = rest
		}
	}
	if e.Network == "unix" {
		if e.Address == "" {
			return Endpoint{}, fmt.Errorf("has no path; use unix:/path/to/socket")
		}
		return e, nil
	}
	if strings.Contains(e.Address, "/") {
		return Endpoint{}, fmt.Errorf("has an unknown form; use host:port, smtps://host:port, lmtp://host:port, unix:/path or lmtp+unix:/path")
	}
	host, port, err := net.SplitHostPort(e.Address)
	if err != nil {
		return Endpoint{}, fmt.Errorf("has no port; use host:port such as localhost:2525")
	}
	if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
		return Endpoint{}, fmt.Errorf("has the unknown port %q; use a number such as 2525", port)
	}
	if strings.ContainsAny(host, " \t") {
		return Endpoint{}, fmt.Errorf("has a blank in its host; use host:port such as localhost:2525")
	}
	return e, nil
}

// endpointListener remembers what its listener was made for.
type endpointListener struct {
	net.Listener
	endpoint Endpoint
}

// EndpointOf returns what l was made for: for a listener of Listen or Inherit
// that is known, any other speaks SMTP.
func EndpointOf(l net.Listener) Endpoint {
	if e, ok := l.(*endpointListener); ok {
		return e.endpoint
	}
	return Endpoint{Network: l.Addr().Network(), Address: l.Addr().String()}
}

// File returns a copy of the socket, to be handed to another process.
func (l *endpointListener) File() (*os.File, error) {
	filer, ok := l.Listener.(interface{ File() (*os.File, error) })
	if !ok {
		return nil, fmt.Errorf("the socket %s cannot be handed over", l.endpoint)
	}
	if unix, ok := l.Listener.(*net.UnixListener); ok {
		unix.SetUnlinkOnClose(false) // the other process goes on with it
	}
	return filer.File()
}

// Inherit makes a listener of a socket that another process has opened, for
// example systemd or the failmail that this one replaces. Of kind, only TLS and
// LMTP are used. It closes f.
func Inherit(f *os.File, kind Endpoint) (net.Listener, error) {
	l, err := net.FileListener(f)
	err = errors.Join(err, f.Close())
	if err != nil {
		return nil, fmt.Errorf("use the socket %s: %w", f.Name(), err)
	}
	kind.Network, kind.Address = l.Addr().Network(), l.Addr().String()
	return &endpointListener{l, kind}, nil
}

// removeStaleSocket makes way for a Unix socket whose owner is gone. A socket
// that still answers, and any other file, is left alone.
func removeStaleSocket(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSocket == 0 {
		return nil // listening reports what is wrong
	}
	conn, err := net.Dial("unix", path)
	switch {
	case err == nil:
		conn.Close() // only its answer counts
		return syscall.EADDRINUSE
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(path)
	}
	return syscall.EADDRINUSE // somebody is too busy to answer
}
