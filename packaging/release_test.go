//go:build unix

package packaging

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

// build has packaging/build make the archive of this system, and returns its folder.
func build(t *testing.T, version string, settings ...string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	cmd := exec.CommandContext(t.Context(), "./build", version)
	cmd.Env = append(append(os.Environ(), "SYSTEMS="+runtime.GOOS, "ARCHES="+runtime.GOARCH, "FORMATS=archive", "DIST="+folder), settings...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("packaging/build: %v\n%s", err, out)
	}
	return folder
}

// What a user does first with a release, but for the network: the script installs it,
// and failmail demo shows 600 mails become one.
func TestReleaseIsReproducibleInstallsAndShowsASummary(t *testing.T) {
	testutil.Program(t, "curl")
	if out, err := exec.Command("tar", "--version").Output(); err != nil || !strings.Contains(string(out), "GNU tar") {
		testutil.Lacks(t, "tar is not GNU tar, which packaging/build needs")
	}
	const version = "1.2.3-rc.1"
	archive := "failmail_" + version + "_" + runtime.GOOS + "_" + runtime.GOARCH + ".tar.gz"
	sums := map[string]string{}
	var folder string
	for name, settings := range map[string][]string{"plain": nil, "elsewhere": {"TZ=Asia/Tokyo", "LC_ALL=C.UTF-8", "GOFLAGS=-p=1"}} {
		folder = build(t, version, settings...)
		content, err := os.ReadFile(filepath.Join(folder, "checksums.txt"))
		if err != nil {
			t.Fatal(err)
		}
		if sums[name] = string(content); !strings.Contains(sums[name], "  "+archive+"\n") || !strings.Contains(sums[name], "  install.sh\n") {
			t.Fatalf("checksums.txt is\n%s", content)
		}
	}
	if sums["plain"] != sums["elsewhere"] {
		t.Errorf("built twice, the files differ:\n%s\n%s", sums["plain"], sums["elsewhere"])
	}

	files := http.FileServer(http.Dir(folder))
	releases := http.NewServeMux()
	releases.Handle("/latest/download/", http.StripPrefix("/latest/download/", files))
	releases.Handle("/download/v"+version+"/", http.StripPrefix("/download/v"+version+"/", files))
	server := httptest.NewServer(releases)
	defer server.Close()
	installed := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "curl -fsSL "+server.URL+"/latest/download/install.sh | sh")
	cmd.Env = append(os.Environ(), "FAILMAIL_INSTALL_FROM="+server.URL, "FAILMAIL_INSTALL_DIR="+installed)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "failmail "+version+" is installed as ") {
		t.Fatalf("%v\n%s", err, out)
	}
	program := filepath.Join(installed, "failmail")
	if out, err := exec.CommandContext(t.Context(), program, "version").Output(); err != nil || string(out) != "failmail version "+version+"\n" {
		t.Errorf("it prints %q (%v)", out, err)
	}
	demo := exec.CommandContext(t.Context(), program, "demo")
	demo.Dir = t.TempDir()
	if out, err := demo.CombinedOutput(); err != nil || !strings.Contains(string(out), "7 new errors; 600 mails since") {
		t.Errorf("failmail demo: %v\n%s", err, out)
	}
}

// The workflows and the image run targets and scripts that there are.
func TestWorkflowsRunWhatThereIs(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(found) != 3 {
		t.Fatalf("%q (%v)", found, err)
	}
	count := 0
	for _, file := range append(found, "Dockerfile") {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(string(content))
		for i, word := range words {
			switch {
			case word == "make" && i > 0 && (words[i-1] == "run:" || words[i-1] == "-" || strings.HasPrefix(words[i-1], "GOARCH=")):
				if count++; !strings.Contains(string(makefile), "\n"+words[i+1]+":") {
					t.Errorf("%s: make %s: there is no such target", file, words[i+1])
				}
			case strings.HasPrefix(word, ".ci/") || strings.HasPrefix(word, "packaging/") && !strings.Contains(word, "="):
				if count++; exists("../"+word) != nil {
					t.Errorf("%s runs %s, which is not there", file, word)
				}
			}
		}
	}
	if count < 15 {
		t.Errorf("only %d commands were found", count)
	}
}

func exists(path string) error {
	_, err := os.Stat(path)
	return err
}
