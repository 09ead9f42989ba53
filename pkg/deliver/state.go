package deliver

import "time"

// A State says how a relay is, for those who watch it.
type State struct {
	Name      string    // empty for a Sender of somebody's own that has no String
	DownSince time.Time // zero while it is up
	NextTry   time.Time // while it is down; zero for at once
	Error     string    // why it is down
}

// Up reports whether the relay took the last attempt.
func (s State) Up() bool { return s.DownSince.IsZero() }
