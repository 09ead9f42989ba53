package receive_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

func TestParseEndpoint(t *testing.T) {
	tcp := func(address string) receive.Endpoint { return receive.Endpoint{Network: "tcp", Address: address} }
	tests := []struct {
		text   string
		want   receive.Endpoint
		string string // "" for the text itself
	}{
		{"localhost:2525", tcp("localhost:2525"), ""},
		{":25", tcp(":25"), ""},
		{"0.0.0.0:25", tcp("0.0.0.0:25"), ""},
		{"[::1]:2525", tcp("[::1]:2525"), ""},
		{"[fe80::1%eth0]:25", tcp("[fe80::1%eth0]:25"), ""},
		{"127.0.0.1:0", tcp("127.0.0.1:0"), ""},
		{"mail.example.com:smtp", tcp("mail.example.com:smtp"), ""},
		{"unix:25", receive.Endpoint{Network: "unix", Address: "25"}, ""},
		{"smtp://localhost:2525", tcp("localhost:2525"), "localhost:2525"},
		{"smtps://0.0.0.0:465", receive.Endpoint{Network: "tcp", Address: "0.0.0.0:465", TLS: true}, ""},
		{"smtps://[::]:465", receive.Endpoint{Network: "tcp", Address: "[::]:465", TLS: true}, ""},
		{"lmtp://localhost:24", receive.Endpoint{Network: "tcp", Address: "localhost:24", LMTP: true}, ""},
		{"unix:/run/failmail.sock", receive.Endpoint{Network: "unix", Address: "/run/failmail.sock"}, ""},
		{"unix:relative/sock", receive.Endpoint{Network: "unix", Address: "relative/sock"}, ""},
		{"lmtp+unix:/run/a b:c", receive.Endpoint{Network: "unix", Address: "/run/a b:c", LMTP: true}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			for _, text := range []string{tt.text, tt.want.String()} { // and the way back
				if got, err := receive.ParseEndpoint(text); err != nil || got != tt.want {
					t.Errorf("ParseEndpoint(%q) = %+v, %v", text, got, err)
				}
			}
			want := tt.string
			if want == "" {
				want = tt.text
			}
			if got := tt.want.String(); got != want {
				t.Errorf("String = %q, want %q", got, want)
			}
		})
	}
}

func TestParseEndpointErrors(t *testing.T) {
	tests := []struct{ name, text, word string }{
		{"an empty text", "", "no port"},
		{"a host alone", "localhost", "no port"},
		{"a port alone", "2525", "no port"},
		{"an empty port", "localhost:", "port"},
		{"an IPv6 address without brackets", "::1:25", "no port"},
		{"a port that is unknown", "localhost:smtpp", `"smtpp"`},
		{"a port that is too large", "localhost:65536", `"65536"`},
		{"a negative port", "localhost:-1", `"-1"`},
		{"an unknown scheme", "http://localhost:25", "unknown form"},
		{"a scheme in capitals", "SMTPS://localhost:25", "unknown form"},
		{"a path behind the port", "smtp://localhost:25/", "unknown form"},
		{"two schemes", "smtps://lmtp://localhost:25", "unknown form"},
		{"a path without a scheme", "/run/sock", "unknown form"},
		{"smtps without a host and port", "smtps://", "no port"},
		{"a socket without a path", "unix:", "unix:/path"},
		{"an LMTP socket without a path", "lmtp+unix:", "no path"},
		{"a blank in the host", "local host:25", "blank"},
		{"a blank before the host", " localhost:25", "blank"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := receive.ParseEndpoint(tt.text)
			if err == nil {
				t.Fatalf("ParseEndpoint = %+v", e)
			}
			if !strings.Contains(err.Error(), tt.word) || !strings.Contains(err.Error(), "use ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q does not say %q with a remedy on one line", err, tt.word)
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	for text, want := range map[string]bool{
		"localhost:25": true, "LOCALHOST:25": true, "127.0.0.1:25": true, "127.9.9.9:25": true,
		"[::1]:25": true, "[::ffff:127.0.0.1]:25": true, "unix:/run/s": true, "lmtp+unix:/run/s": true,
		"smtps://localhost:465": true, "lmtp://127.0.0.1:24": true,
		":25": false, "0.0.0.0:25": false, "[::]:25": false, "10.0.0.1:25": false, "192.0.2.1:25": false,
		"mail.example.com:25": false, "localhost.example.com:25": false, "smtps://:465": false, "lmtp://0.0.0.0:24": false,
		"[2001:db8::1]:25": false, "127.0.0.1.example.com:25": false,
	} {
		e, err := receive.ParseEndpoint(text)
		if err != nil {
			t.Errorf("ParseEndpoint(%q) = %v", text, err)
		}
		if got := e.Loopback(); got != want {
			t.Errorf("Loopback of %s = %v", text, got)
		}
	}
}
