package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// checkTimeout bounds the wait for the relays.
const checkTimeout = 30 * time.Second

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "check the settings and connect to the relay; nothing is received or sent",
		Description: "Checks the settings on the command line, in the environment and in the file of --config, and\n" +
			"prints what would run, and which settings contradict each other. Run it as the user of the\n" +
			"proxy, because it also checks that this user can write to the folders. Exit codes: 0; 1 if a\n" +
			"relay does not answer or a folder is not writable; 2 if a setting is wrong.",
		Action: runCheck,
	}
}

func runCheck(c *cli.Context) error {
	proxy := proxyOf(c)
	logger := slog.New(slog.NewTextHandler(c.App.ErrWriter, logOptions(slog.LevelWarn)))
	config, err := configFrom(proxy, logger)
	if err != nil {
		return err
	}
	if _, err := failmail.New(config); err != nil {
		return asUsage(err)
	}
	storage, err := storageFrom(proxy)
	if err != nil {
		return err
	}
	if _, err := guardFrom(proxy, config.Access.Authenticate, logger); err != nil {
		return err
	}
	out := c.App.Writer
	fmt.Fprintln(out, "This would run:")
	for _, line := range [][2]string{ // what is empty has the default
		{"receive on", config.Bind}, {"relay", config.Relay}, {"from", config.From},
		{"summaries", fmt.Sprintf("%s after the last mail, at most %s after the first", phrase.Duration(config.Wait), phrase.Duration(config.MaxWait))},
		{"grouped by", proxy.String("group")}, {"store", withoutPassword(storage.url)}, {"fail-dir", config.FailDir}, {"all-dir", config.AllDir},
		{"HTTP", proxy.String("bind-http")},
	} {
		if line[1] != "" {
			fmt.Fprintf(out, "  %-11s %s\n", line[0], line[1])
		}
	}
	verdict := "Configuration OK."
	if found := conflictsOf(proxy, config); found != nil {
		verdict = "Configuration OK apart from these contradictions."
		fmt.Fprintln(out, "Some settings contradict each other:")
		for _, conflict := range found {
			fmt.Fprintf(out, "  %s\n", conflict)
		}
	}
	err = errors.Join(checkFolders(config, storage, proxy.String("pidfile")), greetRelays(c.Context, c, config))
	if err == nil {
		fmt.Fprintln(out, verdict)
	}
	return err
}

// checkFolders tries to write where the proxy would.
func checkFolders(config failmail.Config, storage storage, pidfile string) error {
	var problems []error
	if !config.ReceiveOnly {
		if err := (&deliver.Maildir{Dir: config.FailDir}).Check(); err != nil {
			problems = append(problems, fmt.Errorf("--fail-dir: %w; make it writable, or choose another folder", err))
		}
	}
	if config.AllDir != "" {
		if err := (&deliver.Maildir{Dir: config.AllDir}).Check(); err != nil {
			problems = append(problems, fmt.Errorf("--all-dir: %w; make it writable, or choose another folder", err))
		}
	}
	files := map[string]string{"pidfile": pidfile}
	if storage.engine == "sqlite" {
		files["store"] = storage.path
	}
	for _, flag := range []string{"store", "pidfile"} {
		file := files[flag]
		if file == "" {
			continue
		}
		probe, err := os.CreateTemp(filepath.Dir(file), ".failmail-")
		if err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("--%s: write beside %q: %w; make the folder writable, or choose another file", flag, file, err))
		}
	}
	return errors.Join(problems...)
}

// greetRelays says what the relays answer.
func greetRelays(ctx context.Context, c *cli.Context, config failmail.Config) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	relays, err := deliver.ParseRelays(config.Relay)
	if err != nil {
		return err
	}
	sender, err := deliver.Open(relays, config.RelayOptions)
	if err != nil {
		return err
	}
	defer sender.Close()
	reports, err := sender.Check(ctx)
	var up []string
	for _, r := range reports {
		if r.Err == nil {
			up = append(up, r.Relay)
			fmt.Fprintln(c.App.Writer, answered(r))
		}
	}
	switch unchecked := len(relays) - len(reports); {
	case err == nil:
		return nil
	case len(up)+unchecked == 0:
		return errors.Join(err, errors.New("summaries would wait and be retried; start the relay, or name another one with --relay"))
	case len(up) == 0:
		return errors.Join(err, errors.New("summaries would go through the other relay; start this one, or correct --relay"))
	}
	return errors.Join(err, fmt.Errorf("summaries would go through %s meanwhile; start the other one, or correct --relay", up[0]))
}

func answered(r deliver.Report) string {
	text := fmt.Sprintf("The relay %s answers", r.Relay)
	if r.Encrypted {
		text += ", over TLS"
	}
	if r.LoggedIn {
		text += ", and accepts the login"
	}
	return text + "."
}
