package main

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
)

// defaultQuiet is how long a group must be quiet to be news with --first=send.
const defaultQuiet = time.Hour

// groupersFrom compiles the expressions.
func groupersFrom(c *cli.Context) (batchBy, groupBy failmail.Grouper, err error) {
	if batchBy, err = grouperFrom(c, "batch"); err != nil {
		return nil, nil, err
	}
	groupBy, err = grouperFrom(c, "group")
	return batchBy, groupBy, err
}

func grouperFrom(c *cli.Context, flag string) (failmail.Grouper, error) {
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
	if c.String("first") == "hold" {
		config.First = 0
	} else if config.First <= 0 {
		return &usageError{fmt.Sprintf("--quiet %q must be more than zero; use a duration such as 1h", config.First)}
	}
	config.EachRecipient = c.String("recipients") == "each"
	for _, pattern := range listOf(c, "heartbeat") {
		re, err := regexp.Compile(pattern)
		if pattern == "" {
			err = errors.New("it is empty, and would match every mail")
		}
		if err != nil {
			return &usageError{fmt.Sprintf("--heartbeat %q is not a pattern: %v; use one such as ^just monitoring", pattern, err)}
		}
		config.Heartbeats = append(config.Heartbeats, re)
	}
	if c.IsSet("rate-limit") && config.RateLimit <= 0 {
		return &usageError{fmt.Sprintf("--rate-limit \"%d\" must be more than zero; leave it out for none", config.RateLimit)}
	}
	if config.RateWindow < time.Second {
		return &usageError{fmt.Sprintf("--rate-window %q is shorter than a second; use a duration such as 5m", config.RateWindow)}
	}
	return nil
}
