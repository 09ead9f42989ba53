package receive_test

import (
	"crypto/tls"
	"encoding/base64"
	"net"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

// onlyUser admits one user with one password.
var onlyUser = receive.Access{Authenticate: func(user, password string) bool {
	return user == "user" && password == "secret"
}}

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func plain(identity, user, password string) string {
	return b64(identity + "\x00" + user + "\x00" + password)
}

func TestAuthentication(t *testing.T) {
	login := "AUTH LOGIN>334 " + b64("Username:")
	password := "334 " + b64("Password:")
	tests := []struct {
		name     string
		dialog   string // command>reply, between lines
		admitted bool
	}{
		{"PLAIN with an initial response", "AUTH PLAIN " + plain("", "user", "secret") + ">235 |NOOP>250 ", true},
		{"PLAIN without an initial response", "AUTH PLAIN>334 |" + plain("", "user", "secret") + ">235 ", true},
		{"PLAIN in small letters", "auth plain " + plain("", "user", "secret") + ">235 ", true},
		{"PLAIN with the user as identity", "AUTH PLAIN " + plain("user", "user", "secret") + ">235 ", true},
		{"PLAIN with another identity", "AUTH PLAIN " + plain("root", "user", "secret") + ">535 5.7.8 ", false},
		{"PLAIN with a wrong password", "AUTH PLAIN " + plain("", "user", "wrong") + ">535 5.7.8 ", false},
		{"PLAIN with an unknown user", "AUTH PLAIN " + plain("", "root", "secret") + ">535 5.7.8 ", false},
		{"PLAIN with an empty password", "AUTH PLAIN " + plain("", "user", "") + ">535 ", false},
		{"PLAIN with an empty response", "AUTH PLAIN =>501 5.5.2 ", false},
		{"PLAIN with two fields", "AUTH PLAIN " + b64("user\x00secret") + ">501 5.5.2 ", false},
		{"PLAIN with four fields", "AUTH PLAIN " + b64("\x00user\x00secret\x00") + ">501 5.5.2 ", false},
		{"PLAIN with an initial response that is no base64", "AUTH PLAIN !!!>501 5.5.2 ", false},
		{"PLAIN with a response that is no base64", "AUTH PLAIN>334 |!!!>501 5.5.2 ", false},
		{"PLAIN with a response that looks like a command", "AUTH PLAIN>334 |MAIL FROM:<f@x>>501 5.5.2 ", false},
		{"PLAIN after a wrong password", "AUTH PLAIN " + plain("", "user", "wrong") + ">535 |AUTH PLAIN " + plain("", "user", "secret") + ">235 ", true},
		{"LOGIN", login + "|" + b64("user") + ">" + password + "|" + b64("secret") + ">235 ", true},
		{"LOGIN with the user as initial response", "AUTH LOGIN " + b64("user") + ">" + password + "|" + b64("secret") + ">235 ", true},
		{"LOGIN with a wrong password", login + "|" + b64("user") + ">" + password + "|" + b64("wrong") + ">535 5.7.8 ", false},
		{"LOGIN with an unknown user", login + "|" + b64("root") + ">" + password + "|" + b64("secret") + ">535 ", false},
		{"LOGIN with empty lines", login + "|>" + password + "|>535 ", false},
		{"LOGIN with a password that is no base64", login + "|" + b64("user") + ">" + password + "|secret>501 5.5.2 ", false},
		{"AUTH twice", "AUTH PLAIN " + plain("", "user", "secret") + ">235 |AUTH PLAIN " + plain("", "user", "secret") + ">503 ", true},
		{"AUTH once for several mails", "AUTH PLAIN " + plain("", "user", "secret") + ">235 |MAIL FROM:<f@x>>250 |RSET>250 |EHLO y>250-", true},
		{"a mechanism that is unknown", "AUTH CRAM-MD5>504 5.7.4 ", false},
		{"AUTH without a mechanism", "AUTH>501 5.5.4 ", false},
		{"nothing at all, on loopback", "NOOP>250 ", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := &inbox{}
			p := dial(t, start(t, in, receive.Options{Access: onlyUser}).addr)
			if reply := p.ask("EHLO x", "250-"); !strings.Contains(reply, "-AUTH PLAIN LOGIN\n") {
				t.Errorf("AUTH is not offered: %q", reply)
			}
			for step := range strings.SplitSeq(tt.dialog, "|") {
				at := strings.LastIndexByte(step, '>')
				p.ask(step[:at], step[at+1:])
			}
			if !tt.admitted {
				p.ask("MAIL FROM:<f@x>", "530 5.7.0 ")
				p.ask("RCPT TO:<t@x>", "503 ")
				p.ask("DATA", "503 ")
				return
			}
			p.mail()
			p.mail()
		})
	}
}

