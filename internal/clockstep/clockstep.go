// Package clockstep moves what is kept of times when the wall clock was set.
package clockstep

import "time"

// Move moves each of times by so much; the zero time, and what is not before never,
// stand for no time and stay.
func Move(by time.Duration, never time.Time, times ...*time.Time) {
	for _, t := range times {
		if !t.IsZero() && t.Before(never) {
			*t = t.Add(by)
		}
	}
}

// Minutes returns by how many minutes by moves what is counted by the minute.
func Minutes(by time.Duration) int64 { return int64(by.Round(time.Minute) / time.Minute) }
