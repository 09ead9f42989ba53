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
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/redact"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/render"
)

// relayFlags say where summaries go, and how.
func relayFlags() []cli.Flag {
	return append(connectionFlags(),
		&cli.IntFlag{Name: "relay-max-conns", EnvVars: env("relay-max-conns"), Value: 1, Usage: "use at most `N` connections to the relay at a time"},
		&cli.BoolFlag{Name: "relay-all", EnvVars: env("relay-all"), Usage: "also relay every mail unchanged"},
	)
}

// connectionFlags are those of the proxy and of resend.
func connectionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "relay", EnvVars: env("relay"), Value: failmail.DefaultRelay, Usage: "send summaries through `RELAY`: " + deliver.RelayForms + "; several, separated by commas, are tried in order"},
		&cli.StringFlag{Name: "relay-tls", EnvVars: env("relay-tls"), Value: string(deliver.TLSAuto), Usage: "encrypt the connection to the relay: \"auto\" if it offers STARTTLS, \"require\" it and a certificate that is verified, or \"off\"; `POLICY`"},
		&cli.StringFlag{Name: "relay-ca", EnvVars: env("relay-ca"), Usage: "trust the certificates in `FILE` for the relay, instead of those the system trusts"},
		&cli.StringFlag{Name: "relay-cert", EnvVars: env("relay-cert"), Usage: "show the relay the certificate in `FILE`"},
		&cli.StringFlag{Name: "relay-key", EnvVars: env("relay-key"), Usage: "the key of --relay-cert is in `FILE`"},
		&cli.StringFlag{Name: "relay-user", EnvVars: env("relay-user"), Usage: "log in to the relay as `USER`"},
		&cli.StringFlag{Name: "relay-password", EnvVars: env("relay-password"), Usage: "log in to the relay with `PASSWORD`; other users of this machine can see it, so prefer the file or the environment"},
		&cli.StringFlag{Name: "relay-password-file", EnvVars: env("relay-password-file"), Usage: "log in to the relay with the password in the first line of `FILE`, which is read for each connection"},
		&cli.StringFlag{Name: "relay-token-command", EnvVars: env("relay-token-command"), Usage: "log in to the relay with the OAuth 2.0 token that `COMMAND` prints (XOAUTH2)"},
		&cli.IntFlag{Name: "relay-rate", EnvVars: env("relay-rate"), Usage: "send at most `N` mails a minute through the relay; 0 for any number"},
		&cli.StringFlag{Name: "relay-command", Hidden: true, Usage: "old form of --relay exec:COMMAND"},
	}
}

// summaryFlags say what a summary looks like, and what happens after it.
func summaryFlags() []cli.Flag {
	return append(layoutFlags(),
		&cli.StringFlag{Name: "on-summary", EnvVars: env("on-summary"), Usage: "run `COMMAND` after each summary, with JSON on standard input"},
		&cli.DurationFlag{Name: "on-summary-timeout", EnvVars: env("on-summary-timeout"), Value: 30 * time.Second, Usage: "end the command of --on-summary after this `DURATION`"},
	)
}

// layoutFlags are those of the proxy and of render.
func layoutFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "from", EnvVars: env("from"), DefaultText: "failmail@HOSTNAME", Usage: "sender `ADDRESS` of the summaries"},
		&cli.StringFlag{Name: "reply-to", EnvVars: env("reply-to"), Usage: "answers to summaries go to `ADDRESS`"},
		&cli.StringFlag{Name: "subject", EnvVars: env("subject"), Value: render.DefaultSubject, Usage: "subject of the summaries, a `TEMPLATE`"},
		&cli.StringFlag{Name: "template", EnvVars: env("template"), Usage: "lay summaries out with summary.txt and summary.html in `DIR`, or one of them; failmail render --write-template makes both to begin from"},
		&cli.BoolFlag{Name: "attach-samples", EnvVars: env("attach-samples"), Usage: "attach the original mails that a summary shows"},
		&cli.IntFlag{Name: "max-summary", EnvVars: env("max-summary"), Value: render.DefaultMaxBytes, Usage: "keep a summary below `BYTES`"},
		&cli.StringFlag{Name: "redact", EnvVars: env("redact"), Value: "on", Usage: "remove passwords, tokens, cookies and card numbers from what people see: on or off; `WHETHER`"},
		&cli.GenericFlag{Name: "redact-pattern", EnvVars: env("redact-pattern"), Value: &list{env: env("redact-pattern")[0]}, Usage: "also remove what matches `PATTERN`; may be repeated"},
	}
}

