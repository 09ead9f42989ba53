package receive

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pires/go-proxyproto"
)

// A listener turns what it accepts into connections.
type listener struct {
	net.Listener
	server *Server
	engine *engine
	tls    bool
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := clientOf(conn.RemoteAddr())
		if l.server.trusts(peer) {
			// Its address stands for many clients and is not counted.
			conn, peer = proxyproto.NewConn(conn, proxyproto.WithPolicy(proxyproto.REQUIRE), proxyproto.ValidateHeader(overTCP)), netip.Addr{}
		}
		if l.tls {
			conn = tls.Server(conn, l.server.options.TLS)
		}
		c := l.server.newConnection(conn, l.engine)
		c.peer, c.secure = peer, l.tls
		refusal := l.server.conns.admit(c)
		if refusal == nil {
			// The handshake of TLS comes before the library sets a deadline.
			c.SetReadDeadline(time.Now().Add(l.server.options.IdleTimeout))
			l.server.counts.connections.Add(1)
			return c, nil
		}
		l.server.log.Warn("turned a connection away", "client", c.peer, "reason", refusal.Text)
		if l.tls {
			l.server.counts.refusal(refusal.line()) // nobody hears it, but it was decided
		} else {
			c.turnAway(refusal)
		}
		c.Conn.Close() // it was never counted
	}
}

// overTCP refuses a header of the PROXY protocol that names a client without an IP
// address, which would count as one on this machine.
func overTCP(h *proxyproto.Header) error {
	if _, _, ok := h.TCPAddrs(); ok || h.Command.IsLocal() {
		return nil
	}
	return fmt.Errorf("PROXY header for a connection that is not TCP (family and protocol %#x)", byte(h.TransportProtocol))
}

func (s *Server) trusts(peer netip.Addr) bool {
	return slices.ContainsFunc(s.options.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(peer) })
}
