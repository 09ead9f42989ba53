package receive

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

func TestAdmits(t *testing.T) {
	networks := func(prefixes ...string) (a Access) {
		for _, prefix := range prefixes {
			a.Networks = append(a.Networks, netip.MustParsePrefix(prefix))
		}
		return a
	}
	with := func(a Access, change func(*Access)) Access { change(&a); return a }
	password := func(a *Access) { a.Authenticate = func(string, string) bool { return true } }
	recipients := func(a *Access) { a.Recipients = []*regexp.Regexp{regexp.MustCompile("x")} }
	lan := networks("10.0.0.0/8", "2001:db8::/32", "192.0.2.7/32")
	tests := []struct {
		name, client  string // "" for a Unix socket
		access        Access
		authenticated bool
		want          int // the refusal's code
	}{
		{"by default loopback is let in", "127.0.0.1", Access{}, false, 0},
		{"by default all of 127/8 is let in", "127.9.9.9", Access{}, false, 0},
		{"by default IPv6 loopback is let in", "::1", Access{}, false, 0},
		{"by default a Unix socket is let in", "", Access{}, false, 0},
		{"by default another machine is refused", "192.0.2.1", Access{}, false, 550},
		{"by default a private address is refused", "10.0.0.1", Access{}, false, 550},
		{"by default the unspecified address is refused", "0.0.0.0", Access{}, false, 550},
		{"an address inside an IPv4 network", "10.255.0.1", lan, false, 0},
		{"an address next to an IPv4 network", "11.0.0.0", lan, false, 550},
		{"an address inside an IPv6 network", "2001:db8:ffff::1", lan, false, 0},
		{"an address next to an IPv6 network", "2001:db9::1", lan, false, 550},
		{"a network of one address", "192.0.2.7", lan, false, 0},
		{"the address after a network of one", "192.0.2.8", lan, false, 550},
		{"loopback beside networks", "127.0.0.1", lan, false, 0},
		{"a Unix socket beside networks", "", lan, false, 0},
		{"a network with host bits set", "10.9.9.9", networks("10.1.2.3/8"), false, 0},
		{"all of IPv4 is not IPv6", "2001:db8::1", networks("0.0.0.0/0"), false, 550},
		{"all of IPv6 is not IPv4", "192.0.2.1", networks("::/0"), false, 550},
		{"with credentials another machine must authenticate", "192.0.2.1", with(Access{}, password), false, 530},
		{"with credentials loopback must authenticate", "127.0.0.1", with(Access{}, password), false, 530},
		{"with credentials a Unix socket must authenticate", "", with(Access{}, password), false, 530},
		{"with credentials a Unix socket that is allowed needs none", "", with(Access{UnixSockets: true}, password), false, 0},
		{"a Unix socket that is allowed admits no other client", "127.0.0.1", with(Access{UnixSockets: true}, password), false, 530},
		{"with credentials an authenticated client is let in", "192.0.2.1", with(Access{}, password), true, 0},
		{"with credentials a network needs none", "10.0.0.1", with(lan, password), false, 0},
		{"with credentials loopback outside of the networks must", "127.0.0.1", with(lan, password), false, 530},
		{"with recipients anybody is let in", "192.0.2.1", with(Access{}, recipients), false, 0},
		{"with recipients and networks anybody is let in", "192.0.2.1", with(lan, recipients), false, 0},
		{"with recipients and credentials one must authenticate", "192.0.2.1", with(with(Access{}, recipients), password), false, 530},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var client netip.Addr
			if tt.client != "" {
				client = netip.MustParseAddr(tt.client)
			}
			refusal := tt.access.admits(client, tt.authenticated)
			if got := codeOf(refusal); got != tt.want {
				t.Errorf("admits = %d %+v, want %d", got, refusal, tt.want)
			}
			if tt.want == 550 && (!strings.Contains(refusal.Text, tt.client) || !strings.Contains(refusal.Text, "ask the operator")) {
				t.Errorf("%q does not name client and remedy", refusal.Text)
			}
		})
	}
}

func codeOf(r *Refusal) int {
	if r == nil {
		return 0
	}
	return r.Code
}

