package problem

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/duration"
)

// A MuteEnd says when a mute of a problem ends. Of several ends the first one counts; a mute
// that has no time ends after 90 days.
type MuteEnd struct {
	At   time.Time
	Over bool // when the problem is over
	More int  // when so many further mails have come
}

// ParseMuteEnd reads when a mute ends, as people write it at a time: a duration such as 2h, a
// time of day such as 18:00 or a day such as 2026-12-01, "over", or "10 more". The error says
// what would be right.
func ParseMuteEnd(text string, now time.Time) (end MuteEnd, err error) {
	text = strings.TrimSpace(text)
	if text == "over" {
		return MuteEnd{Over: true}, nil
	}
	if count, isMore := strings.CutSuffix(text, "more"); isMore {
		if n, err := strconv.Atoi(strings.TrimSpace(count)); err == nil && n > 0 {
			return MuteEnd{More: n}, nil
		}
	}
	if length, err := duration.Parse(text); err == nil && length > 0 {
		return MuteEnd{At: now.Add(length)}, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil && day.After(now) {
		return MuteEnd{At: day}, nil
	}
	if clock, err := time.Parse("15:04", text); err == nil {
		y, m, d := now.Date()
		at := time.Date(y, m, d, clock.Hour(), clock.Minute(), 0, 0, now.Location())
		if !at.After(now) {
			at = time.Date(y, m, d+1, clock.Hour(), clock.Minute(), 0, 0, now.Location())
		}
		return MuteEnd{At: at}, nil
	}
	return end, &Mistake{fmt.Errorf(`%q cannot end a mute; use a duration such as 2h or 3d, a time such as 18:00, a future day such as 2026-12-01, "over", or "10 more" mails`, text)}
}

// String says when it is.
func (e MuteEnd) String() string {
	var ends []string
	if !e.At.IsZero() {
		ends = append(ends, e.At.Format("2006-01-02 15:04 MST"))
	}
	if e.Over {
		ends = append(ends, "it is over")
	}
	switch {
	case e.More == 1:
		ends = append(ends, "1 more mail has come")
	case e.More > 1:
		ends = append(ends, fmt.Sprintf("%d more mails have come", e.More))
	}
	return strings.Join(ends, ", or ")
}
