//go:build unix

package packaging

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

// released returns the address of a server that has the releases 1.2.2 and 1.2.3 where
// GitHub has them, for one system. Their program only prints its version. Change, if
// not nil, gets the folder of the releases.
func released(t *testing.T, target string, change func(folder string)) string {
	t.Helper()
	folder := t.TempDir()
	for _, version := range []string{"1.2.2", "1.2.3"} {
		name := "failmail_" + version + "_" + target
		var archive bytes.Buffer
		packed := gzip.NewWriter(&archive)
		files := tar.NewWriter(packed)
		program := "#!/bin/sh\necho failmail version " + version + "\n"
		if err := files.WriteHeader(&tar.Header{Name: name + "/failmail", Mode: 0o755, Size: int64(len(program))}); err != nil {
			t.Fatal(err)
		}
		files.Write([]byte(program))
		files.Close()
		packed.Close()
		sums := fmt.Sprintf("%x  %s.tar.gz\n%064d  %s.cdx.json\n", sha256.Sum256(archive.Bytes()), name, 0, name)
		for path, content := range map[string]string{
			"download/v" + version + "/" + name + ".tar.gz": archive.String(),
			"download/v" + version + "/checksums.txt":       sums,
			"latest/download/checksums.txt":                 sums, // in the end that of 1.2.3
		} {
			write(t, filepath.Join(folder, path), content, 0o644)
		}
	}
	if change != nil {
		change(folder)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	t.Cleanup(server.Close)
	return server.URL
}

func write(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

// programs returns a PATH with nothing but the programs named.
func programs(t *testing.T, names ...string) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range names {
		if err := os.Symlink(testutil.Program(t, name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// An installation is one run of the script, on a machine that says it is of a system
// and a processor.
type installation struct {
	system, processor string
	path              string // its programs, but uname
	from, folder      string
	shell             []string
}

func (i installation) run(t *testing.T, script string, arguments ...string) (said string, err error) {
	t.Helper()
	machine := t.TempDir()
	write(t, filepath.Join(machine, "uname"), fmt.Sprintf("#!/bin/sh\ncase $1 in -s) echo %s ;; *) echo %s ;; esac\n", i.system, i.processor), 0o755)
	cmd := exec.CommandContext(t.Context(), i.shell[0], append(append(i.shell[1:], "-s", "--"), arguments...)...)
	cmd.Stdin = strings.NewReader(script) // as from curl
	cmd.Env = []string{"PATH=" + machine + ":" + i.path, "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "FAILMAIL_INSTALL_FROM=" + i.from, "FAILMAIL_INSTALL_DIR=" + i.folder}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func installScript(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile("install.sh")
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// basic are the programs that the script takes for granted.
var basic = []string{"sh", "mktemp", "mkdir", "rm", "cp", "mv", "chmod", "tar", "gzip"}

func TestInstallScriptInstallsWhatItHasVerified(t *testing.T) {
	testutil.Program(t, "curl")
	busybox := testutil.Program(t, "busybox")
	applets := t.TempDir()
	if out, err := exec.Command(busybox, "--install", "-s", applets).CombinedOutput(); err != nil {
		t.Fatalf("busybox --install: %v\n%s", err, out)
	}
	for name, machine := range map[string]installation{
		"sh and curl":                       {shell: []string{"sh"}, path: os.Getenv("PATH")},
		"sh, curl and openssl, no more":     {shell: []string{"sh"}, path: programs(t, append(basic, "curl", "openssl")...)},
		"busybox alone, as in small images": {shell: []string{busybox, "sh"}, path: applets},
	} {
		for i, at := range []installation{
			{system: "Linux", processor: "x86_64", from: "linux_amd64"},
			{system: "Linux", processor: "aarch64", from: "linux_arm64"},
			{system: "Darwin", processor: "arm64", from: "darwin_arm64"},
			{system: "FreeBSD", processor: "amd64", from: "freebsd_amd64"},
		} {
			if i > 0 && name != "sh and curl" {
				continue // the same
			}
			t.Run(name+", "+at.from, func(t *testing.T) {
				t.Parallel()
				at.shell, at.path, at.folder = machine.shell, machine.path, filepath.Join(t.TempDir(), "new", "bin")
				at.from = released(t, at.from, nil)
				for _, step := range []struct {
					arguments []string
					want      string
				}{{nil, "1.2.3"}, {[]string{"1.2.2"}, "1.2.2"}, {[]string{"v1.2.3"}, "1.2.3"}} {
					said, err := at.run(t, installScript(t), step.arguments...)
					program := filepath.Join(at.folder, "failmail")
					if err != nil || !strings.Contains(said, "failmail "+step.want+" is installed as "+program+".\n") || !strings.Contains(said, program+" demo\n") {
						t.Fatalf("%q: %v\n%s", step.arguments, err, said)
					}
					if out, err := exec.Command(program, "--version").Output(); err != nil || string(out) != "failmail version "+step.want+"\n" {
						t.Errorf("%q installed %q (%v)", step.arguments, out, err)
					}
				}
				if files, err := os.ReadDir(at.folder); err != nil || len(files) != 1 {
					t.Errorf("it leaves %v (%v)", files, err)
				}
			})
		}
	}
}

func TestInstallScriptRefusesWithAReasonAndInstallsNothing(t *testing.T) {
	testutil.Program(t, "curl")
	const archive = "download/v1.2.3/failmail_1.2.3_linux_amd64.tar.gz"
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "", 0o644)
	linux := installation{system: "Linux", processor: "x86_64"}
	for name, test := range map[string]struct {
		at        installation
		change    func(folder string)
		arguments []string
		want      string
	}{
		"an archive that was changed": {linux, func(folder string) {
			write(t, filepath.Join(folder, archive), "something else", 0o644)
		}, nil, "the SHA-256 of failmail_1.2.3_linux_amd64.tar.gz is "},
		"an archive that is missing": {linux, func(folder string) { os.Remove(filepath.Join(folder, archive)) }, nil, "cannot download http://"},
		"no releases":                {linux, func(folder string) { os.RemoveAll(filepath.Join(folder, "latest")) }, nil, "/latest/download/checksums.txt"},
		"a version that is not":      {linux, nil, []string{"9.9.9"}, "/download/v9.9.9/checksums.txt"},
		"a processor not built for":  {installation{system: "Linux", processor: "riscv64"}, nil, nil, "there is no archive for the processor riscv64"},
		"a system not built for":     {installation{system: "Plan9", processor: "x86_64"}, nil, nil, "there is no archive for the system Plan9"},
		"Windows":                    {installation{system: "MINGW64_NT-10.0", processor: "x86_64"}, nil, nil, "unpack failmail_VERSION_windows_amd64.zip"},
		"a system left out":          {installation{system: "FreeBSD", processor: "arm64"}, nil, nil, "checksums.txt names no archive for freebsd_arm64"},
		"a folder that cannot be":    {installation{system: "Linux", processor: "x86_64", folder: filepath.Join(file, "bin")}, nil, nil, "set FAILMAIL_INSTALL_DIR to a folder where you can"},
		"nothing to download with":   {installation{system: "Linux", processor: "x86_64", path: programs(t, basic...)}, nil, nil, "it needs curl or wget"},
		"nothing to verify with":     {installation{system: "Linux", processor: "x86_64", path: programs(t, append(basic, "curl")...)}, nil, nil, "it needs sha256sum, shasum or openssl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := test.at
			at.shell, at.from = []string{"sh"}, released(t, "linux_amd64", test.change)
			if at.path == "" {
				at.path = os.Getenv("PATH")
			}
			if at.folder == "" {
				at.folder = t.TempDir()
			}
			said, err := at.run(t, installScript(t), test.arguments...)
			if err == nil || !strings.Contains(said, "install.sh: ") || !strings.Contains(said, test.want) {
				t.Errorf("%v\n%s", err, said)
			}
			if files, _ := os.ReadDir(at.folder); len(files) != 0 {
				t.Errorf("it leaves %v", files)
			}
		})
	}
}

// A download that breaks off leaves the shell with half a script.
func TestHalfAnInstallScriptDoesNothing(t *testing.T) {
	testutil.Program(t, "curl")
	script := installScript(t)
	whole, last := strings.LastIndex(strings.TrimSpace(script), "\n"), "main \"$@\"\n"
	if !strings.HasSuffix(script, "\n"+last) {
		t.Fatalf("the last line is not %q", last)
	}
	for _, length := range []int{whole / 4, whole / 2, whole, whole + 1} {
		at := installation{system: "Linux", processor: "x86_64", shell: []string{"sh"}, path: os.Getenv("PATH"), folder: t.TempDir(), from: released(t, "linux_amd64", nil)}
		at.run(t, script[:length])
		if files, _ := os.ReadDir(at.folder); len(files) != 0 {
			t.Errorf("the first %d bytes install %v", length, files)
		}
	}
}
