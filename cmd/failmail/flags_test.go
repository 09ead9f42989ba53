package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/smtp"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hut8labs/failmail/internal/sink"
	"github.com/hut8labs/failmail/internal/web"
	"github.com/hut8labs/failmail/pkg/receive"
)

// A flagTest shows what a flag does: its name is "--flag" or "-f", then a
// sentence about it.
type flagTest struct {
	name string
	test func(t *testing.T)
}

// flagTests has the tests of each command's flags; the proxy's is "".
func flagTests() map[string][]flagTest {
	return map[string][]flagTest{
		"":           slices.Concat(proxyFlagTests, receivingFlagTests, relayFlagTests(throughProxy), layoutFlagTests(byProxy), legacyFlagTests, askingFlagTests),
		"explain":    slices.Concat(explainFlagTests, helpTests("explain")),
		"render":     slices.Concat(renderFlagTests, renderSettingTests, layoutFlagTests(byRender), helpTests("render")),
		"resend":     slices.Concat(resendFlagTests, resendSettingTests, relayFlagTests(throughResend), helpTests("resend")),
		"status":     slices.Concat(statusFlagTests, pageSettingTests("status"), helpTests("status")),
		"problems":   slices.Concat(problemsFlagTests, pageSettingTests("problems"), helpTests("problems")),
		"report":     slices.Concat(reportFlagTests, pageSettingTests("report"), helpTests("report")),
		"problem":    slices.Concat(problemFlagTests, settingTestsOf("problem"), helpTests("problem")),
		"ack":        slices.Concat(actFlagTests("ack", "acked", "looks", "at it"), []flagTest{undoFlagTest}, settingTestsOf("ack"), helpTests("ack")),
		"note":       slices.Concat(actFlagTests("note", "noted", "a disk", "is on its way"), settingTestsOf("note", "x"), helpTests("note")),
		"own":        slices.Concat(actFlagTests("own", "owned", "bob"), settingTestsOf("own", "bob"), helpTests("own")),
		"resolve":    slices.Concat(actFlagTests("resolve", "resolved", "old logs are gone"), settingTestsOf("resolve"), helpTests("resolve")),
		"flush":      slices.Concat(flushFlagTests, pageSettingTests("flush"), helpTests("flush")),
		"mute":       slices.Concat(muteFlagTests, pageSettingTests("mute"), helpTests("mute")),
		"unmute":     slices.Concat(unmuteFlagTests, pageSettingTests("unmute", "1"), helpTests("unmute")),
		"merge":      slices.Concat(mergeFlagTests, pageSettingTests("merge", oneFingerprint, otherFingerprint), helpTests("merge")),
		"expect":     slices.Concat(expectFlagTests, pageSettingTests("expect"), helpTests("expect")),
		"split":      slices.Concat(splitFlagTests, pageSettingTests("split", oneFingerprint), helpTests("split")),
		"backup":     slices.Concat(backupFlagTests, pageSettingTests("backup", "never.db"), helpTests("backup")),
		"demo":       slices.Concat(demoFlagTests, helpTests("demo")),
		"send":       slices.Concat(sendFlagTests, sendSettingTests, helpTests("send")),
		"check":      helpTests("check"),
		"completion": helpTests("completion"),
		"help":       slices.Concat(helpFlagTests, helpTests("help")),
		"version":    helpTests("version"),
		"man":        helpTests("man"),
	}
}

// Each flag of each command, the hidden ones too, has a test here of what it does.
func TestEveryFlagDoesWhatItSays(t *testing.T) {
	t.Parallel()
	tests := flagTests()
	known := knownFlags()
	for _, command := range slices.Sorted(maps.Keys(known)) {
		tested := make(map[string]bool)
		for _, test := range tests[command] {
			flag, _, _ := strings.Cut(test.name, " ")
			tested[flag] = true
			if !slices.Contains(known[command], flag) {
				t.Errorf("failmail %s has no flag %s, which is tested", command, flag)
			}
			t.Run(strings.TrimSpace(command+" "+test.name), func(t *testing.T) {
				t.Parallel()
				test.test(t)
			})
		}
		for _, flag := range known[command] {
			if !tested[flag] {
				t.Errorf("failmail %s: nothing tests what %s does", command, flag)
			}
		}
	}
}

// sendOption finds those of send, which parses its arguments as sendmail does.
var sendOption = regexp.MustCompile(`(?m)^(-[a-zA-Z])\b`)

