//go:build !race

package testutil

const isRace = false
