package expect

import (
	"fmt"
	"strings"
	"time"

	"github.com/adhocore/gronx"

	"github.com/hut8labs/failmail/internal/duration"
)

// A schedule says when the next mail is due.
type schedule interface {
	// after returns the first time behind t.
	after(t time.Time) time.Time
}

// interval counts from the last one.
type interval time.Duration

func (i interval) after(t time.Time) time.Time { return t.Add(time.Duration(i)) }

// cron is an expression of cron, in the time of a zone.
type cron struct {
	expression string
	zone       *time.Location
}

func (c cron) after(t time.Time) time.Time {
	// By the hands of a clock that is never set: an hour that is skipped must not skip a
	// day. Where there is no such hour, it is due as much later.
	hands := t.In(c.zone)
	hands = time.Date(hands.Year(), hands.Month(), hands.Day(), hands.Hour(), hands.Minute(), hands.Second(), 0, time.UTC)
	for {
		next, err := gronx.NextTickAfter(c.expression, hands, false)
		if err != nil {
			return t.Add(100 * 365 * 24 * time.Hour) // parseSchedule has seen that there is one
		}
		if due := time.Date(next.Year(), next.Month(), next.Day(), next.Hour(), next.Minute(), 0, 0, c.zone); due.After(t) {
			return due
		}
		hands = next
	}
}

const howOften = `write "daily 02:00", "Mon-Fri 02:00", "weekly Mon 07:00", five fields of cron such as "0 2 * * 1-5", or a duration such as "1h"`

// minEvery is the shortest time between two mails that are expected.
const minEvery = time.Minute

func parseSchedule(text string, zone *time.Location) (schedule, error) {
	words := strings.Fields(text)
	expression := strings.Join(words, " ")
	switch {
	case len(words) == 0:
		return nil, fmt.Errorf("it is missing; %s", howOften)
	case len(words) == 1 && words[0][0] != '@':
		d, err := duration.Parse(words[0])
		if err != nil {
			return nil, fmt.Errorf("%q is not a time; %s", text, howOften)
		}
		if d < minEvery {
			return nil, fmt.Errorf("%s is too short; at least %s", d, minEvery)
		}
		return interval(d), nil
	case len(words) == 2 && words[0] == "daily":
		at, err := clock(words[1])
		if err != nil {
			return nil, err
		}
		expression = at + " * * *"
	case len(words) == 2 && words[0][0] != '@':
		days, known := parseWeekdays(words[0])
		if !known {
			return nil, fmt.Errorf("%q is not a time; %s", text, howOften)
		}
		at, err := clock(words[1])
		if err != nil {
			return nil, err
		}
		expression = at + " * * " + days.cron()
	case len(words) == 3 && words[0] == "weekly":
		at, err := clock(words[2])
		if err != nil {
			return nil, err
		}
		day, known := weekdays[strings.ToLower(words[1])]
		if !known {
			return nil, fmt.Errorf("%q is not a day of the week; write Mon, Tue, Wed, Thu, Fri, Sat or Sun", words[1])
		}
		expression = fmt.Sprint(at, " * * ", int(day))
	case len(words) != 5 && words[0][0] != '@':
		return nil, fmt.Errorf("%q is not a time; %s", text, howOften)
	}
	c := cron{expression, zone}
	if !gronx.IsValid(expression) {
		return nil, fmt.Errorf("%q is not a time; %s", text, howOften)
	}
	if _, err := gronx.NextTickAfter(expression, time.Now().In(zone), false); err != nil {
		return nil, fmt.Errorf("%q never comes; %s", text, howOften)
	}
	return c, nil
}

// clock returns minute and hour of a time of day as cron has them.
func clock(text string) (string, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return "", fmt.Errorf("%q is not a time of day; write one such as 02:00", text)
	}
	return fmt.Sprint(t.Minute(), " ", t.Hour()), nil
}

var weekdays = func() map[string]time.Weekday {
	all := make(map[string]time.Weekday)
	for day := range time.Weekday(7) {
		name := strings.ToLower(day.String())
		all[name], all[name[:3]] = day, day
	}
	return all
}()