// knownFlags returns the flags of each command, as they are typed.
func knownFlags() map[string][]string {
	app := freshApp()
	known := make(map[string][]string)
	for _, flag := range app.Flags {
		known[""] = append(known[""], "--"+flag.Names()[0])
	}
	for _, command := range app.Commands {
		flags := []string{"--help"}
		for _, flag := range command.Flags {
			flags = append(flags, "--"+flag.Names()[0])
		}
		if command.Name != "check" { // which reads them as the proxy does
			for _, flag := range settingsOf(command.Name) {
				flags = append(flags, "--"+flag.name)
			}
		}
		if command.Name == "send" {
			for _, found := range sendOption.FindAllStringSubmatch(command.Description, -1) {
				flags = append(flags, found[1])
			}
		}
		slices.Sort(flags)
		known[command.Name] = slices.Compact(flags)
	}
	slices.Sort(known[""])
	known[""] = slices.Compact(known[""])
	return known
}

// helpTests checks that --help tells how the command is used.
func helpTests(command ...string) []flagTest {
	return []flagTest{{"--help tells how it is used", func(t *testing.T) {
		out, _ := failmailHere(t, "", append(command, "--help")...).succeeds(t)
		if want := strings.Join(append([]string{"failmail"}, command...), " "); !strings.HasPrefix(out, "Usage: "+want) {
			t.Errorf("%s", out)
		}
	}}}
}

// A ran is a failmail that has ended.
type ran struct {
	stdout, stderr string
	code           int
}

// failmailHere runs failmail in this process to its end.
func failmailHere(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), append([]string{"failmail"}, args...), strings.NewReader(stdin), &stdout, &stderr)
	return ran{stdout.String(), stderr.String(), code}
}

func (r ran) succeeds(t *testing.T) (stdout, stderr string) {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	return r.stdout, r.stderr
}

// A here is a proxy in this process. Its summaries are due at once, and its store
// is in memory, so that it sends what it has when it ends.
type here struct {
	folder, addr, http string
	relay              *sink.Sink
	log                *lockedBuffer

	cancel context.CancelFunc
	ended  chan struct{}
	code   int
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// proxyHere returns when the proxy takes mails. The args come last, so that they win.
func proxyHere(t *testing.T, args ...string) *here {
	t.Helper()
	p := &here{folder: t.TempDir(), addr: freeAddress(t), http: freeAddress(t), relay: startRelay(t), log: &lockedBuffer{}, ended: make(chan struct{})}
	args = append([]string{"failmail", "--bind=" + p.addr, "--bind-http=" + p.http, "--relay=" + p.relay.Addr(),
		"--fail-dir=" + filepath.Join(p.folder, "failed"), "--store=memory:", "--wait=10ms"}, args...)
	ctx, cancel := context.WithCancel(t.Context())
	p.cancel = cancel
	go func() {
		defer close(p.ended)
		p.code = run(ctx, args, strings.NewReader(""), &lockedBuffer{}, p.log)
	}()
	t.Cleanup(func() { p.end() })
	p.until(t, "an answer", func() bool {
		select {
		case <-p.ended:
			t.Fatalf("failmail ended with %d\n%s", p.code, p.log)
		default:
		}
		// The page is there before the proxy.
		response, err := http.Get("http://" + p.http + "/readyz")
		if err == nil {
			response.Body.Close()
		}
		return err == nil && response.StatusCode == http.StatusOK
	})
	return p
}

// end does what SIGTERM does, and returns the exit code.
func (p *here) end() int {
	p.cancel()
	<-p.ended
	return p.code
}

// submit hands a mail to the proxy, and returns what went wrong.
func (p *here) submit(header, body string, to ...string) error {
	if len(to) == 0 {
		to = []string{"ops@example.com"}
	}
	mail := strings.ReplaceAll(header+"\n\n"+body+"\n", "\n", "\r\n")
	return smtp.SendMail(p.addr, nil, "app@example.com", to, []byte(mail))
}

// refusedWith reports whether err is that reply.
func refusedWith(err error, reply string) bool {
	return err != nil && strings.HasPrefix(strings.ReplaceAll(err.Error(), `"`, ""), reply)
}

func (p *here) send(t *testing.T, header, body string, to ...string) {
	t.Helper()
	if err := p.submit(header, body, to...); err != nil {
		t.Fatalf("%v\n%s", err, p.log)
	}
}

// mails returns what the relay has once that are n.
func (p *here) mails(t *testing.T, n int) []*receive.Message {
	t.Helper()
	p.until(t, fmt.Sprint(n, " mails"), func() bool { return len(p.relay.Mails()) >= n })
	mails := p.relay.Mails()
	if len(mails) != n {
		t.Fatalf("%d mails, want %d", len(mails), n)
	}
	return mails
}

func (p *here) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	waitFor(t, what, done, p.log)
}

// ask reads a reply of the API.
func ask[T any](t *testing.T, p *here, path string) (body T) {
	t.Helper()
	status, text := get(t, "http://"+p.http+path, "", "")
	if err := json.Unmarshal([]byte(text), &body); status != http.StatusOK || err != nil {
		t.Fatalf("%s: %d %v %s", path, status, err, text)
	}
	return body
}

func (p *here) batches(t *testing.T) []web.Batch {
	t.Helper()
	return ask[[]web.Batch](t, p, "/api/batches")
}
