package failmail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

func checkHostPort(address string) (problem string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		var addressErr *net.AddrError
		if errors.As(err, &addressErr) {
			return "has a wrong form: " + addressErr.Err
		}
		return "has a wrong form"
	}
	if n, err := net.LookupPort("tcp", port); err != nil || n == 0 {
		return fmt.Sprintf("has the unknown port %q", port)
	}
	if host == "" {
		return "names no host"
	}
	return ""
}

// debugRelay as Config.Relay prints summaries.
const debugRelay = "debug"

func relayAddress(relay string) string { return strings.TrimPrefix(relay, "smtp://") }

// sender returns what delivers the summaries.
func (c Config) sender() Sender {
	switch {
	case c.Sender != nil:
		return c.Sender
	case c.Relay == debugRelay:
		return &deliver.Debug{Output: os.Stdout}
	}
	return &deliver.SMTP{Addr: relayAddress(c.Relay), Hostname: c.Hostname}
}

// lookupTimeout bounds how long a name server that is down delays the start.
const lookupTimeout = 2 * time.Second

// checkLoop refuses a relay that is one of our own listeners under another name.
// A name that cannot be looked up now is no mistake; it is not even tried unless
// a listener has the relay's port.
func (p *Proxy) checkLoop(ctx context.Context, listeners []net.Listener) error {
	host, port, err := net.SplitHostPort(relayAddress(p.config.Relay))
	if err != nil || p.config.Sender != nil {
		return nil
	}
	relayPort, _ := net.LookupPort("tcp", port) // validate has checked it
	var suspects []*net.TCPAddr
	for _, l := range listeners {
		if own, ok := l.Addr().(*net.TCPAddr); ok && own.Port == relayPort {
			suspects = append(suspects, own)
		}
	}
	if len(suspects) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	addresses, _ := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	for _, address := range addresses {
		address = address.Unmap()
		for _, own := range suspects {
			if own.AddrPort().Addr().Unmap() == address || own.IP.IsUnspecified() && address.IsLoopback() {
				return fmt.Errorf("the relay %s is this proxy itself, so summaries would come back for ever; name the server that delivers mail with --relay", p.config.Relay)
			}
		}
	}
	return nil
}
