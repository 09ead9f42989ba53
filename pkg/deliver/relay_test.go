package deliver_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

func smtpRelay(addr string) deliver.Relay {
	return deliver.Relay{Protocol: deliver.ProtocolSMTP, Addr: addr}
}

func TestParseRelay(t *testing.T) {
	tests := []struct {
		text string
		want deliver.Relay
	}{
		{"localhost:25", smtpRelay("localhost:25")},
		{"mail.example.com", smtpRelay("mail.example.com:25")},
		{"192.0.2.7", smtpRelay("192.0.2.7:25")},
		{"[::1]", smtpRelay("[::1]:25")},
		{"mail.example.com:smtp", smtpRelay("mail.example.com:smtp")},
		{"smtp:25", smtpRelay("smtp:25")},
		{"10.0.0.1:2525", smtpRelay("10.0.0.1:2525")},
		{"[::1]:25", smtpRelay("[::1]:25")},
		{"[fe80::1%eth0]:25", smtpRelay("[fe80::1%eth0]:25")},
		{"smtp://mail.example.com", smtpRelay("mail.example.com:25")},
		{"SMTP://mail.example.com:587/", smtpRelay("mail.example.com:587")},
		{"smtp://[::1]", smtpRelay("[::1]:25")},
		{"smtp://me@mail.example.com", deliver.Relay{Protocol: deliver.ProtocolSMTP, Addr: "mail.example.com:25", User: "me"}},
		{"smtp://me@example.com@mail.example.com:587", deliver.Relay{Protocol: deliver.ProtocolSMTP, Addr: "mail.example.com:587", User: "me@example.com"}},
		{"smtps://me%40example.com@mail.example.com", deliver.Relay{Protocol: deliver.ProtocolSMTPS, Addr: "mail.example.com:465", User: "me@example.com"}},
		{"smtps://mail.example.com:4650", deliver.Relay{Protocol: deliver.ProtocolSMTPS, Addr: "mail.example.com:4650"}},
		{"lmtp://localhost:24", deliver.Relay{Protocol: deliver.ProtocolLMTP, Addr: "localhost:24"}},
		{"lmtp:/run/dovecot/lmtp", deliver.Relay{Protocol: deliver.ProtocolLMTP, Addr: "unix:/run/dovecot/lmtp"}},
		{"lmtp+unix:/run/dovecot/lmtp", deliver.Relay{Protocol: deliver.ProtocolLMTP, Addr: "unix:/run/dovecot/lmtp"}},
		{"unix:/run/relay", smtpRelay("unix:/run/relay")},
		{"smtp+unix:/run/relay", smtpRelay("unix:/run/relay")},
		{"unix:///run/relay", smtpRelay("unix:/run/relay")},
		{"exec:/usr/sbin/sendmail", deliver.Relay{Protocol: deliver.ProtocolExec, Command: []string{"/usr/sbin/sendmail"}}},
		{`exec:msmtp -a 'my account' --x="a\"b" c\ d`, deliver.Relay{Protocol: deliver.ProtocolExec, Command: []string{"msmtp", "-a", "my account", `--x=a"b`, "c d"}}},
		{"debug", deliver.Relay{Protocol: deliver.ProtocolDebug}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := deliver.ParseRelay(tt.text)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("ParseRelay = %+v, %v; want %+v", got, err, tt.want)
			}
			if again, err := deliver.ParseRelay(got.String()); err != nil || !reflect.DeepEqual(again, got) {
				t.Errorf("its text %q is read as %+v, %v", got, again, err)
			}
		})
	}
}

