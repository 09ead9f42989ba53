package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/pkg/deliver"
)

// Exit codes of sendmail, from sysexits.h, which its callers go by.
const (
	exUsage       = 64
	exNoInput     = 66
	exUnavailable = 69
	exTempFail    = 75
)

// An exitError ends the process with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func sendCommand() *cli.Command {
	return &cli.Command{
		Name:      "send",
		Usage:     "read a mail from standard input and hand it to a proxy, like sendmail",
		ArgsUsage: "[-t] [-i] [-f ADDRESS] [-F NAME] [-S SERVER] [RECIPIENT ...]",
		Description: "-t          take the recipients from To, Cc and Bcc, and drop Bcc\n" +
			"-i          a line with a single dot does not end the mail\n" +
			"-f ADDRESS  the sender; default: this user at this machine\n" +
			"-F NAME     the sender's full name, where the mail has no From\n" +
			"-S SERVER   host:port or unix:/path of the proxy; default: FAILMAIL_SERVER, or\n" +
			"            the first address of --bind\n\n" +
			"Other options of sendmail that concern its queue are accepted and ignored.\n" +
			"Called by the name sendmail, failmail does the same: link /usr/sbin/sendmail to it.\n" +
			"Exit codes are those of sysexits.h: 64 usage, 66 no input, 69 refused, 75 try again.",
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			args := c.Args().Slice()
			if len(args) == 1 && (args[0] == "-h" || args[0] == "--help") {
				return cli.ShowSubcommandHelp(c)
			}
			return runSend(c, args)
		},
	}
}

// An injection is what the command line of send asks for.
type injection struct {
	server       string
	from, name   string
	to           []string
	fromHeader   bool // take the recipients from the header
	dotIsContent bool
}

// parseSend reads the arguments as sendmail does: options are single letters,
// with their value joined to them or in the next argument.
func parseSend(args []string) (*injection, error) {
	in := &injection{server: os.Getenv("FAILMAIL_SERVER")} // which names another one than the settings
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			in.to = append(in.to, args...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			in.to = append(in.to, arg)
			continue
		}
		option, value := arg[1], arg[2:]
		takesValue := strings.IndexByte("fFrSBChLNORXp", option) >= 0
		if takesValue && value == "" {
			if len(args) == 0 {
				return nil, fmt.Errorf("-%c needs a value", option)
			}
			value, args = args[0], args[1:]
		}
		switch option {
		case 'f', 'r':
			in.from = strings.Trim(value, "<>")
		case 'F':
			in.name = value
		case 'S':
			in.server = value
		case 't':
			in.fromHeader = true
		case 'i':
			in.dotIsContent = true
		case 'o':
			in.dotIsContent = in.dotIsContent || value == "i"
		case 'b':
			if value != "m" {
				return nil, fmt.Errorf("-b%s is not supported; failmail send only takes one mail from standard input", value)
			}
		case 'B', 'C', 'h', 'L', 'N', 'O', 'R', 'X', 'p', 'e', 'm', 'n', 'q', 'U', 'v', 'V', 'G', 'A':
			// About sendmail's queue, or how it reports: nothing to do here.
		default:
			return nil, fmt.Errorf("unknown option %q; see failmail send --help", arg)
		}
	}
	if len(in.to) == 0 && !in.fromHeader {
		return nil, errors.New("no recipients; name them, or use -t to take them from the header")
	}
	return in, nil
}

func runSend(c *cli.Context, args []string) error {
	in, err := parseSend(args)
	if err != nil {
		return &exitError{exUsage, err}
	}
	content, err := readMail(c.App.Reader, in.dotIsContent)
	if err != nil {
		return &exitError{exNoInput, fmt.Errorf("read the mail from standard input: %w", err)}
	}
	raw, err := in.compose(content, time.Now())
	if err != nil {
		return &exitError{exUsage, err}
	}
	sender, err := serverOf(c, in.server)
	if err != nil {
		return &exitError{exUsage, err}
	}
	err = sender.Send(c.Context, &deliver.Mail{From: in.from, To: in.to, Raw: raw})
	var refused *deliver.RefusedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused), deliver.IsPermanent(err):
		return &exitError{exUnavailable, err}
	}
	return &exitError{exTempFail, fmt.Errorf("%w; is failmail running there? name another server with -S", err)}
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
