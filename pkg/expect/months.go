package expect

import (
	"fmt"
	"strings"
	"time"
)

// learnMonths finds the day of the month on which mails come at a minute of the day. So few
// say little of how late they may be: the window is as long as any of days.
func (c *dayCount) learnMonths(at int) (l Learned, ok bool) {
	fields := c.monthly()
	if fields == "" {
		return l, false
	}
	l = Learned{Every: fmt.Sprintf("%d %d %s", at%60, at/60, fields), Within: tooLate * time.Minute, Sure: true}
	if strings.HasPrefix(fields, "*") && at < nearRun {
		// It may be due the day before, and the first Monday is not always the day after the
		// first Sunday.
		l.Within += week
	}
	return l, true
}

// monthly returns the day of the month on which it comes, as the last fields of an expression
// of cron; empty if it keeps to none, or if it could be one as well as another: the fourth
// Sunday may be the last one, and what comes every 28 days is not monthly.
func (c *dayCount) monthly() (fields string) {
	found := make(map[string][]int) // days by what they may be
	for _, day := range c.days {
		date := dateOf(day)
		n, last := date.Day(), date.AddDate(0, 1, -date.Day()).Day()
		may := []string{fmt.Sprintf("%d * *", n), fmt.Sprintf("* * %d#%d", date.Weekday(), (n+6)/7)}
		if n == last {
			may = append(may, "L * *")
		}
		if n+7 > last {
			may = append(may, fmt.Sprintf("* * %dL", date.Weekday()))
		}
		for _, text := range may {
			found[text] = append(found[text], day)
		}
	}
	var days []int
	for text, of := range found {
		switch {
		case len(of) > len(days):
			fields, days = text, of
		case len(of) == len(days):
			fields = ""
		}
	}
	n := len(days)
	if n < minMonthly || n*5 < len(c.days)*4 || days[n-1]-days[0] == 28*(n-1) {
		return ""
	}
	first, last := dateOf(days[0]), dateOf(days[n-1])
	if months := (last.Year()-first.Year())*12 + int(last.Month()-first.Month()) + 1; n*10 < months*7 {
		return ""
	}
	return fields
}

func dateOf(day int) time.Time { return time.Unix(int64(day)*24*60*60, 0).UTC() }
