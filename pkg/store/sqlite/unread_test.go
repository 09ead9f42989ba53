package sqlite

import (
	"testing"

	"github.com/hut8labs/failmail/internal/testutil/brittledisk"
	"github.com/hut8labs/failmail/pkg/store"
)

// TestAReadThatFailsIsNoDamage has each read of a start fail, and each with all after it: a
// store that is set aside for that would be lost to those who wait for its summaries.
func TestAReadThatFailsIsNoDamage(t *testing.T) {
	t.Parallel()
	var f failing
	w, d, m := witnessed(t, &f)
	w.store.Close()
	m.Kill()
	for _, forever := range []bool{false, true} {
		for at, reads := 0, 0; at <= reads; at++ { // the first one counts them
			f = failing{at: at, forever: forever}
			d.Fault = func(op brittledisk.Op) error {
				if op != brittledisk.Read {
					return nil
				}
				return f.fault(op)
			}
			m := d.Mount()
			s, err := OpenVFS(onDisk, store.Limits{}, m.Name())
			if isDamage(err) {
				t.Errorf("read %d (forever: %t): %v", at, forever, err)
			}
			if err == nil {
				s.Close()
			}
			m.Unmount()
			if at == 0 {
				reads = f.calls
			}
		}
	}
	w.settle(d)
	if w.counted() != w.acknowledged {
		t.Errorf("%d mails were acknowledged, %d counted", w.acknowledged, w.counted())
	}
}
