package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// How the commands find the proxy by its settings.

// pageOf returns where the page and the API are.
func pageOf(c *cli.Context) (string, error) {
	if address := c.String("http"); address != "" {
		return withPort(address, defaultBindHTTP), nil
	} else if c.IsSet("http") {
		return "", &usageError{fmt.Sprintf("--http is empty; use host:port such as %s, or leave it out", defaultBindHTTP)}
	}
	address := c.String("bind-http")
	if address == "" {
		return "", fmt.Errorf("the proxy has no page and no API, because its setting bind-http is empty; start it with --bind-http=%s, or name another proxy with --http", defaultBindHTTP)
	}
	return reachable(address), nil
}

// reachable returns where to connect to what is bound to address: if that is every
// address of this machine, localhost is one of them.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

// withPort completes a host that stands alone, and a port, with the other half of usual. A
// URL and the path of a socket stay as they are.
func withPort(address, usual string) string {
	if address == "" || strings.Contains(address, ":") {
		return address
	}
	host, port, _ := net.SplitHostPort(usual)
	if strings.Trim(address, "0123456789") == "" {
		return net.JoinHostPort(host, address)
	}
	return net.JoinHostPort(address, port)
}

// loginOf returns the first user of --credentials.
func loginOf(c *cli.Context) (user, password string, found bool) {
	for _, credentials := range listOf(c, "credentials") {
		return strings.Cut(credentials, ":")
	}
	return "", "", false
}

// withoutPassword is what people may see of an address.
func withoutPassword(address string) string {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		return u.Redacted()
	}
	return address
}

// serverOf returns a Sender for where the proxy takes mails: at server if that is
// named, else at the first address of --bind, preferably without TLS, whose
// certificate is mostly its own.
func serverOf(c *cli.Context, server string) (deliver.Sender, error) {
	if server != "" {
		return &deliver.SMTP{Addr: withPort(server, failmail.DefaultBind)}, nil
	}
	var chosen *deliver.Relay
	var problem error
	for _, bind := range listOf(c, "bind") {
		scheme, address, found := strings.Cut(bind, "://")
		if !found {
			scheme, address = "smtp", bind
		}
		if !strings.Contains(bind, ":/") || found {
			bind = scheme + "://" + reachable(address)
		}
		relay, err := deliver.ParseRelay(bind)
		if err != nil {
			problem = err
			continue
		}
		if chosen == nil || chosen.Protocol == deliver.ProtocolSMTPS {
			chosen = &relay
		}
	}
	if chosen == nil {
		return nil, cmp.Or(problem, errors.New("the proxy accepts no mails, because its setting bind names no address; name a server with -S"))
	}
	s := &deliver.SMTP{Addr: chosen.Addr, LMTP: chosen.Protocol == deliver.ProtocolLMTP}
	s.TLS.Implicit = chosen.Protocol == deliver.ProtocolSMTPS
	if user, password, found := loginOf(c); found {
		s.Auth = deliver.Auth{User: user, Password: deliver.Password(password)}
	}
	return s, nil
}
