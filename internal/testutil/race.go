//go:build race

package testutil

// isRace says that the race detector is on.
const isRace = true
