package deliver

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"github.com/hut8labs/failmail/internal/envelope"
)

// Exec hands mails to a program that takes them as sendmail does: it is run for
// each mail as
//
//	COMMAND... -i -f SENDER -- RECIPIENT...
//
// with the mail on standard input, its lines ending in LF. The null reverse-path
// is "<>". There is no shell, so nothing in a mail or an address is ever taken
// for a command or an option. It is safe for concurrent use.
type Exec struct {
	// Command is the program and the arguments that come first. See
	// SplitCommand.
	Command []string
	// Timeout bounds a run. Defaults to 5 min.
	Timeout time.Duration
}

var _ Sender = (*Exec)(nil)

// exits are the codes of sysexits.h that tell more than that it failed. All others
// are temporary failures of this mail. EX_UNAVAILABLE stands for anything from a
// recipient that is refused to a name server that is down, and EX_SOFTWARE may be
// due to this mail, so neither is taken for more than that.
var exits = map[int]struct {
	name string
	mark func(error) error
}{
	64: {"EX_USAGE", Permanent},
	65: {"EX_DATAERR", Permanent},
	67: {"EX_NOUSER", Permanent},
	68: {"EX_NOHOST", Permanent},
	69: {"EX_UNAVAILABLE", asIs},
	70: {"EX_SOFTWARE", asIs},
	71: {"EX_OSERR", Unreachable},
	72: {"EX_OSFILE", Unreachable},
	73: {"EX_CANTCREAT", Unreachable},
	74: {"EX_IOERR", Unreachable},
	75: {"EX_TEMPFAIL", Unreachable},
	77: {"EX_NOPERM", Unreachable},
	78: {"EX_CONFIG", Unreachable},
}

func asIs(err error) error { return err }

// Send implements Sender. What the program prints becomes part of the error.
func (e *Exec) Send(ctx context.Context, m *Mail) error {
	if len(m.To) == 0 {
		return Permanent(errors.New("the mail has no recipients"))
	}
	if len(e.Command) == 0 {
		return Unreachable(errors.New("the command is empty"))
	}
	for _, address := range append([]string{m.From}, m.To...) {
		if problem := envelope.Problem(address); problem != "" {
			return Permanent(fmt.Errorf("the address %q %s", address, problem))
		}
	}
	limited, cancel := context.WithTimeout(ctx, cmp.Or(e.Timeout, 5*time.Minute))
	defer cancel()
	argv := slices.Concat(e.Command, []string{"-i", "-f", cmp.Or(m.From, "<>"), "--"}, m.To)
	output := &beginning{limit: 4 * maxText}
	err := run(limited, argv, bytes.ReplaceAll(m.Raw, []byte("\r\n"), []byte("\n")), output, output)
	return e.judge(limited, err, oneLineText(output.String()))
}

// judge turns the end of the program into an error of a Sender.
func (e *Exec) judge(ctx context.Context, err error, output string) error {
	if err == nil {
		return nil
	}
	if _, notRun := errors.AsType[*startError](err); notRun {
		if ctx.Err() == nil {
			err = Unreachable(err)
		}
		return fmt.Errorf("command %q: %w", e.Command[0], err)
	}
	code := -1
	if exit, ended := errors.AsType[*exec.ExitError](err); ended {
		code = exit.ExitCode()
	}
	said := fmt.Errorf("command %q: %w: %s", e.Command[0], err, output)
	if exit, known := exits[code]; known {
		said = exit.mark(fmt.Errorf("command %q: %w (%s): %s", e.Command[0], err, exit.name, output))
	}
	if ctx.Err() != nil && !IsPermanent(said) {
		// It may have put the mail into its queue before it was stopped.
		return Uncertain(fmt.Errorf("command %q was stopped: %w: %s", e.Command[0], ctx.Err(), output))
	}
	return said
}
