package deliver

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// killDelay is how long a program may take to end after SIGTERM, and how long
// its children may keep its output open after its own end.
const killDelay = 2 * time.Second

// A startError says that a program did not come to run.
type startError struct{ err error }

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// run runs argv without a shell, and asks it to end when ctx does. It gets our
// environment but for FAILMAIL_*, which may hold passwords. The error is a
// *startError or that of exec.Cmd.Wait.
func run(ctx context.Context, argv []string, stdin []byte, stdout, stderr *beginning) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "FAILMAIL_") })
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), stdout, stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = killDelay
	if err := cmd.Start(); err != nil {
		return &startError{err}
	}
	err := cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil {
		return nil // it has done its work, and left a child in the background
	}
	return err
}

// A beginning keeps the first bytes of what is written to it, up to limit.
type beginning struct {
	limit int
	kept  []byte
}

func (b *beginning) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), b.limit-len(b.kept))]...)
	return len(p), nil
}

func (b *beginning) String() string { return string(b.kept) }
