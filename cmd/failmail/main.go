// Command failmail is the SMTP proxy that turns floods of alert mail into
// summaries. Without a command it runs the proxy; see failmail --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/hut8labs/failmail/internal/buildinfo"
)

var (
	// version is set by the linker, as by -ldflags "-X main.version=1.2.3".
	version string
	release = buildinfo.Version(version)
)

// Exit codes.
const (
	exitFailure = 1
	exitUsage   = 2
)

// An exitError ends the process with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 && filepath.Base(args[0]) == "sendmail" {
		args = slices.Insert(slices.Clone(args), 1, "send")
	}
	app := newApp(stdin, stdout, stderr)
	args, err := arrange(app, args)
	if err == nil {
		err = app.RunContext(ctx, args)
	}
	if err == nil {
		return 0
	}
	for line := range strings.SplitSeq(inFlags(err.Error()), "\n") {
		fmt.Fprintf(stderr, "failmail: %s\n", strings.TrimPrefix(line, "failmail: "))
	}
	var usage *usageError
	var exit *exitError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &exit):
		return exit.code
	}
	return exitFailure
}