func setRelay(c *cli.Context, config *failmail.Config) (err error) {
	config.Relay, config.RelayAll = relayFrom(c), c.Bool("relay-all")
	if config.RelayOptions, err = relayOptionsFrom(c); err != nil {
		return err
	}
	if config.RelayOptions.Limits.MaxConns = c.Int("relay-max-conns"); config.RelayOptions.Limits.MaxConns <= 0 {
		return &usageError{fmt.Sprintf("--relay-max-conns \"%d\" must be more than zero; use a number such as 1", c.Int("relay-max-conns"))}
	}
	return nil
}

func relayFrom(c *cli.Context) string {
	if command := c.String("relay-command"); command != "" && !c.IsSet("relay") {
		return "exec:" + command
	}
	return c.String("relay")
}

func relayOptionsFrom(c *cli.Context) (o failmail.RelayOptions, err error) {
	if o.TLS.Policy, err = deliver.ParseTLSPolicy(c.String("relay-tls")); err != nil {
		return o, &usageError{fmt.Sprintf("--relay-tls %q is unknown; use auto, require or off", c.String("relay-tls"))}
	}
	files := deliver.TLSFiles{CA: c.String("relay-ca"), Cert: c.String("relay-cert"), Key: c.String("relay-key")}
	if (files.Cert == "") != (files.Key == "") {
		return o, &usageError{"--relay-cert and --relay-key belong together; give both or none"}
	}
	if files != (deliver.TLSFiles{}) {
		o.TLS.Files = &files
	}
	o.Auth.User = c.String("relay-user")
	switch password, file := c.String("relay-password"), c.String("relay-password-file"); {
	case password != "" && file != "":
		return o, &usageError{"--relay-password and --relay-password-file exclude each other; leave out one of them"}
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
	if o.Auth.User == "" && (o.Auth.Password != nil || o.Auth.Token != nil) && !containsUser(relayFrom(c)) {
		return o, &usageError{"--relay-password, --relay-password-file and --relay-token-command need --relay-user; name the user"}
	}
	if o.Limits.Rate = c.Int("relay-rate"); o.Limits.Rate < 0 {
		return o, &usageError{fmt.Sprintf("--relay-rate \"%d\" is negative; use 0 for any number", o.Limits.Rate)}
	}
	return o, nil
}

// commandFrom splits a command, whose program must be there: else that would only
// be noticed when it is needed.
func commandFrom(flag, text string) ([]string, error) {
	command, err := deliver.SplitCommand(text)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--%s %q: %v", flag, text, err)}
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		return nil, &usageError{fmt.Sprintf("--%s %q cannot be run: %v; name a program that is there, and that this user may run", flag, text, err)}
	}
	return command, nil
}

func containsUser(relay string) bool {
	relays, err := deliver.ParseRelays(relay)
	if err != nil {
		return true // reported elsewhere
	}
	for _, r := range relays {
		if r.User != "" {
			return true
		}
	}
	return false
}

func setSummary(c *cli.Context, config *failmail.Config) error {
	config.From = c.String("from")
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
	if o.MaxBytes <= 0 {
		return render.Standard{}, &usageError{fmt.Sprintf("--max-summary \"%d\" must be more than zero; use a number of bytes such as 262144", o.MaxBytes)}
	}
	if dir := c.String("template"); dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return render.Standard{}, &usageError{fmt.Sprintf("--template %q is no folder; name one that holds summary.txt or summary.html", dir)}
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
	switch whether := c.String("redact"); whether {
	case "on":
		return failmail.NewRedactor(own...), nil
	case "off":
		if len(own) > 0 {
			return nil, &usageError{"--redact=off and --redact-pattern exclude each other; leave out one of them"}
		}
		return nil, nil
	default:
		return nil, &usageError{fmt.Sprintf("--redact %q is unknown; use on or off", whether)}
	}
}
