package kubernetes

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
)

func TestMain(m *testing.M) {
	code := testutil.Main(m)
	if binary.folder != "" {
		os.RemoveAll(binary.folder) // of the system's temporary files
	}
	os.Exit(code)
}

// patience is for machines that do much else.
const patience = time.Minute

// binary is the program of the image, made once.
var binary struct {
	sync.Once
	folder, path string
	err          error
}

func program(t *testing.T) string {
	t.Helper()
	binary.Do(func() {
		if binary.folder, binary.err = os.MkdirTemp("", "failmail-kubernetes-"); binary.err != nil {
			return
		}
		binary.path = filepath.Join(binary.folder, "failmail")
		// As the Dockerfile and "make build" have it, so that the cache serves all.
		build := exec.Command("go", "build", "-trimpath", "-tags", "nethttpomithttp2,urfave_cli_no_docs", "-o", binary.path, "./cmd/failmail")
		build.Dir, build.Env = project, append(os.Environ(), "CGO_ENABLED=0")
		if said, err := build.CombinedOutput(); err != nil {
			binary.err = fmt.Errorf("%w\n%s", err, said)
		}
	})
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.path
}

// A cluster is what the pods of a test have around them.
type cluster struct {
	relay   string // instead of the example
	network string // of the pods, instead of the first one allowed
	secrets map[string]map[string]string
}

// A pod is the program in folders of a test, with the arguments, the environment and the
// settings that its container would have.
type pod struct {
	smtp, http string
	env        []string
	log        lockedBuffer
	process    *exec.Cmd
	ended      chan error
}

func start(t *testing.T, m *manifests, c cluster) *pod {
	t.Helper()
	p := &pod{smtp: freeAddress(t), http: freeAddress(t), ended: make(chan error, 1)}
	folders := map[string]string{} // by where they are mounted
	for _, mount := range m.container().VolumeMounts {
		folders[mount.MountPath] = t.TempDir()
	}
	for name, text := range m.settings.Data {
		for pattern, value := range map[string]string{
			`(?m)^relay = "(.*)"$`: c.relay, `(?m)^bind = \["(:2525)"\]`: p.smtp, `(?m)^bind-http = "(:8025)"$`: p.http, `(?m)^allow-net = \["(.*?)"`: c.network,
		} {
			at := regexp.MustCompile(pattern).FindStringSubmatchIndex(text)
			if at == nil {
				t.Fatalf("%s does not match\n%s", pattern, text)
			}
			text = text[:at[2]] + value + text[at[3]:]
		}
		write(t, filepath.Join(folders["/etc/failmail"], name), text)
	}
	env := environment(t, m, c.secrets)
	for name, value := range env {
		for mounted, folder := range folders {
			if rest, inside := strings.CutPrefix(value, mounted+"/"); inside {
				value = filepath.Join(folder, rest)
				break
			}
		}
		p.env = append(p.env, name+"="+value)
	}
	p.env = append(p.env, "TMPDIR="+folders["/tmp"])
	p.process = exec.Command(program(t), m.container().Args...)
	p.process.Dir, p.process.Env, p.process.Stderr = folders[m.container().WorkingDir], p.env, &p.log
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.process.Wait() }()
	t.Cleanup(func() {
		p.process.Process.Kill() // it mostly has ended
		if t.Failed() {
			t.Logf("the pod said\n%s", p.log.String())
		}
	})
	p.waitFor(t, m.container().StartupProbe.HTTPGet.Path)
	p.waitFor(t, m.container().ReadinessProbe.HTTPGet.Path)
	return p
}

var reference = regexp.MustCompile(`\$\((\w+)\)`)

// environment returns what a kubelet would make of the container's: values refer to those
// in front of them only.
func environment(t *testing.T, m *manifests, secrets map[string]map[string]string) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, variable := range m.container().Env {
		if from := variable.ValueFrom; from != nil {
			value, found := secrets[from.SecretKeyRef.Name][from.SecretKeyRef.Key]
			if found {
				env[variable.Name] = value
			} else if from.SecretKeyRef.Optional == nil || !*from.SecretKeyRef.Optional {
				t.Fatalf("%s: there is no %s in the Secret %s", variable.Name, from.SecretKeyRef.Key, from.SecretKeyRef.Name)
			}
			continue
		}
		env[variable.Name] = reference.ReplaceAllStringFunc(variable.Value, func(text string) string {
			value, found := env[reference.FindStringSubmatch(text)[1]]
			if !found {
				t.Fatalf("%s refers to %s, which does not stand in front of it", variable.Name, text)
			}
			return value
		})
	}
	return env
}

// waitFor asks a probe until it is answered with 200.
func (p *pod) waitFor(t *testing.T, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for p.status(ctx, path) != http.StatusOK {
		select {
		case <-ticker.C:
		case err := <-p.ended:
			t.Fatalf("the pod ended: %v\n%s", err, p.log.String())
		case <-ctx.Done():
			t.Fatalf("%s is not answered with 200", path)
		}
	}
}

// status returns that of the answer to somebody who has not logged in, or 0.
func (p *pod) status(ctx context.Context, path string) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.http+path, nil)
	if err != nil {
		return 0
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// exec does what kubectl exec does.
func (p *pod) exec(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t), args...)
	cmd.Dir, cmd.Env = p.process.Dir, p.env
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("failmail %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return string(said)
}

// terminate does what a kubelet does first.
func (p *pod) terminate(t *testing.T) {
	t.Helper()
	if err := p.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-p.ended; err != nil {
		t.Errorf("the pod ended with %v", err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A lockedBuffer is written while it is read.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
