package sqlite

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/internal/testutil/brittledisk"
	"github.com/hut8labs/failmail/pkg/store"
)

// A witness uses a store as the proxy does, notes what was acknowledged, and what
// the summaries told.
type witness struct {
	t            *testing.T
	store        *Store
	acknowledged int
	refused      int            // mails of Record that failed
	doubtful     int            // those of the first failure, which may have been written
	told         map[string]int // mails by Message-ID: a receiver drops what it has
	sealed       int            // summaries that were made
	failures     int
}

// try calls step until it succeeds, at most twice: clients and the proxy try again.
func (w *witness) try(step func() error) bool {
	for range 2 {
		if step() == nil {
			return true
		}
		w.failures++
	}
	return false
}

func (w *witness) record(entries ...store.Entry) {
	ok := w.try(func() error { return w.store.Record(w.t.Context(), entries) })
	if ok {
		w.acknowledged += len(entries)
		return
	}
	if w.refused == 0 {
		w.doubtful = len(entries)
	}
	w.refused += len(entries)
}

var afterNoon = noon.Add(24 * time.Hour)

// seal makes a summary of a batch; false if there is none.
func (w *witness) seal() (did bool) {
	var b *store.Batch
	ok := w.try(func() (err error) { b, err = w.store.Claim(w.t.Context(), afterNoon, time.Minute); return err })
	if !ok || b == nil {
		return false
	}
	return w.try(func() error {
		w.sealed++
		summary := store.Outgoing{MessageID: fmt.Sprint("summary ", w.sealed), Batch: b.Key, Count: b.Count, Mail: make([]byte, 2000), NextAt: noon, Due: noon}
		return w.store.Seal(w.t.Context(), b.ID, []store.Outgoing{summary})
	})
}

// claimSummary returns nil if there is none.
func (w *witness) claimSummary() (o *store.Outgoing) {
	w.try(func() (err error) {
		o, err = w.store.ClaimOutgoing(w.t.Context(), afterNoon, time.Minute)
		return err
	})
	return o
}

// deliver tells a summary; false if there is none.
func (w *witness) deliver() (did bool) {
	o := w.claimSummary()
	if o == nil {
		return false
	}
	w.told[o.MessageID] = o.Count
	return w.try(func() error { return w.store.Finish(w.t.Context(), o.ID) })
}

// live takes mails and tells of some: every kind of write that a store makes.
func (w *witness) live() {
	for mail := range 3 {
		w.record(storm(mail)) // to the journal
	}
	w.seal()
	w.record(storm(3))
	w.record(entries(manyGroups+1, 10)...) // past the journal
	w.deliver()
	for range longGroups/20 + 1 { // until the journal is long
		w.record(entries(20, 10)...)
	}
	w.seal()
	if o := w.claimSummary(); o != nil {
		w.record(storm(4))
		w.try(func() error { return w.store.Reopen(w.t.Context(), o.ID, noon) })
	}
	w.seal()
	w.record(storm(5))
}

// settle opens the store that was left on d and tells all of it.
func (w *witness) settle(d *brittledisk.Disk) {
	w.t.Helper()
	d.Fault = nil
	m := d.Mount()
	w.t.Cleanup(m.Unmount)
	s, err := OpenVFS(onDisk, store.Limits{}, m.Name())
	if err != nil {
		w.t.Fatalf("open it again: %v", err)
	}
	defer s.Close()
	w.store = s
	for w.seal() {
	}
	for w.deliver() {
	}
	if p, err := s.Pending(w.t.Context()); err != nil || p != (store.Pending{}) {
		w.t.Errorf("left in the store: %+v, %v", p, err)
	}
}

func (w *witness) counted() (total int) {
	for _, count := range w.told {
		total += count
	}
	return total
}

// onDisk is the name of a store.
const onDisk = "/failmail.db"

// A failing counts the calls to a disk. One of them fails.
type failing struct {
	at      int  // the number of that call; 0 for none
	forever bool // and so do all after it
	calls   int
}

func (f *failing) fault(op brittledisk.Op) error {
	f.calls++
	if f.at > 0 && (f.calls == f.at || f.forever && f.calls > f.at) {
		return brittledisk.Failure(op)
	}
	return nil
}

// witnessed opens a store on a disk, if that works in two tries, and lives with it.
func witnessed(t *testing.T, f *failing) (*witness, *brittledisk.Disk, *brittledisk.Mount) {
	d := &brittledisk.Disk{Fault: f.fault}
	m := d.Mount()
	t.Cleanup(m.Unmount)
	w := &witness{t: t, told: make(map[string]int)}
	w.try(func() (err error) { w.store, err = OpenVFS(onDisk, store.Limits{}, m.Name()); return err })
	if w.store != nil {
		w.live()
	}
	return w, d, m
}

