package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/netip"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
	"golang.org/x/crypto/bcrypt"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/receive"
)

// configOf returns what the proxy would run with.
func configOf(t *testing.T, args ...string) (config failmail.Config, err error) {
	t.Helper()
	app := newApp(strings.NewReader(""), io.Discard, io.Discard)
	app.Action = func(c *cli.Context) error {
		if config, err = configFrom(c, slog.New(slog.DiscardHandler)); err == nil {
			_, err = failmail.New(config)
		}
		return err
	}
	if runErr := app.RunContext(t.Context(), append([]string{"failmail"}, args...)); err == nil {
		err = runErr
	}
	return config, err
}

func TestMistakesInAccessFlags(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{"clear": "# users\nuser:hunter2\n", "cert.pem": "broken", "key.pem": "broken"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		args  []string
		wants []string
	}{
		"a network that is none":                {[]string{"--allow-net=office"}, []string{`--allow-net "office"`, "10.0.0.0/8"}},
		"a network with too many bits":          {[]string{"--allow-net=10.0.0.0/33"}, []string{`--allow-net "10.0.0.0/33"`, "10.0.0.0/8"}},
		"the second of two networks":            {[]string{"--allow-net=10.0.0.0/8,x"}, []string{`--allow-net "x"`, "10.0.0.0/8"}},
		"an empty network":                      {[]string{"--allow-net="}, []string{`--allow-net ""`, "10.0.0.0/8"}},
		"a recipient that is no pattern":        {[]string{"--allow-recipient=(ops@x"}, []string{`--allow-recipient "(ops@x"`, "such as *@example.com"}},
		"a rewrite with more stars":             {[]string{"--rewrite-recipient=*@x=*@*.x"}, []string{`--rewrite-recipient "*@x=*@*.x"`, "more * than the pattern"}},
		"a rewrite without =":                   {[]string{"--rewrite-recipient=.*"}, []string{`--rewrite-recipient ".*"`, "PATTERN=REPLACEMENT"}},
		"a rewrite without a pattern":           {[]string{"--rewrite-recipient==x"}, []string{`--rewrite-recipient "=x"`, "PATTERN=REPLACEMENT"}},
		"a rewrite with a wrong pattern":        {[]string{"--rewrite-recipient=(=x"}, []string{`--rewrite-recipient "(=x"`, "PATTERN=REPLACEMENT"}},
		"an old rewrite with a wrong pattern":   {[]string{"--rewrite-src=(", "--rewrite-dest=x"}, []string{"--rewrite-src", "PATTERN=REPLACEMENT"}},
		"credentials without a colon":           {[]string{"--credentials=hunter2"}, []string{"--credentials", "USER:PASSWORD"}},
		"credentials without a user":            {[]string{"--credentials=:hunter2"}, []string{"--credentials", "USER:PASSWORD"}},
		"credentials without a password":        {[]string{"--credentials=hunter2:"}, []string{"--credentials", "USER:PASSWORD"}},
		"credentials of which the second fails": {[]string{"--credentials=u:p", "--credentials=hunter2"}, []string{"--credentials", "USER:PASSWORD"}},
		"a credentials file that is missing":    {[]string{"--credentials-file=missing"}, []string{"--credentials-file", "missing", "no such file"}},
		"a credentials file in the clear":       {[]string{"--credentials-file=clear"}, []string{"--credentials-file", "clear", "line 2", "htpasswd -B"}},
		"a certificate without a key":           {[]string{"--tls-cert=cert.pem"}, []string{"--tls-cert", "--tls-key", "set both"}},
		"a key without a certificate":           {[]string{"--tls-key=key.pem"}, []string{"--tls-key", "--tls-cert", "set both"}},
		"a certificate that is missing":         {[]string{"--tls-cert=missing.pem", "--tls-key=key.pem"}, []string{"--tls-cert", "missing.pem", "no such file"}},
		"a key that is missing":                 {[]string{"--tls-cert=cert.pem", "--tls-key=missing.pem"}, []string{"missing.pem", "no such file"}},
		"a certificate that is broken":          {[]string{"--tls-cert=cert.pem", "--tls-key=key.pem"}, []string{"--tls-cert", "cert.pem"}},
		"an address for TLS without it":         {[]string{"--bind=smtps://localhost:0"}, []string{`--bind "smtps://localhost:0"`, "--tls-cert"}},
		"an address of an unknown form":         {[]string{"--bind=http://localhost:25"}, []string{`--bind "http://localhost:25"`, "smtps://host:port"}},
		"every interface for anybody":           {[]string{"--bind=:2525"}, []string{`--bind ":2525"`, "--allow-net", "--credentials", "--allow-recipient"}},
		"every IPv4 interface for anybody":      {[]string{"--bind=0.0.0.0:2525"}, []string{`--bind "0.0.0.0:2525"`, "--allow-net"}},
		"the second address for anybody":        {[]string{"--bind=localhost:2525", "--bind=[::]:2525"}, []string{`--bind "[::]:2525"`, "--allow-net"}},
		"every interface with a rewrite alone":  {[]string{"--bind=:2525", "--rewrite-recipient=.*=x@y"}, []string{`--bind ":2525"`, "--allow-net"}},
		"no bytes in flight":                    {[]string{"--max-in-flight=0"}, []string{"--max-in-flight", "must be more than zero"}},
		"a negative number of recipients":       {[]string{"--max-recipients=-1"}, []string{"--max-recipients", "must be more than zero"}},
		"a descriptor below zero":               {[]string{"--socket-fd=-1"}, []string{`--socket-fd "-1"`, "such as 3"}},
		"a password for nobody":                 {[]string{"--relay-user=", "--relay-password=hunter2"}, []string{"--relay-password", "name the user"}},
		"no connections":                        {[]string{"--max-connections=0"}, []string{"--max-connections", "must be more than zero"}},
		"no connections from a client":          {[]string{"--max-per-client=0"}, []string{"--max-per-client", "must be more than zero"}},
		"connections that are no number":        {[]string{"--max-connections=many"}, []string{`--max-connections "many"`, "whole number"}},
		"an idle time of zero":                  {[]string{"--idle-timeout=0"}, []string{"--idle-timeout", "must be more than zero"}},
		"a negative session time":               {[]string{"--session-timeout=-1s"}, []string{"--session-timeout", "must be more than zero"}},
		"a session time without a unit":         {[]string{"--session-timeout=60"}, []string{`--session-timeout "60"`, "30s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(folder)
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), append([]string{"failmail", "--store=memory:"}, test.args...), strings.NewReader(""), &stdout, &stderr)
			text, want := stderr.String(), exitUsage
			if strings.HasSuffix(name, "missing") || strings.Contains(name, "file") || strings.HasSuffix(name, "broken") {
				want = exitFailure // the command line is right, the file is not
			}
			if code != want {
				t.Errorf("exit code %d, want %d", code, want)
			}
			if strings.Count(text, "\n") != 1 || stdout.Len() > 0 {
				t.Errorf("not one line on standard error alone: %q", text)
			}
			for _, want := range test.wants {
				if !strings.Contains(text, want) {
					t.Errorf("standard error lacks %q: %s", want, text)
				}
			}
			if strings.Contains(text, "hunter2") {
				t.Errorf("a password is shown: %s", text)
			}
		})
	}
}

