package main

import (
	"fmt"
	"regexp"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/recognise"
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
	config.Expect, _ = c.App.Metadata["expect"].([]expect.Expectation)
	config.Sources, _ = c.App.Metadata["sources"].([]recognise.Source)
	if config.Batch, config.Group, err = groupersFrom(c); err != nil {
		return err
	}
	if c.String("first") == "hold" {
		config.First = 0
	} else if config.First <= 0 {
		return &usageError{fmt.Sprintf("--quiet %q must be more than zero; use a duration such as 1h", config.First)}
	}
	config.EachRecipient, config.HoldOK = c.String("recipients") == "each", c.String("ok") == "hold"
	if config.Heartbeats, err = heartbeatsFrom(c); err != nil {
		return err
	}
	if config.RateWindow < time.Second {
		return &usageError{fmt.Sprintf("--rate-window %q is shorter than a second; use a duration such as 5m", config.RateWindow)}
	}
	return nil
}

func heartbeatsFrom(c *cli.Context) (patterns []*regexp.Regexp, err error) {
	for _, text := range listOf(c, "heartbeat") {
		re, err := regexp.Compile(text)
		if err != nil {
			return nil, &usageError{fmt.Sprintf("--heartbeat %q is not a valid pattern: %v; use one such as ^just monitoring", text, err)}
		}
		patterns = append(patterns, re)
	}
	return patterns, nil
}
