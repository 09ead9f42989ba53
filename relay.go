package failmail

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

// openSender returns what delivers the summaries, and how to close it.
func (c Config) openSender() (Sender, func() error, error) {
	if c.Sender != nil {
		return c.Sender, func() error { return nil }, nil
	}
	options := c.RelayOptions
	options.Hostname = cmp.Or(options.Hostname, c.Hostname)
	if options.Logger == nil {
		options.Logger = c.Logger.With("component", "relay")
	}
	sender, err := deliver.Open(c.relays(), options)
	if err != nil {
		return nil, nil, &FieldError{"Relay", c.Relay, "cannot be used: " + err.Error()}
	}
	return sender, sender.Close, nil
}

// lookupTimeout bounds how long a name server that is down delays the start.
const lookupTimeout = 2 * time.Second

// checkLoop refuses a relay that is one of our own listeners under another name.
// A name that cannot be looked up now is no mistake; it is not even tried unless
// a listener has the relay's port.
func (c Config) checkLoop(ctx context.Context, listeners []net.Listener) error {
	for _, relay := range c.relays() {
		host, port, err := net.SplitHostPort(relay.Addr)
		if err != nil {
			continue // a socket or a command
		}
		if err := checkOwn(ctx, relay, host, port, listeners); err != nil {
			return err
		}
	}
	return nil
}

func checkOwn(ctx context.Context, relay deliver.Relay, host, port string, listeners []net.Listener) error {
	relayPort, _ := net.LookupPort("tcp", port) // ParseRelays has checked it
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
				return fmt.Errorf("the relay %s is this proxy itself, so summaries would come back for ever; name the server that delivers mail in Config.Relay", relay)
			}
		}
	}
	return nil
}
