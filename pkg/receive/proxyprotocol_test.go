package receive_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/pires/go-proxyproto"

	"github.com/hut8labs/failmail/pkg/receive"
)

func TestALoadBalancerThatIsTrustedNamesTheClient(t *testing.T) {
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	binary := func(transport proxyproto.AddressFamilyAndProtocol, from, to net.Addr) string {
		header, err := (&proxyproto.Header{
			Version: 2, Command: proxyproto.PROXY, TransportProtocol: transport, SourceAddr: from, DestinationAddr: to,
		}).Format()
		if err != nil {
			t.Fatal(err)
		}
		return string(header)
	}
	local, err := (&proxyproto.Header{Version: 2, Command: proxyproto.LOCAL, TransportProtocol: proxyproto.UNSPEC}).Format()
	if err != nil {
		t.Fatal(err)
	}
	udp := func(text string) net.Addr { return net.UDPAddrFromAddrPort(netip.MustParseAddrPort(text)) }
	unix := func(network string) net.Addr { return &net.UnixAddr{Name: "/x", Net: network} }
	tests := []struct {
		name, header string
		trusted      []netip.Prefix
		access       receive.Access
		reply        string // to MAIL; empty if the connection ends before
		client       string
	}{
		{"version 1", "PROXY TCP4 192.0.2.7 192.0.2.1 5000 25\r\n", loopback, open("192.0.2.0/24"), "250 ", "192.0.2.7"},
		{"version 2", binary(proxyproto.TCPv6, tcpAddr("[2001:db8::7]:5000"), tcpAddr("[2001:db8::1]:25")), loopback, open("2001:db8::/32"), "250 ", "2001:db8::7"},
		{"a client that may not send", "PROXY TCP4 192.0.2.7 192.0.2.1 5000 25\r\n", loopback, open("10.0.0.0/8"), "550 5.7.1 ", ""},
		{"a client that is not this machine", "PROXY TCP4 192.0.2.7 192.0.2.1 5000 25\r\n", loopback, receive.Access{}, "550 5.7.1 ", ""},
		{"a health check of the load balancer itself", string(local), loopback, receive.Access{}, "250 ", "127.0.0.1"},
		{"a client by UDP", binary(proxyproto.UDPv4, udp("192.0.2.7:5000"), udp("192.0.2.1:25")), loopback, receive.Access{}, "", ""},
		{"a client on a Unix socket elsewhere", binary(proxyproto.UnixStream, unix("unix"), unix("unix")), loopback, receive.Access{}, "", ""},
		{"a client on a Unix socket for datagrams", binary(proxyproto.UnixDatagram, unix("unixgram"), unix("unixgram")), loopback, receive.Access{}, "", ""},
		{"a client of an unknown kind", "\r\n\r\n\x00\r\nQUIT\n\x21\x00\x00\x00", loopback, receive.Access{}, "", ""},
		{"no header from a trusted one", "", loopback, receive.Access{}, "", ""},
		{"a header from nobody trusted", "PROXY TCP4 10.0.0.1 192.0.2.1 5000 25\r\n", nil, open("10.0.0.0/8"), "500 ", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := &inbox{}
			server := start(t, in, receive.Options{TrustedProxies: tt.trusted, Access: tt.access})
			p := connect(t, "tcp", server.addr)
			p.send(tt.header + "EHLO x\r\n")
			if tt.reply == "" {
				p.conn.(*net.TCPConn).CloseWrite()
				if rest := p.expectEnd(); strings.Contains(rest, "250") {
					t.Errorf("was served: %q", rest)
				}
				return
			}
			p.expect("220 ")
			if tt.reply == "500 " {
				p.expect("50") // the header is no command
				return
			}
			p.expect("250-")
			p.ask("MAIL FROM:<f@x>", tt.reply)
			if tt.client == "" {
				return
			}
			p.ask("RCPT TO:<t@x>", "250 ")
			p.ask("DATA", "354 ")
			p.ask("m\r\n.", "250 ")
			if got := in.all()[0].RemoteAddr; got != tt.client {
				t.Errorf("RemoteAddr %q, want %q", got, tt.client)
			}
		})
	}
}

func tcpAddr(text string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(text)) }

func open(network string) receive.Access {
	return receive.Access{Networks: []netip.Prefix{netip.MustParsePrefix(network)}}
}
