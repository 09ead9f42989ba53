package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestMain lets the test binary stand in for failmail, so that what is tested
// are the real main, its exit codes and its death.
func TestMain(m *testing.M) {
	os.Unsetenv("COLUMNS") // the width of --help
	if os.Getenv("FAILMAIL_TEST_RUN_MAIN") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// command prepares failmail with args, in a folder of its own.
func command(t *testing.T, folder string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Dir = folder
	// The race detector would have each process sleep for a second at its end.
	cmd.Env = append(os.Environ(), "FAILMAIL_TEST_RUN_MAIN=1", "GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
	return cmd
}

// freeAddress returns an address that nothing uses, and a different one each
// time: tests run beside each other. Its port is below those that the system gives
// to whoever wants any.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range ports {
		port := firstPort + (lastPort.Add(1)+uint32(os.Getpid())*64)%ports
		address := fmt.Sprintf("127.0.0.1:%d", port)
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

const firstPort, ports = 20_000, 12_000

var lastPort atomic.Uint32

// waitUntil polls, since the processes have no other way to tell.
func waitUntil(t *testing.T, p *process, done func() bool) {
	t.Helper()
	waitFor(t, "what should happen", done, p.log)
}

func waitFor(t *testing.T, what string, done func() bool, log fmt.Stringer) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain for %s\n%s", what, log)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func readPID(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSuffix(string(text), "\n"))
	return pid
}

func writeCertificate(t *testing.T, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: pkcs8},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMistakesAreReportedOnOneLineWithTheRemedy(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "text.db"), []byte(strings.Repeat("no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args  []string
		code  int
		wants []string
	}{
		"unknown flag":                  {[]string{"--relai=localhost:25"}, 2, []string{"unknown flag --relai", "did you mean --relay"}},
		"flag without value":            {[]string{"--relay"}, 2, []string{"--relay needs a value"}},
		"bad duration":                  {[]string{"--wait=soon"}, 2, []string{`--wait "soon"`, "30s"}},
		"no duration":                   {[]string{"--wait=0"}, 2, []string{`--wait "0s" must be more than zero`, "30s"}},
		"bad truth value":               {[]string{"--flush-on-exit=maybe"}, 2, []string{`--flush-on-exit "maybe"`, "true or false"}},
		"bad number":                    {[]string{"--max-message-size=big"}, 2, []string{`--max-message-size "big"`, "is not a size; use one such as 500kB"}},
		"bad bind":                      {[]string{"--bind=2525"}, 2, []string{`--bind "2525"`, "localhost:2525"}},
		"bad relay":                     {[]string{"--relay=mail box"}, 2, []string{`--relay "mail box"`, `wrong host "mail box"`}},
		"bad sender":                    {[]string{"--from=me"}, 2, []string{`--from "me"`, "failmail@example.com"}},
		"two mistakes":                  {[]string{"--from=me", "--relay=mail box"}, 2, []string{`--from "me"`, `--relay "mail box"`}},
		"own relay":                     {[]string{"--bind=localhost:25"}, 2, []string{"--relay", "come back for ever"}},
		"bad group":                     {[]string{"--group=subjekt"}, 2, []string{"--group", `"subjekt" at position 1`, "masked-subject"}},
		"bad batch":                     {[]string{`--batch={{.Headr.Get "X"}}`}, 2, []string{"--batch", "Headr", ".Header.Get"}},
		"bad store":                     {[]string{"--store=mysql://db"}, 2, []string{"--store", "sqlite:FILE", "postgres://"}},
		"bad log level":                 {[]string{"--log-level=loud"}, 2, []string{"--log-level", "debug, info"}},
		"bad log format":                {[]string{"--log-format=xml"}, 2, []string{"--log-format", "text or json"}},
		"help of an unknown command":    {[]string{"help", "rendr"}, 2, []string{`unknown command "rendr", did you mean render`}},
		"help of two commands":          {[]string{"help", "mute", "unmute"}, 2, []string{`not "unmute" as well`}},
		"unknown command":               {[]string{"run"}, 2, []string{`unknown command "run"`, "--help"}},
		"misspelt command":              {[]string{"rendr"}, 2, []string{`unknown command "rendr", did you mean render`}},
		"misspelt flag of render":       {[]string{"render", "--subjct=x"}, 2, []string{"unknown flag --subjct", "did you mean --subject"}},
		"misspelt key":                  {[]string{"--group=subjct"}, 2, []string{`"subjct" at position 1, did you mean subject`}},
		"misspelt field of the subject": {[]string{"--subject={{.Tpo}}"}, 2, []string{`--subject "{{.Tpo}}": subject:1:2`, "did you mean Top"}},
		"bad subject":                   {[]string{"--subject={{"}, 2, []string{`--subject "{{"`}},
		"bad reply-to":                  {[]string{"--reply-to=me"}, 2, []string{`--reply-to "me" is not`, "oncall@example.com"}},
		"small summary":                 {[]string{"--max-summary=100"}, 2, []string{`--max-summary "100": `, "16384"}},
		"no template":                   {[]string{"--template=."}, 2, []string{`--template ".": there is neither summary.txt nor summary.html`}},
		"empty pattern":                 {[]string{"--redact-pattern="}, 2, []string{`--redact-pattern "" is empty`}},
		"pattern of nothing":            {[]string{"--redact-pattern=a*"}, 2, []string{`--redact-pattern "a*" also matches`, "a+"}},
		"empty heartbeat":               {[]string{"--heartbeat="}, 2, []string{"--heartbeat is empty", "leave it out"}},
		"argument of demo":              {[]string{"demo", "now"}, 2, []string{`"now"`, "demo --help"}},
		"page of a demo without one":    {[]string{"demo", "--bind-http=localhost:0"}, 2, []string{"--bind-http", "--serve"}},
		"live demo of so many mails":    {[]string{"demo", "--serve", "--mails=7"}, 2, []string{"--mails", "--serve"}},
		"live demo for others":          {[]string{"demo", "--serve", "--bind-http=:8025"}, 2, []string{`--bind-http ":8025"`, "localhost:"}},
		"flag of demo":                  {[]string{"demo", "--mail=3"}, 2, []string{"unknown flag --mail", "--mails"}},
		"port in use":                   {[]string{"--bind=" + taken.Addr().String()}, 1, []string{taken.Addr().String(), "address already in use", "--bind"}},
		"HTTP address in use":           {[]string{"--bind=" + freeAddress(t), "--bind-http=" + taken.Addr().String()}, 1, []string{taken.Addr().String(), "address already in use", "--bind-http"}},
		"bad HTTP address":              {[]string{"--bind-http=8025"}, 2, []string{`--bind-http "8025"`, "localhost:8025"}},
		"open HTTP address":             {[]string{"--bind-http=:8025"}, 2, []string{`--bind-http ":8025"`, "--credentials"}},
		"store that is no file":         {[]string{"--bind=" + freeAddress(t), "--store=sqlite:" + folder}, 1, []string{folder, "--store"}},
		"store that is no store":        {[]string{"--bind=" + freeAddress(t), "--store=sqlite:text.db"}, 1, []string{"text.db", "not a database", "--store"}},
		"setting that is not used":      {[]string{"status", "--relay=mail:25"}, 2, []string{"--relay is a setting of the proxy that failmail status does not read; leave it out"}},
		"setting in front, not used":    {[]string{"--wait", "1h", "--all-dir=x", "flush"}, 2, []string{"--wait is a setting", "--all-dir is a setting of the proxy that failmail flush does not read"}},
		"setting in front, option too":  {[]string{"--wait=3s", "demo"}, 2, []string{"--wait in front of the command is a setting of the proxy", "failmail demo --wait"}},
		"file that is not there":        {[]string{"--config=nope.toml", "status"}, 2, []string{"--config", "nope.toml", "no such file"}},
		"file behind the command":       {[]string{"resend", "--config", "nope.toml"}, 2, []string{"--config", "nope.toml", "no such file"}},
		"no page":                       {[]string{"status", "--bind-http="}, 1, []string{"bind-http is empty", "--bind-http=localhost:8025", "--http"}},
		"fail-dir that is not there":    {[]string{"--fail-dir=nowhere", "resend"}, 1, []string{"nowhere", folder, "failmail resend DIR"}},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			cmd := command(t, folder, test.args...)
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if stdout.Len() > 0 {
				t.Errorf("printed %q", stdout.String())
			}
			lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
			if max := len(test.args); len(lines) > max {
				t.Errorf("%d lines on standard error, want at most %d:\n%s", len(lines), max, stderr.String())
			}
			for _, want := range test.wants {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("standard error lacks %q: %s", want, stderr.String())
				}
			}
		})
	}
}

func TestDemoShowsOneSummaryOfTheStorm(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	out, err := command(t, t.TempDir(), "demo", "--mails=60", "--wait=1s").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"Subject: [failmail] 7 new: ", "7 new errors; 60 mails since ", "60 mails became 1 mail"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("demo lacks %q:\n%s", want, out)
		}
	}
	var page string
	for line := range strings.Lines(string(out)) {
		fmt.Sscanf(line, "Look at it in a browser: %s", &page)
	}
	html, err := os.ReadFile(page)
	if err != nil || !bytes.Contains(html, []byte(">7 new errors; 60 mails since ")) {
		t.Errorf("the page %q: %v, %.80s", page, err, html)
	}
}
