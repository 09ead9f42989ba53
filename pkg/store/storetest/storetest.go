// Package storetest is the conformance suite of store.Store. An engine that
// passes it keeps the promises in the comments of the interface, so that
// Failmail behaves the same whichever engine it runs on.
//
//	func TestConformance(t *testing.T) {
//		storetest.Run(t, func(_ *testing.T, limits store.Limits) store.Store { return mine.New(limits) })
//	}
//
// [RunDurable] also opens a store again, for engines that outlive the process, and
// [RunShared] opens one several times, for those that several nodes share. Each subtest has
// a fresh store, and they run in parallel.
//
// The suite uses fixed dates of whole microseconds, the resolution every engine keeps,
// and compares instants, never their locations.
package storetest

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/hut8labs/failmail/pkg/store"
)

// A check is one sentence about stores and the test that it is true.
type check struct {
	sentence string
	limits   store.Limits
	run      func(t *testing.T, s *subject)
}

// Run tests the stores that open returns. Each call of open returns an empty
// store with the given limits; Run closes it. The subtests are parallel, so
// open is called concurrently.
func Run(t *testing.T, open func(t *testing.T, limits store.Limits) store.Store) {
	for _, c := range slices.Concat(recordChecks(), windowChecks(), claimChecks(), sealChecks(), outboxChecks(),
		limitChecks(), oddChecks(), concurrencyChecks(), lifecycleChecks(), mutedChecks(), earlyChecks(), partChecks(),
		varyingChecks(), historyChecks(), standingChecks(), problemChecks(), problemQueryChecks(), sentChecks(), foldChecks(), listingChecks(), pastChecks(), spaceChecks(), abilityChecks(), propertyChecks(2)) {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			c.run(t, newSubject(t, open(t, c.limits)))
		})
	}
}

// An Open opens what is kept at path, creating it if nothing is.
type Open func(t *testing.T, path string, limits store.Limits) store.Store

// RunDurable tests engines whose content outlives Close and that have it to
// themselves, so that opening gives back what was leased. Each subtest has a
// path of its own; open is called with it again, after Close, and must then
// return the store with what was in it. The subtests are parallel.
func RunDurable(t *testing.T, open Open) {
	runAt(t, open, false, slices.Concat(durableChecks(), durableProblemChecks(), abilityChecks(), propertyChecks(4)))
}

// RunShared is RunDurable for engines whose content several nodes use at the same
// time: open is also called with a path that is open, and must leave alone what
// is leased.
func RunShared(t *testing.T, open Open) {
	runAt(t, open, true, slices.Concat(durableChecks(), durableProblemChecks(), sharedChecks(), abilityChecks(), propertyChecks(2)))
}

func runAt(t *testing.T, open Open, shared bool, checks []check) {
	for _, c := range checks {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "failmail.db")
			s := newSubject(t, open(t, path, c.limits))
			s.openAt, s.shared = path, shared
			s.open = func() store.Store { return open(t, s.openAt, c.limits) }
			c.run(t, s)
		})
	}
}
