package deliver

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// killDelay is how long a program and its children may take to end after SIGTERM,
// and how long children may keep its output open after its own end.
const killDelay = 2 * time.Second

// A startError says that a program did not come to run.
type startError struct{ err error }

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// run runs argv without a shell. When ctx ends first, the program and every process
// that it has started get SIGTERM, then SIGKILL; a child that it leaves in the
// background when it ends by itself is left alone. It gets our environment but for
// FAILMAIL_*, which may hold passwords. The error is a *startError or that of
// exec.Cmd.Wait.
func run(ctx context.Context, argv []string, stdin []byte, stdout, stderr *beginning) error {
	return runWith(ctx, argv, stdin, nil, stdout, stderr)
}

func runWith(ctx context.Context, argv []string, stdin []byte, variables []string, stdout, stderr *beginning) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "FAILMAIL_") })
	cmd.Env = append(cmd.Env, variables...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), stdout, stderr
	var interrupted time.Time
	cmd.Cancel = func() error {
		interrupted = time.Now()
		return interrupt(cmd)
	}
	cmd.WaitDelay = killDelay
	separate(cmd)
	if err := cmd.Start(); err != nil {
		return &startError{err}
	}
	err := cmd.Wait()
	if !interrupted.IsZero() {
		killRest(cmd, interrupted.Add(killDelay))
		return err
	}
	if errors.Is(err, exec.ErrWaitDelay) {
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

// A Hook runs a program after something has happened. No shell is involved, and
// no text of a mail ever reaches a command line.
type Hook struct {
	Command []string      // the program and its arguments; see SplitCommand
	Timeout time.Duration // after which it is ended; defaults to 30 s
}

// maxHookOutput bounds what is kept of a hook's output, in bytes.
const maxHookOutput = 2 << 10

// Run runs the program with input on standard input and variables, each
// NAME=VALUE, added to its environment. The error holds the beginning of its
// output.
func (h *Hook) Run(ctx context.Context, input []byte, variables []string) error {
	timeout := cmp.Or(h.Timeout, 30*time.Second)
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	output := &beginning{limit: maxHookOutput}
	if err := runWith(limited, h.Command, input, variables, output, output); err != nil {
		return programError("hook", h.Command[0], stopReason(ctx, limited, fmt.Sprintf("%v (Hook.Timeout)", timeout), err), output)
	}
	return nil
}

// stopReason is why a program ended with err: its caller gave up, the time that
// limited gives it was over, or else err.
func stopReason(caller, limited context.Context, limit string, err error) error {
	switch {
	case caller.Err() != nil:
		return caller.Err()
	case limited.Err() != nil:
		return &overdueError{limit}
	}
	return err
}

// An overdueError says that a program was stopped after limit.
type overdueError struct{ limit string }

func (e *overdueError) Error() string {
	return "it did not end within " + e.limit + ", so it was stopped"
}
func (e *overdueError) Unwrap() error { return context.DeadlineExceeded }

// programError adds what the program said, if it said anything.
func programError(role, name string, err error, said *beginning) error {
	if text := oneLineText(said.String()); text != "" {
		return fmt.Errorf("%s %q: %w: %s", role, name, err, text)
	}
	return fmt.Errorf("%s %q: %w", role, name, err)
}
