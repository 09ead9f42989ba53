package expect

import "time"

// A Schedule is a time that comes again and again.
type Schedule struct{ schedule schedule }

// ParseSchedule reads what [Expectation.Every] has, in the time of a zone. The error says what
// is wrong and what would be right.
func ParseSchedule(every string, zone *time.Location) (Schedule, error) {
	s, err := parseSchedule(every, zone)
	return Schedule{s}, err
}

// After returns when it comes first after t.
func (s Schedule) After(t time.Time) time.Time { return s.schedule.after(t) }