func TestBindBeyondThisMachineNeedsOneAccessFlag(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "htpasswd")
	if err := os.WriteFile(file, []byte("user:"+string(hash)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bind := range []string{":2525", "0.0.0.0:2525", "[::]:2525", "lmtp://192.0.2.1:24", "mail.example.com:25", "localhost:2525,:2526"} {
		if _, err := configOf(t, "--bind="+bind); err == nil {
			t.Errorf("--bind=%s was taken without an access flag", bind)
		}
		for _, flag := range []string{"--allow-net=10.0.0.0/8", "--credentials=user:secret", "--credentials-file=" + file, `--allow-recipient=.*@example\.com`} {
			if _, err := configOf(t, "--bind="+bind, flag); err != nil {
				t.Errorf("--bind=%s %s: %v", bind, flag, err)
			}
		}
	}
	for _, bind := range []string{"localhost:2525", "127.0.0.1:2525", "[::1]:2525", "unix:/run/s", "lmtp://localhost:24"} {
		if _, err := configOf(t, "--bind="+bind); err != nil {
			t.Errorf("--bind=%s: %v", bind, err)
		}
	}
}

func TestAccessFlags(t *testing.T) {
	config, err := configOf(t, "--bind=:2525", "--allow-net=10.0.0.0/8, 192.0.2.7", "--allow-net=2001:db8::/32", "--allow-net=::1",
		"--allow-recipient=a{1,2}@x", "--allow-recipient=root", "--credentials=user:se:cret", "--credentials=other:pass,word",
		"--max-in-flight=1000", "--max-recipients=2", "--max-connections=3", "--max-per-client=4", "--idle-timeout=5s", "--session-timeout=6m")
	if err != nil {
		t.Fatal(err)
	}
	var networks []string
	for _, network := range config.Access.Networks {
		networks = append(networks, network.String())
	}
	if want := []string{"10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "::1/128"}; !slices.Equal(networks, want) {
		t.Errorf("networks %q, want %q", networks, want)
	}
	if r := config.Access.Recipients; len(r) != 2 || r[0].String() != "a{1,2}@x" || r[1].String() != "root" {
		t.Errorf("recipients %v", r)
	}
	check := config.Access.Authenticate
	if check == nil || !check("user", "se:cret") || !check("other", "pass,word") || check("user", "se") || check("nobody", "") {
		t.Error("the credentials are not as given")
	}
	if config.MaxInFlight != 1000 || config.MaxRecipients != 2 || config.MaxConnections != 3 || config.MaxPerClient != 4 ||
		config.IdleTimeout.String() != "5s" || config.SessionTimeout.String() != "6m0s" {
		t.Errorf("limits %+v", config)
	}
	if config, err := configOf(t); err != nil || config.Access.Open() || config.Access.Authenticate != nil || config.TLS != nil {
		t.Errorf("without flags: %+v, %v", config.Access, err)
	}
}

func TestIPv4MappedNetworksMatchIPv4Clients(t *testing.T) {
	client := netip.MustParseAddr("192.0.2.7")
	config, err := configOf(t, "--allow-net=::ffff:192.0.2.7")
	if err == nil && !config.Access.Networks[0].Contains(client) {
		t.Errorf("the network %v is taken and lets nobody in", config.Access.Networks[0])
	}
}

func TestCredentialsFromTheEnvironment(t *testing.T) {
	t.Setenv("FAILMAIL_CREDENTIALS", "a:1,2\nb:3")
	config, err := configOf(t)
	if err != nil || !config.Access.Authenticate("a", "1,2") || !config.Access.Authenticate("b", "3") || config.Access.Authenticate("a", "1") {
		t.Errorf("credentials are not as given: %v", err)
	}
}

func TestRewriteFlags(t *testing.T) {
	tests := []struct {
		name, address, want string
		args                []string
	}{
		{"one rule", "a@x", "s@y", []string{"--rewrite-recipient=.+=s@y"}},
		{"rules in order", "a@x", "c@x", []string{"--rewrite-recipient=^a=b", "--rewrite-recipient=^b=c"}},
		{"a pattern with = in it", "a=b@x", "z@x", []string{"--rewrite-recipient=a=b=z"}},
		{"a pattern with a comma in it", "aa@x", "z@x", []string{"--rewrite-recipient=a{1,2}=z"}},
		{"a replacement of nothing", "a+tag@x", "a@x", []string{`--rewrite-recipient=\+[^@]*=`}},
		{"a whole address", "devops@x", "devops@x", []string{"--rewrite-recipient=ops@x=s@y"}},
		{"a star for a star", "a@x", "a@staging.x", []string{"--rewrite-recipient=*@x=*@staging.x"}},
		{"the old flags", "a@x", "s@y", []string{"--rewrite-src=.+", "--rewrite-dest=s@y"}},
		{"the old flags with groups", "a@x", "a@y", []string{"--rewrite-src=^(.*)@.*", "--rewrite-dest=${1}@y"}},
		{"the old flags with = in the replacement", "a@x", "a=b@y", []string{"--rewrite-src=.+", "--rewrite-dest=a=b@y"}},
		{"the old flags come after the new one", "a@x", "c@x", []string{"--rewrite-src=^b", "--rewrite-dest=c", "--rewrite-recipient=^a=b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, err := configOf(t, tt.args...)
			if err != nil {
				t.Fatal(err)
			}
			got := tt.address
			for _, r := range config.Access.Rewrite {
				got = r.Pattern.ReplaceAllString(got, r.Replacement)
			}
			if got != tt.want {
				t.Errorf("%q became %q, want %q", tt.address, got, tt.want)
			}
		})
	}
}

func TestOldRewriteFlagsReachTheMails(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	p := startProcess(t, t.TempDir(), "--relay="+relay.Addr(), "--wait=50ms", "--rewrite-src=.+", "--rewrite-dest=staging@example.com")
	if err := smtp.SendMail(p.addr, nil, "app@example.com", []string{"ops@example.com"}, []byte("Subject: s\r\n\r\nm\r\n")); err != nil {
		t.Fatal(err)
	}
	mails, err := relay.WaitFor(t.Context(), func(m []*receive.Message) bool { return len(m) > 0 })
	if err != nil || strings.Join(mails[0].To, ",") != "staging@example.com" {
		t.Errorf("the summary went to %q: %v", mails[0].To, err)
	}
}
