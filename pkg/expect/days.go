package expect

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
)

const (
	dayMinutes = 24 * 60
	dayNumber0 = 4 // the day of the week of January 1, 1970

	sameRun   = 6 * time.Hour // mails of one day within that are one run and its retries
	maxSpread = 4 * 60        // minutes between the times of day of most runs
	nearRun   = 3 * 60        // minutes around those times, in which a run tells on which days it is due
	tooLate   = 18 * 60       // minutes behind those times, from which on it is early for the next day
)

// weekdaySet has a bit for each day of the week, Sunday first.
type weekdaySet uint8

const (
	everyDay weekdaySet = 1<<7 - 1
	workdays weekdaySet = 1<<time.Monday | 1<<time.Tuesday | 1<<time.Wednesday | 1<<time.Thursday | 1<<time.Friday
)

func (s weekdaySet) has(day int) bool { return s>>day&1 != 0 }

// learnDays finds a time of day, and the days of the week or of the month on which mails come.
func learnDays(times []time.Time, zone *time.Location) (l Learned, ok bool) {
	runs := runsOf(times, zone)
	if len(runs) < minWeekly {
		return l, false
	}
	at, spread := timeOfDay(runs)
	if spread > maxSpread {
		return l, false
	}
	at -= at % 15 // people set round times, and a run takes a while
	days, late := dayCount{}, []int{0, 0}
	for _, run := range runs {
		behind := (run - at) % dayMinutes
		if behind > tooLate {
			behind -= dayMinutes
		}
		if behind >= -nearRun && behind <= spread+15+nearRun {
			days.add((run - behind) / dayMinutes)
		}
		late = append(late, behind)
	}
	set, sure := days.weekdays()
	if set == 0 {
		return days.learnMonths(at)
	}
	slices.Sort(late)
	latest := late[len(late)-1]
	if len(runs) >= 12 {
		latest = late[len(late)-2] // one that was very late may be an outage
	}
	// The fewer were seen, the less is known of how they vary.
	within := max(3*60, spread*(4+16/len(runs)), latest*3/2)
	within = min((within+29)/30*30, tooLate)
	return Learned{Every: fmt.Sprintf("%s %02d:%02d", set, at/60, at%60), Within: time.Duration(within) * time.Minute, Sure: sure}, true
}

// runsOf returns when runs were, in minutes by the hands of a clock that is never set: a
// job at 02:00 stays there.
func runsOf(times []time.Time, zone *time.Location) (runs []int) {
	var last time.Time
	for _, t := range times {
		if !last.IsZero() && t.Sub(last) < sameRun {
			continue
		}
		last = t
		_, offset := t.In(zone).Zone()
		runs = append(runs, int((t.Unix()+int64(offset))/60))
	}
	return runs
}

// timeOfDay returns the minute of the day at which most runs begin to come, and for how
// many minutes they do: the shortest arc with four fifths of them.
func timeOfDay(runs []int) (at, spread int) {
	var minutes []int
	for _, run := range runs {
		minutes = append(minutes, run%dayMinutes)
	}
	slices.Sort(minutes)
	n := len(minutes)
	most := (n*4 + 4) / 5
	spread = dayMinutes
	for i, first := range minutes {
		last := i + most - 1
		if arc := minutes[last%n] + last/n*dayMinutes - first; arc < spread { // over midnight, too
			at, spread = first, arc
		}
	}
	return at, spread
}

// A dayCount counts the days on which a run came.
type dayCount struct{ days []int } // since January 1, 1970, in their order

func (c *dayCount) add(day int) {
	if len(c.days) == 0 || day > c.days[len(c.days)-1] {
		c.days = append(c.days, day)
	}
}

// weekdays returns the days of the week on which it comes, 0 if it keeps to none; and
// whether a whole week was seen.
func (c *dayCount) weekdays() (set weekdaySet, sure bool) {
	if len(c.days) < minWeekly {
		return 0, false
	}
	first, last := c.days[0], c.days[len(c.days)-1]
	var came, could [7]int
	for day := first; day <= last; day++ {
		could[weekdayOf(day)]++
	}
	for _, day := range c.days {
		came[weekdayOf(day)]++
	}
	span := last - first + 1
	// share returns how many of the days of s it came on, and how many there were; off
	// those, it came rarely if at all.
	share := func(s weekdaySet) (n, of int, rarelyOff bool) {
		for day := range 7 {
			if s.has(day) {
				n, of = n+came[day], of+could[day]
			}
		}
		return n, of, (len(c.days)-n)*5 <= len(c.days)
	}
	for _, s := range [...]weekdaySet{everyDay, workdays} {
		half := true
		for day := range 7 {
			often := came[day]*2 >= could[day]
			half = half && (s.has(day) && came[day] > 0 && often || !s.has(day) && (came[day] < 2 || !often))
		}
		if n, of, rarelyOff := share(s); half && rarelyOff && n >= minDaily && n*5 >= of*4 && span >= 7 {
			return s, true
		}
	}
	least := len(c.days)
	for day := range 7 {
		if n, of := came[day], could[day]; n > 0 && n >= max(min(of, 2), of/2) {
			set |= 1 << day
			least = min(least, n)
		}
	}
	enough := 2
	if bits.OnesCount8(uint8(set)) == 1 {
		enough = minWeekly
	}
	if n, of, rarelyOff := share(set); span >= 14 && set != 0 && rarelyOff && n*10 >= of*7 && least >= enough {
		return set, true
	}
	if span >= 14 {
		return 0, false
	}
	// A guess: what never came on a weekend may be one of workdays.
	set = workdays
	if came[time.Saturday]+came[time.Sunday] > 0 {
		set = everyDay
	}
	if n, of, _ := share(set); n < minDaily || n*4 < of*3 {
		return 0, false
	}
	return set, false
}

func weekdayOf(day int) int { return (day + dayNumber0) % 7 }

// String writes s as the first word of a schedule.
func (s weekdaySet) String() string {
	switch {
	case s == everyDay:
		return "daily"
	case s == workdays:
		return "Mon-Fri"
	}
	var names []string
	for i := range 7 {
		if day := (i + 1) % 7; s.has(day) { // the week begins on Monday
			names = append(names, time.Weekday(day).String()[:3])
		}
	}
	if len(names) == 1 {
		return "weekly " + names[0]
	}
	return strings.Join(names, ",")
}

// parseWeekdays reads "Mon-Fri" and "Mon,Wed,Sat".
func parseWeekdays(text string) (set weekdaySet, ok bool) {
	for part := range strings.SplitSeq(strings.ToLower(text), ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, known := weekdays[from]
		last := first
		if isRange {
			var knownToo bool
			last, knownToo = weekdays[to]
			known = known && knownToo
		}
		if !known {
			return 0, false
		}
		for day := first; ; day = (day + 1) % 7 {
			set |= 1 << day
			if day == last {
				break
			}
		}
	}
	return set, true
}

// cron writes s as the last field of an expression of cron.
func (s weekdaySet) cron() string {
	var days []string
	for day := range 7 {
		if s.has(day) {
			days = append(days, fmt.Sprint(day))
		}
	}
	return strings.Join(days, ",")
}

// short writes a duration as people do: 1h, 2d.
func short(d time.Duration) string {
	if day := 24 * time.Hour; d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return phrase.Duration(d)
}
