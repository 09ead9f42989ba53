package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

func TestCtrlCEndsExplainAtOnceWithWhatItHas(t *testing.T) {
	t.Parallel()
	cmd := command(t, t.TempDir(), "explain", "--lines", "--group=fingerprint")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(in, strings.Repeat("request 7 failed\n", 20_000)) // more than a pipe holds: it reads
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(stderr.String(), "failmail: interrupted after ") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	if !strings.Contains(stdout.String(), "grouped as: request 7 failed") {
		t.Errorf("it printed %s", stdout.String())
	}
}

func TestExplainReportsAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		testutil.Lacks(t, err.Error())
	}
	defer full.Close()
	for _, args := range [][]string{{"--json"}, nil} {
		var stderr bytes.Buffer
		code := run(t.Context(), append([]string{"failmail", "explain"}, args...), strings.NewReader(diskMail), full, &stderr)
		if code != 1 || !strings.Contains(stderr.String(), "write the result: write /dev/full: no space left on device") {
			t.Errorf("exit code %d: %s", code, stderr.String())
		}
	}
}