func TestParseRelaySaysWhatIsWrongAndWhatWouldBeRight(t *testing.T) {
	tests := []struct {
		name, text, says string
	}{
		{"nothing", "", "smtps://"},
		{"a user without a protocol", "me@mail.example.com", "write smtp://me@mail.example.com"},
		{"a path without a protocol", "/run/relay", "unix:/run/relay"},
		{"an empty port", "localhost:", `unknown port ""`},
		{"a port that is none", "localhost:mail me", `unknown port "mail me"`},
		{"a port out of range", "smtp://localhost:65536", "from 1 to 65535"},
		{"port zero", "localhost:0", "from 1 to 65535"},
		{"no host", ":25", "localhost:25"},
		{"no host in a URL", "smtp://", "names no host"},
		{"an IPv6 address without brackets", "::1:25", "[::1]:25"},
		{"an IPv6 address without brackets in a URL", "smtp://::1", "[::1]:25"},
		{"a URL without slashes", "smtp:localhost:25", "smtp://localhost:25"},
		{"LMTP without slashes", "lmtp:localhost:24", "lmtp://localhost:24"},
		{"LMTP without a port", "lmtp://localhost", "the port is missing"},
		{"another protocol", "http://localhost:25", "http://, which is not known"},
		{"a slip", "smpt://localhost:25", "smpt://, which is not known; it is HOST[:PORT]"},
		{"a password", "smtp://me:secret@localhost", "in a file"},
		{"an empty user", "smtp://@localhost", "no user"},
		{"a user with a wrong escape", "smtp://me%zz@localhost", "%40"},
		{"a user with a line break", "smtp://me%0aAUTH@localhost", "wrong user"},
		{"a path", "smtp://localhost:25/x", "smtp://HOST:PORT"},
		{"a query", "smtp://localhost:25?tls=off", "smtp://HOST:PORT"},
		{"a space in the host", "smtp://local host:25", `wrong host "local host"`},
		{"a host beyond ASCII", "smtp://bücher.example", "xn--"},
		{"a relative path of a socket", "unix:run/relay", "absolute path"},
		{"no path", "lmtp+unix:", "absolute path"},
		{"the path of a folder", "unix:/run/", "absolute path"},
		{"no command", "exec:", "/usr/sbin/sendmail"},
		{"an empty command", "exec:''", "/usr/sbin/sendmail"},
		{"a pipe", "exec:sendmail | tee log", "no shell"},
		{"a variable", "exec:sendmail $HOME", "no shell"},
		{"an open quote", "exec:sendmail 'a b", "position 10 is not closed"},
		{"a last backslash", `exec:sendmail \`, "backslash"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := deliver.ParseRelay(tt.text)
			if err == nil {
				t.Fatalf("ParseRelay = %+v", got)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q does not say %q", err, tt.says)
			}
			if strings.Contains(err.Error(), "secret@") != strings.Contains(tt.text, "secret@") {
				t.Errorf("%q", err)
			}
		})
	}
}

func TestParseRelays(t *testing.T) {
	tests := []struct {
		text string
		want []string // nil for an error
	}{
		{"a:25", []string{"smtp://a:25"}},
		{"a:25, smtps://b , lmtp:/c", []string{"smtp://a:25", "smtps://b:465", "lmtp+unix:/c"}},
		{"a:25,exec:sendmail a,b", []string{"smtp://a:25", "exec:sendmail 'a,b'"}},
		{"a:25,debug", []string{"smtp://a:25", "debug"}},
		{"", nil}, {",", nil}, {"a:25,", nil}, {",a:25", nil}, {"a:25,,b:25", nil}, {"a:25,b/c", nil},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			relays, err := deliver.ParseRelays(tt.text)
			var got []string
			for _, r := range relays {
				got = append(got, r.String())
			}
			if (err != nil) != (tt.want == nil) || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("ParseRelays = %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func FuzzParseRelay(f *testing.F) {
	for _, text := range []string{
		"localhost:25", "smtp://me@[::1]:25/", "smtps://a%40b@c", "lmtp:/x", "unix:///x", "exec:a 'b c' \"d\\\"\" e\\ f", "debug", "a:25,b:25",
		"smtp://0#0:1", "0:\n1", // found by fuzzing
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		relays, err := deliver.ParseRelays(text)
		if err == nil && len(relays) == 0 {
			t.Error("no relay and no error")
		}
		relay, err := deliver.ParseRelay(text)
		if err != nil {
			if !reflect.DeepEqual(relay, deliver.Relay{}) {
				t.Errorf("%+v with %v", relay, err)
			}
			return
		}
		if again, err := deliver.ParseRelay(relay.String()); err != nil || !reflect.DeepEqual(again, relay) {
			t.Errorf("%+v has the text %q, which is read as %+v, %v", relay, relay, again, err)
		}
		if strings.ContainsAny(relay.Addr+relay.User, "\r\n\x00") {
			t.Errorf("a line break in %+v", relay)
		}
	})
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	relays := func(text string) []deliver.Relay {
		r, err := deliver.ParseRelays(text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, tt := range []struct {
		name    string
		relays  []deliver.Relay
		options deliver.Options
		says    []string // nil if all is well
	}{
		{"the defaults", relays("localhost:25"), deliver.Options{}, nil},
		{"several relays", relays("localhost:25,smtps://x,debug"), deliver.Options{TLS: deliver.TLS{Policy: deliver.TLSRequire}}, nil},
		{"a user with a password", relays("smtp://me@x"), deliver.Options{Auth: deliver.Auth{Password: deliver.Password("p")}}, nil},
		{"no relay", nil, deliver.Options{}, []string{"no relay"}},
		{"a user without a password", relays("smtp://me@x"), deliver.Options{}, []string{`"me"`, "password"}},
		{"smtps without TLS", relays("smtps://x"), deliver.Options{TLS: deliver.TLS{Policy: deliver.TLSOff}}, []string{"smtps://x:465", "TLS.Policy=off"}},
		{"an unknown policy", relays("x:25"), deliver.Options{TLS: deliver.TLS{Policy: "on"}}, []string{"auto, require or off"}},
		{"a CA that is missing", relays("x:25"), deliver.Options{TLS: deliver.TLS{Files: &deliver.TLSFiles{CA: "/nowhere"}}}, []string{"/nowhere"}},
		{"an unknown mechanism", relays("x:25"), deliver.Options{Auth: deliver.Auth{Password: deliver.Password("p"), Mechanism: "GSSAPI"}}, []string{"GSSAPI", "PLAIN"}},
		{"a command that is missing", relays("exec:/nowhere/sendmail"), deliver.Options{}, []string{"/nowhere/sendmail"}},
		{"all at once", relays("smtp://me@x,exec:/nowhere/sendmail"), deliver.Options{TLS: deliver.TLS{Policy: "on"}}, []string{`"me"`, "/nowhere/sendmail", "auto, require or off"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sender, err := deliver.Open(tt.relays, tt.options)
			if (err == nil) != (tt.says == nil) || (sender == nil) != (err != nil) {
				t.Fatalf("Open = %v, %v", sender, err)
			}
			for _, word := range tt.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
		})
	}
}

func TestOpenedRelaysDeliver(t *testing.T) {
	certificate := testutil.NewCertificate(t, "127.0.0.1")
	smtp := testutil.Start(t, testutil.Config{Extensions: []string{"AUTH PLAIN"}})
	smtps := testutil.Start(t, testutil.Config{TLS: certificate.Server(), Implicit: true})
	lmtp := testutil.Start(t, testutil.Config{LMTP: true, Unix: true})
	folder := t.TempDir()
	var printed bytes.Buffer
	for text, arrived := range map[string]func() bool{
		"smtp://me@" + smtp.Addr: func() bool { return len(smtp.Mails()) == 1 && len(authLines(smtp.Commands())) == 1 },
		"smtps://" + smtps.Addr:  func() bool { return len(smtps.Mails()) == 1 && smtps.Mails()[0].TLS },
		"lmtp+" + lmtp.Addr:      func() bool { return len(lmtp.Mails()) == 1 },
		"debug":                  func() bool { return strings.Contains(printed.String(), "<a@x>") },
		deliver.Relay{Protocol: deliver.ProtocolExec, Command: program(t, "sendmail", folder)}.String(): func() bool { return len(names(t, folder)) == 1 },
	} {
		t.Run(text, func(t *testing.T) {
			relays, err := deliver.ParseRelays(text)
			if err != nil {
				t.Fatal(err)
			}
			sender, err := deliver.Open(relays, deliver.Options{
				TLS:  deliver.TLS{Files: &deliver.TLSFiles{CA: certificate.CertFile}},
				Auth: deliver.Auth{Password: deliver.Password("secret")}, Output: &printed,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer sender.Close()
			mustSend(t, sender)
			if !arrived() {
				t.Error("the mail has not arrived")
			}
		})
	}
}