// eachCall runs test with each call to the disk failing in turn; as make torture
// does, or else with every eleventh.
func eachCall(t *testing.T, test func(t *testing.T, call int)) {
	var good failing
	w, _, _ := witnessed(t, &good)
	w.store.Close()
	if w.failures > 0 {
		t.Fatal("something failed on a good disk")
	}
	t.Logf("%d calls", good.calls)
	step := 11 // as much as a test that everybody runs may take
	if os.Getenv("FAILMAIL_TEST_EVERY_CALL") != "" {
		step = 1
	}
	for call := 1; call <= good.calls; call += step {
		t.Run(fmt.Sprint("call ", call), func(t *testing.T) {
			t.Parallel()
			test(t, call)
		})
	}
}

// TestACallThatFailsOnceCostsNothing has the process go on: the mail that was
// refused is sent again, and counts once.
func TestACallThatFailsOnceCostsNothing(t *testing.T) {
	t.Parallel()
	eachCall(t, func(t *testing.T, call int) {
		w, d, _ := witnessed(t, &failing{at: call})
		if w.store == nil || w.refused > 0 {
			t.Fatalf("one failure lasted: %+v", w)
		}
		w.store.Close() // it may be what fails
		w.settle(d)
		if w.counted() != w.acknowledged {
			t.Errorf("%d mails were acknowledged, %d counted", w.acknowledged, w.counted())
		}
	})
}

// ends are how a process ends whose disk has failed. A power cut leaves any part of what
// was not synced.
var ends = map[string]func(*brittledisk.Disk, *brittledisk.Mount){
	"killed":                     func(_ *brittledisk.Disk, m *brittledisk.Mount) { m.Kill() },
	"power cut":                  func(d *brittledisk.Disk, _ *brittledisk.Mount) { d.CutPower(nil) },
	"power cut, writes are torn": func(d *brittledisk.Disk, _ *brittledisk.Mount) { d.CutPower(rand.New(rand.NewPCG(1, 2))) },
}

// TestADiskThatFailsLosesNothingOfWhatWasAcknowledged has the process killed, or
// the power cut, after the disk has failed for good.
func TestADiskThatFailsLosesNothingOfWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	eachCall(t, func(t *testing.T, call int) {
		for name, end := range ends {
			w, d, m := witnessed(t, &failing{at: call, forever: true})
			end(d, m)
			if w.store != nil {
				w.store.Close() // for the test's sake: what it writes is not looked at
			}
			w.settle(d)
			// The one that was being written when the disk failed may count.
			if n := w.counted(); n < w.acknowledged || n > w.acknowledged+w.doubtful {
				t.Errorf("%s: %d mails were acknowledged, %d refused, %d of them in doubt, %d counted", name, w.acknowledged, w.refused, w.doubtful, n)
			}
		}
	})
}

// TestASyncThatFailsCostsNothingWhenAnotherProcessGoesOn has what was not synced in the log
// that the next process finds.
func TestASyncThatFailsCostsNothingWhenAnotherProcessGoesOn(t *testing.T) {
	t.Parallel()
	broken := false
	d := &brittledisk.Disk{Fault: func(op brittledisk.Op) error {
		if broken && op == brittledisk.Sync {
			return brittledisk.Failure(op)
		}
		return nil
	}}
	w := &witness{t: t, told: make(map[string]int)}
	for process := range 3 {
		m := d.Mount()
		t.Cleanup(m.Unmount)
		var err error
		if w.store, err = OpenVFS(onDisk, store.Limits{}, m.Name()); err != nil {
			t.Fatal(err)
		}
		w.record(storm(2 * process))
		broken = true
		w.record(storm(2*process + 1))
		broken = false
		m.Kill()
		w.store.Close() // for the test's sake: what it writes is not looked at
	}
	d.CutPower(nil)
	w.settle(d)
	// Those that were being written when the sync failed may count.
	if n := w.counted(); n < w.acknowledged || n > w.acknowledged+w.refused {
		t.Errorf("%d mails were acknowledged, %d refused, %d counted", w.acknowledged, w.refused, n)
	}
}

// TestAFullDiskFailsEachProbe has every probe write, whatever the one before it wrote.
func TestAFullDiskFailsEachProbe(t *testing.T) {
	t.Parallel()
	full := false
	d := &brittledisk.Disk{Fault: func(op brittledisk.Op) error {
		if full && op == brittledisk.Write {
			return sqlite3.FULL
		}
		return nil
	}}
	m := d.Mount()
	defer m.Unmount()
	s, err := OpenVFS(onDisk, store.Limits{}, m.Name())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		full = false
		if err := s.Probe(t.Context(), 1); err != nil {
			t.Errorf("with space: %v", err)
		}
		full = true
		wantFull(t, "Probe", s.Probe(t.Context(), 1))
	}
	full = false
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
