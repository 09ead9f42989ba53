//go:build unix

package supervise

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestAProcessThatHangsIsEndedAfterItsTime(t *testing.T) {
	t.Parallel()
	next, err := startSuccessor("/bin/sh", []string{"sh", "-c", "echo starting >&2; exec sleep 1000"}, nil, nil, nil, "", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	_, err = next.await(t.Context(), 50*time.Millisecond)
	if err = next.end(err); err == nil || !strings.Contains(err.Error(), "did not serve within 50ms: starting") {
		t.Errorf("got %v", err)
	}
	if err := syscall.Kill(next.process.Pid, 0); err == nil {
		t.Error("it lives on")
	}
}
