package receive_test

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

func TestAccessThroughTheServer(t *testing.T) {
	lan := receive.Access{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}}
	tests := []struct {
		name, client string
		access       receive.Access
		want         string
	}{
		{"loopback by default", "127.0.0.1", receive.Access{}, "250 "},
		{"another machine by default", "192.0.2.1", receive.Access{}, "550 5.7.1 Client 192.0.2.1 may not"},
		{"a network", "10.1.2.3", lan, "250 "},
		{"a network and an IPv4-mapped client", "::ffff:10.1.2.3", lan, "250 "},
		{"outside of the networks, IPv4-mapped", "::ffff:192.0.2.1", lan, "550 5.7.1 Client 192.0.2.1 may not"},
		{"an IPv6 network", "2001:db8::9", lan, "250 "},
		{"outside of the IPv6 network", "2001:db9::9", lan, "550 5.7.1 Client 2001:db9::9 may not"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := &inbox{}
			p := dial(t, startOn(t, abroad{listen(t, "127.0.0.1:0")[0], tt.client}, in, receive.Options{Access: tt.access}).addr)
			p.ask("EHLO x", "250-")
			p.ask("MAIL FROM:<f@x>", tt.want)
			if !strings.HasPrefix(tt.want, "250") {
				p.ask("RCPT TO:<t@x>", "503 ")
				p.ask("DATA", "503 ")
				return
			}
			p.ask("RSET", "250 ")
			p.mail()
			want := netip.MustParseAddr(tt.client).Unmap().String()
			if got := in.all()[0].RemoteAddr; got != want {
				t.Errorf("RemoteAddr = %q, want %q", got, want)
			}
		})
	}
}

func TestRecipientsThroughTheServer(t *testing.T) {
	in := &inbox{}
	access := receive.Access{
		Recipients: []*regexp.Regexp{regexp.MustCompile(`.*@staging|root`)},
		Rewrite: []receive.Rewrite{
			{Pattern: regexp.MustCompile(`^(.*)@prod$`), Replacement: "$1@staging"},
			{Pattern: regexp.MustCompile(`^nobody@.*`), Replacement: ""},
		},
	}
	p := dial(t, startOn(t, abroad{listen(t, "127.0.0.1:0")[0], "192.0.2.1"}, in, receive.Options{Access: access}).addr)
	p.ask("EHLO x", "250-")
	p.ask("MAIL FROM:<f@prod>", "250 ")
	p.ask("RCPT TO:<other@example.com>", "550 5.7.1 ")
	p.ask("DATA", "503 ")
	p.ask("RCPT TO:<ops@prod>", "250 ")
	p.ask("RCPT TO:<nobody@prod>", "553 5.1.3 ")
	p.ask("RCPT TO:<dev@staging>", "250 ")
	p.ask("RCPT TO:<root>", "250 ")
	p.ask("RCPT TO:<x@staging.evil>", "550 5.7.1 ")
	p.ask("DATA", "354 ")
	p.ask("To: ops@prod\r\n\r\nm\r\n.", "250 ")
	m := in.all()[0]
	if got := strings.Join(m.To, ","); got != "ops@staging,dev@staging,root" || m.From != "f@prod" {
		t.Errorf("from %q to %q", m.From, got)
	}
	if string(m.Raw) != "To: ops@prod\r\n\r\nm\r\n" {
		t.Errorf("the mail itself was rewritten: %q", m.Raw)
	}
}
