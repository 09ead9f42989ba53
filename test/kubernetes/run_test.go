package kubernetes

import (
	"context"
	"io"
	"net/http"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/sink"
	"github.com/hut8labs/failmail/internal/size"
	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/receive"
)

func startRelay(t *testing.T) *sink.Sink {
	t.Helper()
	relay, err := sink.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(relay.Stop)
	return relay
}

// inCluster returns what docs/kubernetes.md has people make, with the network of this
// test as that of the pods.
func inCluster(relay *sink.Sink) cluster {
	return cluster{relay.Addr(), "127.0.0.0/8", map[string]map[string]string{
		"failmail": {"username": "ops", "password": "p:a,s$(s) w=rd"},
	}}
}

func send(p *pod) error {
	return smtp.SendMail(p.smtp, nil, "app@shop.example", []string{"ops@example.com"},
		[]byte("Subject: [shop] ERROR in checkout\r\nFrom: app@shop.example\r\nTo: ops@example.com\r\n\r\nOrder 17 failed\r\n"))
}

// received waits for the first summary, which it returns.
func received(t *testing.T, relay *sink.Sink) *receive.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	mails, err := relay.WaitFor(ctx, func(mails []*receive.Message) bool { return len(mails) > 0 })
	if err != nil {
		t.Fatal("no summary came")
	}
	return mails[0]
}

func TestAPodTakesMailsAndSendsSummaries(t *testing.T) {
	m, relay := render(t, variants()[0].kustomization, nil), startRelay(t)
	p := start(t, m, inCluster(relay))
	if err := send(p); err != nil {
		t.Fatal(err)
	}
	// What the relay refuses for good: nothing, so the folder is empty.
	for _, folder := range []string{"new", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(p.process.Dir, "failed", folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// With the settings that the commands find in the container's environment.
	for _, command := range documentedCommands(t) {
		if said := p.exec(t, command...); command[0] == "status" && !strings.Contains(said, "takes mails") {
			t.Errorf("failmail status says\n%s", said)
		}
	}
	summary := received(t, relay)
	if text := string(summary.Raw); summary.From != "failmail@example.com" || !strings.Contains(text, "[shop] ERROR in checkout") {
		t.Errorf("from %s came\n%s", summary.From, text)
	}
	for path, want := range map[string]int{"/metrics": 401, "/": 401, "/api/stats": 401, "/healthz": 200, "/readyz": 200} {
		if got := p.status(t.Context(), path); got != want {
			t.Errorf("without a login, %s is answered with %d, want %d", path, got, want)
		}
	}
	if metrics := p.ask(t, http.MethodGet, "/metrics"); !strings.Contains(metrics, "failmail_ready 1") {
		t.Errorf("with a login, the metrics are\n%s", metrics)
	}
	if backup := p.ask(t, http.MethodPost, "/api/backup"); !strings.HasPrefix(backup, "SQLite format 3\x00") {
		t.Errorf("the backup begins with %.40q", backup)
	}
	p.terminate(t)
}

// ask returns the answer to somebody who has logged in.
func (p *pod) ask(t *testing.T, method, path string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+p.http+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, variable := range p.env {
		if login, found := strings.CutPrefix(variable, "FAILMAIL_CREDENTIALS="); found {
			user, password, _ := strings.Cut(login, ":")
			request.SetBasicAuth(user, password)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAPodRefusesOtherNetworks(t *testing.T) {
	c := inCluster(startRelay(t))
	c.network = "10.0.0.0/8"
	p := start(t, render(t, variants()[0].kustomization, nil), c)
	if err := send(p); err == nil || !strings.HasPrefix(err.Error(), "530 ") {
		t.Errorf("a mail from 127.0.0.1 without a login is answered with %v", err)
	}
	p.terminate(t)
}

func TestReplicasMakeOneSummary(t *testing.T) {
	m, relay := render(t, variants()[1].kustomization, nil), startRelay(t)
	c := inCluster(relay)
	c.secrets["failmail-postgresql"] = map[string]string{"uri": testutil.StartPostgres(t)}
	pods := make([]*pod, *m.set.Spec.Replicas)
	for i := range pods {
		pods[i] = start(t, m, c)
		if err := send(pods[i]); err != nil {
			t.Fatal(err)
		}
	}
	pods[0].exec(t, "flush")
	if text := string(received(t, relay).Raw); !strings.Contains(text, strconv.Itoa(len(pods))+" mails") {
		t.Errorf("%d pods made\n%s", len(pods), text)
	}
	for _, p := range pods {
		p.terminate(t)
	}
	if mails := relay.Mails(); len(mails) != 1 {
		t.Errorf("%d summaries were made", len(mails))
	}
}

func TestAPodHasTheTimeAndTheMemoryItNeeds(t *testing.T) {
	m := render(t, variants()[0].kustomization, nil)
	p := &pod{process: &exec.Cmd{Dir: t.TempDir()}}
	settings := p.exec(t, "--write-config", "-")
	shutdown, err := time.ParseDuration(strings.Trim(setting(t, settings, "shutdown-timeout"), `"'`))
	if err != nil {
		t.Fatal(err)
	}
	inFlight, err := size.Parse(strings.Trim(setting(t, settings, "max-in-flight"), `"'`))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"shutdown-timeout", "max-in-flight"} {
		if strings.Contains(m.settings.Data["failmail.toml"], name) {
			t.Errorf("%s is not the default", name)
		}
	}
	// As docs/operations.md says under Memory.
	if need, limit := inFlight*3/2+64<<20, m.container().Resources.Limits.Memory().Value(); limit < need {
		t.Errorf("the container may have %d bytes, and needs %d", limit, need)
	}
	help := p.exec(t, "--help-all")
	inEach(t, func(t *testing.T, _ variant, m *manifests) {
		need := shutdown + 5*time.Second // to close the store
		if life := m.container().Lifecycle; life != nil {
			need += time.Duration(life.PreStop.Sleep.Seconds) * time.Second
		}
		if got := time.Duration(*m.pod().TerminationGracePeriodSeconds) * time.Second; got < need {
			t.Errorf("the pod is killed after %s, and may need %s", got, need)
		}
		for _, variable := range m.container().Env {
			if name, ours := strings.CutPrefix(variable.Name, "FAILMAIL_"); ours {
				if flag := "--" + strings.ToLower(strings.ReplaceAll(name, "_", "-")); !regexp.MustCompile(flag + `\b`).MatchString(help) {
					t.Errorf("%s stands for %s, which is not a setting", variable.Name, flag)
				}
			}
		}
	})
}

// setting returns the default of a setting as TOML.
func setting(t *testing.T, settings, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^# ` + name + ` = (.*)$`).FindStringSubmatch(settings)
	if found == nil {
		t.Fatalf("there is no %s in\n%s", name, settings)
	}
	return found[1]
}
