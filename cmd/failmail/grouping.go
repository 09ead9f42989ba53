package main

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/batch"
)

// defaultQuiet is how long a group must be quiet to be news with --first=send.
const defaultQuiet = time.Hour

// groupingFlags say which mails belong together, and what is sent of them when.
func groupingFlags() []cli.Flag {
	return append(expressionFlags(), []cli.Flag{
		&cli.StringFlag{Name: "first", EnvVars: env("first"), Value: "hold", Usage: "\"send\" the first mail of a group that was quiet at once, or \"hold\" it for the summary; `WHAT`"},
		&cli.DurationFlag{Name: "quiet", EnvVars: env("quiet"), Value: defaultQuiet, Usage: "with --first=send, a group is quiet after this `DURATION` without a mail"},
		&cli.StringFlag{Name: "recipients", EnvVars: env("recipients"), Value: "union", Usage: "send a summary to the \"union\" of the recipients, or to \"each\" one with only what was addressed to it; `WHO`"},
		&cli.GenericFlag{Name: "heartbeat", EnvVars: env("heartbeat"), Value: &list{env: env("heartbeat")[0]}, Usage: "mails whose subject matches `PATTERN` only prove that the path works: count them, and send no summary; may be repeated"},
		&cli.IntFlag{Name: "rate-limit", EnvVars: env("rate-limit"), Usage: "mail --pager when more than `N` mails come within --rate-window, and when that is over"},
		&cli.DurationFlag{Name: "rate-window", EnvVars: env("rate-window"), Value: failmail.DefaultRateWindow, Usage: "the `DURATION` of --rate-limit"},
		&cli.StringFlag{Name: "pager", EnvVars: env("pager"), Usage: "the `ADDRESS` of --rate-limit"},
	}...)
}

// expressionFlags are those of the proxy and of explain.
func expressionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "batch", EnvVars: env("batch"), Value: batch.DefaultBatch, Usage: "put mails for which `EXPRESSION` gives the same into one summary"},
		&cli.StringFlag{Name: "group", EnvVars: env("group"), Value: batch.DefaultGroup, Usage: "put mails for which `EXPRESSION` gives the same under one headline: subject, masked-subject, fingerprint, from, host, header:NAME, joined by commas, or a template"},
		&cli.StringFlag{Name: "batch-expr", Hidden: true, Usage: "old name of --batch"},
		&cli.StringFlag{Name: "group-expr", Hidden: true, Usage: "old name of --group"},
	}
}

// groupersFrom compiles the expressions.
func groupersFrom(c *cli.Context) (batchBy, groupBy failmail.Grouper, err error) {
	if batchBy, err = grouperFrom(c, "batch"); err != nil {
		return nil, nil, err
	}
	groupBy, err = grouperFrom(c, "group")
	return batchBy, groupBy, err
}

func grouperFrom(c *cli.Context, flag string) (failmail.Grouper, error) {
	if old := flag + "-expr"; c.IsSet(old) && !c.IsSet(flag) {
		flag = old
	}
	grouper, err := failmail.Group(c.String(flag))
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--%s %q: %v", flag, c.String(flag), err)}
	}
	return grouper, nil
}

func setGrouping(c *cli.Context, config *failmail.Config) (err error) {
	if config.Batch, config.Group, err = groupersFrom(c); err != nil {
		return err
	}
	switch what := c.String("first"); what {
	case "send":
		if config.First = c.Duration("quiet"); config.First <= 0 {
			return &usageError{fmt.Sprintf("--quiet %q must be more than zero; use a duration such as 1h", config.First)}
		}
	case "hold":
	default:
		return &usageError{fmt.Sprintf("--first %q is unknown; use send or hold", what)}
	}
	switch who := c.String("recipients"); who {
	case "union", "each":
		config.EachRecipient = who == "each"
	default:
		return &usageError{fmt.Sprintf("--recipients %q is unknown; use union or each", who)}
	}
	for _, pattern := range listOf(c, "heartbeat") {
		re, err := regexp.Compile(pattern)
		if pattern == "" {
			err = errors.New("it is empty, and would take every mail for one")
		}
		if err != nil {
			return &usageError{fmt.Sprintf("--heartbeat %q is not a pattern: %v; use one such as ^just monitoring", pattern, err)}
		}
		config.Heartbeats = append(config.Heartbeats, re)
	}
	if config.RateLimit = c.Int("rate-limit"); c.IsSet("rate-limit") && config.RateLimit <= 0 {
		return &usageError{fmt.Sprintf("--rate-limit \"%d\" must be more than zero; leave it out for none", config.RateLimit)}
	}
	if config.RateWindow = c.Duration("rate-window"); config.RateWindow < time.Second {
		return &usageError{fmt.Sprintf("--rate-window %q is shorter than a second; use a duration such as 5m", config.RateWindow)}
	}
	config.Pager = c.String("pager")
	return nil
}