func TestRecipient(t *testing.T) {
	rewrite := func(rules ...string) (a Access) {
		for i := 0; i < len(rules); i += 2 {
			a.Rewrite = append(a.Rewrite, Rewrite{regexp.MustCompile(rules[i]), rules[i+1]})
		}
		return a
	}
	only := func(a Access, patterns ...string) Access {
		for _, pattern := range patterns {
			a.Recipients = append(a.Recipients, regexp.MustCompile(pattern))
		}
		return a
	}
	none := Access{}
	tests := []struct {
		name, address string
		access        Access
		want          string
		refusal       int
	}{
		{"by default any is taken", "any@x", none, "any@x", 0},
		{"a bare local part is taken", "root", none, "root", 0},
		{"one that a pattern matches", "ops@x", only(none, `ops@x`), "ops@x", 0},
		{"one that the second pattern matches", "ops@x", only(none, `a@x`, `.*@x`), "ops@x", 0},
		{"one that no pattern matches", "ops@y", only(none, `a@x`, `.*@x`), "", 550},
		{"a pattern for the beginning is not enough", "ops@x.evil", only(none, `ops@x`), "", 550},
		{"a pattern for the end is not enough", "devops@x", only(none, `ops@x`), "", 550},
		{"a pattern for the middle is not enough", "devops@x.evil", only(none, `ops@x`), "", 550},
		{"a pattern that matches nothing is not enough", "ops@x", only(none, `z*`), "", 550},
		{"a pattern with anchors", "ops@x", only(none, `^ops@x$`), "ops@x", 0},
		{"the second of two alternatives", "dev@x", only(none, `ops@x|dev@x`), "dev@x", 0},
		{"alternatives of which the first is the other's beginning", "ops@x.com", only(none, `ops@x|ops@x\.com`), "ops@x.com", 0},
		{"alternatives of which the first ends too early", "ops@x", only(none, `ops|ops@x`), "ops@x", 0},
		{"a pattern that takes as little as it can", "ops@x", only(none, `.+?`), "ops@x", 0},
		{"an alternative does not undo the anchoring", "ops@x.evil", only(none, `dev@x|ops@x`), "", 550},
		{"capitals differ unless the pattern says otherwise", "OPS@x", only(none, `ops@x`), "", 550},
		{"capitals when the pattern says so", "OPS@x", only(none, `(?i)ops@x`), "OPS@x", 0},
		{"a dot in a pattern matches any character", "ops@xzcom", only(none, `ops@x.com`), "ops@xzcom", 0},
		{"a rewrite of everything", "ops@x", rewrite(`.+`, "staging@y"), "staging@y", 0},
		{"a rewrite of the domain", "ops@x", rewrite(`@.*`, "@y"), "ops@y", 0},
		{"a rewrite that does not match", "ops@x", rewrite(`dev@.*`, "z@y"), "ops@x", 0},
		{"a rewrite with groups", "ops@x", rewrite(`(.*)@(.*)`, "$2+${1}s@y"), "x+opss@y", 0},
		{"rewrites work in order on one another's result", "a@x", rewrite(`^a@`, "b@", `^b@`, "c@", `^a@`, "d@"), "c@x", 0},
		{"a rewrite of several places", "a-b-c@x", rewrite(`-`, "."), "a.b.c@x", 0},
		{"a rewrite to nothing", "ops@x", rewrite(`.*`, ""), "", 553},
		{"a rewrite to a line end", "ops@x", rewrite(`@`, "\r\nRCPT TO:<"), "", 553},
		{"a rewrite to a NUL", "ops@x", rewrite(`@`, "\x00"), "", 553},
		{"a control character", "o\x7fps@x", none, "", 553},
		{"a rewrite to what needs quotes", "ops@x", rewrite(`ops`, "on call"), "", 553},
		{"patterns see the rewritten address", "ops@x", only(rewrite(`x$`, "y"), `ops@y`), "ops@y", 0},
		{"patterns do not see the address before", "ops@x", only(rewrite(`x$`, "y"), `ops@x`), "", 550},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, refusal := tt.access.anchored().recipient(tt.address)
			if got != tt.want || codeOf(refusal) != tt.refusal {
				t.Errorf("recipient = %q, %+v; want %q, %d", got, refusal, tt.want, tt.refusal)
			}
			if tt.refusal == 553 && strings.Contains(refusal.Text, "rewritten here") != (len(tt.access.Rewrite) > 0) {
				t.Errorf("%q names --rewrite-recipient, of which there are %d", refusal.Text, len(tt.access.Rewrite))
			}
		})
	}
}

func TestOpen(t *testing.T) {
	for name, test := range map[string]struct {
		access Access
		want   bool
	}{
		"the zero value":   {Access{}, false},
		"a rewrite alone":  {Access{Rewrite: []Rewrite{{regexp.MustCompile("a"), "b"}}}, false},
		"a network":        {Access{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, true},
		"a check":          {Access{Authenticate: func(string, string) bool { return false }}, true},
		"a recipient":      {Access{Recipients: []*regexp.Regexp{regexp.MustCompile("a")}}, true},
		"an empty network": {Access{Networks: []netip.Prefix{}}, false},
	} {
		if got := test.access.Open(); got != test.want {
			t.Errorf("%s: Open = %v", name, got)
		}
	}
}
