package simulate

import (
	"fmt"
	"time"
)

// An account is how many mails with a subject there are: those that nobody muted, those
// that were muted, and those of which that is not certain.
type account struct{ loud, muted, blurred figures }

// figures are how many mails there are for certain, and how many there may be besides.
type figures struct{ certain, perhaps int }

func (f figures) and(more figures) figures {
	return figures{f.certain + more.certain, f.perhaps + more.perhaps}
}

// have reports whether n may be counted, of which the blurred ones may be as well.
func (f figures) have(n int, blurred figures) bool {
	return f.certain <= n && n <= f.certain+f.perhaps+blurred.certain+blurred.perhaps
}

// A muting says until when a subject is muted for certain, and until when perhaps: who asked
// for that had no answer.
type muting struct{ surely, perhaps time.Time }

// mute notes that a subject is muted from now on, for certain or perhaps.
func (l *ledger) mute(subject string, until time.Time, surely bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.mutes[subject]
	if until.After(m.perhaps) {
		m.perhaps = until
	}
	if surely && until.After(m.surely) {
		m.surely = until
	}
	l.mutes[subject] = m
}

// muted returns how long some subject is still muted.
func (l *ledger) muted(now time.Time) (longest time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.mutes {
		longest = max(longest, m.perhaps.Sub(now))
	}
	return longest
}

// blur is how far the end of a mute is off when a process was dead while the clock was set
// back: as long as it was dead, and a minute in which it had not noted the time.
const blur = 3 * time.Minute

// sent notes what the client of m knows of it.
func (l *ledger) sent(m mail, f fate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, fmt.Sprintf("%v: %s %q %v", time.Since(l.begin), m.id, m.subject, f))
	if m.passes {
		l.passed[m.id] = f
		return
	}
	if f != acknowledged && f != unanswered {
		return
	}
	if r := l.resolves[m.subject]; r != nil {
		r.isOver = false
	}
	own := l.accounts[m.subject]
	if own == nil {
		own = &account{}
		l.accounts[m.subject] = own
	}
	in, mute := &own.loud, l.mutes[m.subject]
	off := time.Duration(0)
	if !l.stepped.IsZero() {
		off = blur
	}
	switch {
	case m.at.Before(mute.surely.Add(-off)):
		in = &own.muted
	case m.at.Before(mute.perhaps.Add(off)):
		in = &own.blurred
	}
	if f == acknowledged {
		in.certain++
	} else {
		in.perhaps++
	}
}
