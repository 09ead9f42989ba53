// Package duration reads durations as people write them, which may be days.
package duration

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// long matches the weeks and days in front of what time.ParseDuration takes.
var long = regexp.MustCompile(`^(?:(\d{1,4})w)?(?:(\d{1,5})d)?`)

// Parse reads a duration as time.ParseDuration does, and also "3d" for three days
// of 24 hours, "1w" for a week and "1d12h".
func Parse(text string) (time.Duration, error) {
	m := long.FindStringSubmatch(text)
	if m[0] == "" {
		return time.ParseDuration(text)
	}
	weeks, _ := strconv.Atoi(m[1]) // empty is 0
	days, _ := strconv.Atoi(m[2])
	total := time.Duration(weeks)*week + time.Duration(days)*day
	var more time.Duration
	if rest := text[len(m[0]):]; rest != "" {
		var err error
		if more, err = time.ParseDuration(rest); err != nil {
			more = -1
		}
	}
	// A sum of two that overflows is negative.
	if total < 0 || more < 0 || total+more < 0 {
		return 0, fmt.Errorf("time: invalid duration %q", text)
	}
	return total + more, nil
}
