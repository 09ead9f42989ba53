package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

// A repeated text is read over and over. It is also what is written to, and
// notes how much more was read.
type repeated struct {
	text       []byte
	made, most atomic.Int64
	told, lag  int64
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for ; n+len(r.text) <= len(p); n += len(r.text) {
		if r.made.Load() == r.most.Load() {
			return n, io.EOF
		}
		r.made.Add(1)
		copy(p[n:], r.text)
	}
	return n, nil
}

func (r *repeated) Write(p []byte) (int, error) {
	r.told += int64(bytes.Count(p, []byte("\n")))
	r.lag = max(r.lag, r.made.Load()-r.told)
	return len(p), nil
}

func TestExplainReadsNoFurtherThanAFewBuffersAheadOfWhatItPrints(t *testing.T) {
	const mails = 8_000
	for name, test := range map[string]struct {
		text string
		args []string
	}{
		"of lines":   {"error 4711 on 192.0.2.7 " + strings.Repeat("x", 200) + "\n", []string{"--lines"}},
		"of an mbox": {"From a@x Mon Mar  9 03:17:42 2026\nSubject: s\n\nerror 1 " + strings.Repeat("x", 200) + "\n\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := &repeated{text: []byte(test.text)}
			r.most.Store(mails)
			code := run(t.Context(), append([]string{"failmail", "explain", "--json"}, test.args...), r, r, io.Discard)
			if code != 0 || r.told != mails {
				t.Errorf("exit code %d, %d mails", code, r.told)
			}
			// Two buffers ahead of the one in use, and one of output that is not
			// written yet.
			if bound := int64(4*(64<<10)/len(test.text) + 1); r.lag > bound {
				t.Errorf("%d mails were read that were not told, want at most %d", r.lag, bound)
			}
		})
	}
}

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
	if !strings.Contains(stdout.String(), "grouped as: request <num> failed") {
		t.Errorf("it printed %s", stdout.String())
	}
}

func TestExplainPrintsWhileTheProgramThatWritesTheLogStillRuns(t *testing.T) {
	t.Parallel()
	cmd := command(t, t.TempDir(), "explain", "--lines", "--json")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	decoder := json.NewDecoder(out)
	for i := range 3 {
		fmt.Fprintf(in, "request %d failed\n", i)
		var o object
		if err := decoder.Decode(&o); err != nil || o.Masked != "request <num> failed" {
			t.Errorf("%+v, %v", o, err)
		}
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
