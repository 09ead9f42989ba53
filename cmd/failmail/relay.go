package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/redact"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/render"
)

func setRelay(c *cli.Context, config *failmail.Config) (err error) {
	config.RelayOptions, err = relayOptionsFrom(c)
	config.RelayOptions.Limits.MaxConns = c.Int("relay-max-conns")
	return err
}

func relayOptionsFrom(c *cli.Context) (o failmail.RelayOptions, err error) {
	o.TLS.Policy = deliver.TLSPolicy(c.String("relay-tls"))
	files := deliver.TLSFiles{CA: c.String("relay-ca"), Cert: c.String("relay-cert"), Key: c.String("relay-key")}
	if (files.Cert == "") != (files.Key == "") {
		return o, &usageError{"--relay-cert and --relay-key belong together; set both or neither"}
	}
	if files != (deliver.TLSFiles{}) {
		o.TLS.Files = &files
	}
	o.Auth.User = c.String("relay-user")
	switch password, file := c.String("relay-password"), c.String("relay-password-file"); {
	case password != "" && file != "":
		return o, &usageError{"--relay-password and --relay-password-file cannot be combined; leave out one of them"}
	case password != "":
		o.Auth.Password = deliver.Password(password)
	case file != "":
		o.Auth.Password = deliver.PasswordFile(file)
		if _, err := o.Auth.Password(); err != nil {
			return o, &usageError{fmt.Sprintf("--relay-password-file %q: %v; put the password into its first line", file, err)}
		}
	}
	if text := c.String("relay-token-command"); text != "" {
		command, err := commandFrom("relay-token-command", text)
		if err != nil {
			return o, err
		}
		o.Auth.Token = (&deliver.TokenCommand{Command: command}).Token
	}
	if o.Auth.User == "" && (o.Auth.Password != nil || o.Auth.Token != nil) && !namesUser(c.String("relay")) {
		return o, &usageError{"--relay-password, --relay-password-file and --relay-token-command need --relay-user; name the user"}
	}
	if o.Limits.Rate = c.Int("relay-rate"); o.Limits.Rate < 0 {
		return o, &usageError{fmt.Sprintf("--relay-rate \"%d\" is negative; use 0 for no limit", o.Limits.Rate)}
	}
	return o, nil
}

// namesUser reports whether a relay is written with its user.
func namesUser(relay string) bool {
	relays, err := deliver.ParseRelays(relay)
	return err != nil || // which is reported elsewhere
		slices.ContainsFunc(relays, func(r deliver.Relay) bool { return r.User != "" })
}

// commandFrom splits a command, whose program must be there: else that would only
// be noticed when it is needed.
func commandFrom(flag, text string) ([]string, error) {
	command, err := deliver.SplitCommand(text)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--%s %q: %v", flag, text, err)}
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		return nil, &usageError{fmt.Sprintf("--%s %q cannot be run: %v; name a program that exists and that this user may run", flag, text, err)}
	}
	return command, nil
}

func setSummary(c *cli.Context, config *failmail.Config) error {
	renderer, err := rendererFrom(c)
	if err != nil {
		return err
	}
	config.Renderer = renderer
	if config.Redactor, err = redactorFrom(c); err != nil {
		return err
	}
	text := c.String("on-summary")
	if text == "" {
		return nil
	}
	command, err := commandFrom("on-summary", text)
	if err != nil {
		return err
	}
	hook := &deliver.Hook{Command: command, Timeout: c.Duration("on-summary-timeout")}
	if hook.Timeout <= 0 {
		return &usageError{fmt.Sprintf("--on-summary-timeout %q must be more than zero; use a duration such as 30s", hook.Timeout)}
	}
	config.OnSummary = func(ctx context.Context, e failmail.Event) error { return runHook(ctx, hook, e) }
	return nil
}

func runHook(ctx context.Context, hook *deliver.Hook, e failmail.Event) error {
	input, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return hook.Run(ctx, append(input, '\n'), []string{
		"FAILMAIL_EVENT=" + e.Event, "FAILMAIL_MESSAGE_ID=" + e.MessageID, "FAILMAIL_BATCH=" + e.Batch,
		"FAILMAIL_COUNT=" + strconv.Itoa(e.Count), "FAILMAIL_GROUPS=" + strconv.Itoa(e.Groups),
	})
}

func rendererFrom(c *cli.Context) (render.Standard, error) {
	o := render.Options{
		Subject: c.String("subject"), ReplyTo: c.String("reply-to"), AttachSamples: c.Bool("attach-samples"), MaxBytes: c.Int("max-summary"),
	}
	if dir := c.String("template"); dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return render.Standard{}, &usageError{fmt.Sprintf("--template %q is not a folder; name one that holds summary.txt or summary.html", dir)}
		}
		o.Templates = os.DirFS(dir)
	}
	renderer, err := render.NewStandard(o)
	var wrong *render.OptionError
	if errors.As(err, &wrong) {
		err = mistakeOf(c, wrong)
	}
	return renderer, err
}

// mistakeOf names the flag of an option that is wrong.
func mistakeOf(c *cli.Context, wrong *render.OptionError) error {
	flag := map[string]string{"MaxBytes": "max-summary", "ReplyTo": "reply-to", "Subject": "subject", "Templates": "template"}[wrong.Field]
	problem := wrong.Err.Error()
	if !strings.HasPrefix(problem, "is ") {
		problem = ": " + problem
	} else {
		problem = " " + problem
	}
	return &usageError{fmt.Sprintf("--%s %q%s", flag, cmp.Or(wrong.Value, c.String(flag)), problem)}
}

func redactorFrom(c *cli.Context) (*failmail.Redactor, error) {
	var own []*regexp.Regexp
	for _, pattern := range listOf(c, "redact-pattern") {
		re, err := redact.ParsePattern(pattern)
		if err != nil {
			return nil, &usageError{fmt.Sprintf("--redact-pattern %q %v; use one such as cust-[0-9]+", pattern, err)}
		}
		own = append(own, re)
	}
	switch {
	case c.String("redact") == "on":
		return failmail.NewRedactor(own...), nil
	case len(own) > 0:
		return nil, &usageError{"--redact=off and --redact-pattern cannot be combined; leave out one of them"}
	}
	return nil, nil
}