// abroad makes a listener's clients seem to come from addr.
type abroad struct {
	net.Listener
	addr string
}

func (a abroad) Accept() (net.Conn, error) {
	conn, err := a.Listener.Accept()
	return abroadConn{conn, a.addr}, err
}

type abroadConn struct {
	net.Conn
	addr string
}

func (a abroadConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(a.addr), Port: 1} }

func TestPasswordsAreNotTakenInTheClearFromOtherMachines(t *testing.T) {
	serverTLS, clientTLS := tlsPair(t)
	tests := []struct {
		name, client string
		encrypt      *tls.Config
		offered      bool
	}{
		{"another machine in the clear", "192.0.2.7", nil, false},
		{"another machine by IPv6 in the clear", "2001:db8::7", nil, false},
		{"a private address in the clear", "10.0.0.1", nil, false},
		{"another machine inside TLS", "192.0.2.7", clientTLS, true},
		{"this machine in the clear", "127.0.0.1", nil, true},
		{"this machine by IPv6 in the clear", "::1", nil, true},
		{"this machine by an IPv4-mapped address", "::ffff:127.0.0.1", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := startOn(t, abroad{listen(t, "127.0.0.1:0")[0], tt.client}, &inbox{}, receive.Options{TLS: serverTLS, Access: onlyUser})
			p := dial(t, server.addr)
			if tt.encrypt != nil {
				p = p.startTLS(tt.encrypt)
			}
			if reply := p.ask("EHLO x", "250-"); offers(reply, "AUTH") != tt.offered {
				t.Errorf("reply to EHLO: %q", reply)
			}
			if tt.offered {
				p.ask("AUTH PLAIN "+plain("", "user", "secret"), "235 ")
				p.mail()
				return
			}
			for _, command := range []string{"AUTH PLAIN " + plain("", "user", "secret"), "AUTH PLAIN", "AUTH LOGIN"} {
				p.ask(command, "538 5.7.11 ")
			}
			p.ask("MAIL FROM:<f@x>", "530 ")
		})
	}
}

func TestWithoutCredentialsAUTHIsNeitherOfferedNorTaken(t *testing.T) {
	p := dial(t, start(t, &inbox{}, receive.Options{}).addr)
	if reply := p.ask("EHLO x", "250-"); offers(reply, "AUTH") {
		t.Errorf("reply to EHLO: %q", reply)
	}
	p.ask("AUTH PLAIN "+plain("", "user", "secret"), "502 ")
	p.mail()
}

func TestAUTHOnATLSPort(t *testing.T) {
	server, in, clientTLS := startTLSPort(t, receive.Options{Access: onlyUser})
	p := connect(t, "tcp", server.addr).secure(clientTLS)
	p.expect("220 ")
	if reply := p.ask("EHLO x", "250-"); !offers(reply, "AUTH") {
		t.Errorf("reply to EHLO: %q", reply)
	}
	p.ask("MAIL FROM:<f@x>", "530 ")
	p.ask("AUTH PLAIN "+plain("", "user", "secret"), "235 ")
	p.mail()
	if n := len(in.all()); n != 1 {
		t.Errorf("%d mails arrived", n)
	}
}
