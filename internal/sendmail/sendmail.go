// Package sendmail takes a mail from a program as sendmail does: its arguments, its
// input and its exit codes.
package sendmail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

// Exit codes of sendmail, from sysexits.h, which its callers go by.
const (
	ExUsage       = 64
	ExNoInput     = 66
	ExUnavailable = 69
	ExTempFail    = 75
)

// An Error ends the process with a code of sysexits.h.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

func mistake(format string, values ...any) error {
	return &Error{ExUsage, fmt.Errorf(format, values...)}
}

// A Request is what the arguments ask for.
type Request struct {
	Server       string // empty for that of the settings
	From, Name   string
	To           []string
	FromHeader   bool // take the recipients from the header
	DotIsContent bool
}

// Parse reads the arguments as sendmail does: options are single letters,
// with their value joined to them or in the next argument.
func Parse(args []string) (*Request, error) {
	in := &Request{Server: os.Getenv("FAILMAIL_SERVER")} // which names another one than the settings
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			in.To = append(in.To, args...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			in.To = append(in.To, arg)
			continue
		}
		option, value := arg[1], arg[2:]
		takesValue := strings.IndexByte("fFrSBChLNORXp", option) >= 0
		if takesValue && value == "" {
			if len(args) == 0 {
				return nil, mistake("-%c needs a value", option)
			}
			value, args = args[0], args[1:]
		}
		switch option {
		case 'f', 'r':
			in.From = strings.Trim(value, "<>")
		case 'F':
			in.Name = value
		case 'S':
			in.Server = value
		case 't':
			in.FromHeader = true
		case 'i':
			in.DotIsContent = true
		case 'o':
			in.DotIsContent = in.DotIsContent || value == "i"
		case 'b':
			if value != "m" {
				return nil, mistake("-b%s is not supported; failmail send only takes one mail from standard input", value)
			}
		case 'B', 'C', 'h', 'L', 'N', 'O', 'R', 'X', 'p', 'e', 'm', 'n', 'q', 'U', 'v', 'V', 'G', 'A':
			// About sendmail's queue, or how it reports: nothing to do here.
		default:
			return nil, mistake("unknown option %q; see failmail send --help", arg)
		}
	}
	if len(in.To) == 0 && !in.FromHeader {
		return nil, mistake("no recipients; name them, or use -t to take them from the header")
	}
	return in, nil
}

// Send reads a mail from stdin and hands it to what server returns for its Server. Its
// errors are of type [*Error].
func (in *Request) Send(ctx context.Context, stdin io.Reader, server func(name string) (deliver.Sender, error)) error {
	content, err := readMail(stdin, in.DotIsContent)
	if err != nil {
		return &Error{ExNoInput, fmt.Errorf("read the mail from standard input: %w", err)}
	}
	raw, err := in.compose(content, time.Now())
	if err != nil {
		return &Error{ExUsage, err}
	}
	sender, err := server(in.Server)
	if err != nil {
		return &Error{ExUsage, err}
	}
	err = sender.Send(ctx, &deliver.Mail{From: in.From, To: in.To, Raw: raw})
	var refused *deliver.RefusedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused), deliver.IsPermanent(err):
		return &Error{ExUnavailable, err}
	}
	return &Error{ExTempFail, fmt.Errorf("%w; is failmail running there? name another server with -S", err)}
}

// readMail reads to the end, or to a line with a single dot.
func readMail(r io.Reader, dotIsContent bool) ([]byte, error) {
	if dotIsContent {
		return io.ReadAll(r)
	}
	var content bytes.Buffer
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if strings.TrimRight(line, "\r\n") == "." {
			return content.Bytes(), nil
		}
		content.WriteString(line)
		switch {
		case err == io.EOF:
			return content.Bytes(), nil
		case err != nil:
			return nil, err
		}
	}
}

// defaultSender returns who sends, as user@host.
func defaultSender() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return name + "@" + host
}
