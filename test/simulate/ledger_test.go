package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// A ledger is the model: what clients were told, and what the relay and the fail-dir have.
// What it refuses to accept breaks a promise of docs/reliability.md.
type ledger struct {
	begin time.Time

	mu         sync.Mutex
	violations []string
	told       []string // the trace of the run
	mails      int

	accounts  map[account]*figures
	passed    map[string]fate      // mails to be relayed as they are, by Message-ID
	mutes     map[string]time.Time // until when a subject is muted
	has       map[string]*summary  // what somebody has, by Message-ID
	last      map[string]*seen     // of the last summary that had a subject
	troubles  []trouble
	outage    *outage
	ahead     time.Duration // of the wall clock, which summaries tell times by
	resending bool
	asks      []time.Time // of late, of a relay that is down
	stepped   time.Time   // when the clock was set last
	wait      time.Duration
}

// An account is what is counted apart: the mails with a subject, muted or not.
type account struct {
	subject string
	muted   bool
}

type figures struct{ acknowledged, unanswered int }

// A summary is one that somebody has, or a mail that passed.
type summary struct {
	report *report // nil for a mail that passed
	raw    []byte
	number int                  // in the order in which somebody got one
	to     map[string]time.Time // who has it, and since when
}

type seen struct {
	delivered, last time.Time
}

// A trouble is a time in which due times and repetitions are nobody's promise.
type trouble struct {
	what     string
	from, to time.Time
}

// An outage is a time in which the relay was down; one summary tells all of it.
type outage struct {
	from, to  time.Time
	summaries int
}

func newLedger() *ledger {
	return &ledger{
		begin: time.Now(), accounts: map[account]*figures{}, passed: map[string]fate{}, mutes: map[string]time.Time{},
		has: map[string]*summary{}, last: map[string]*seen{}, wait: wait,
	}
}

func (l *ledger) violate(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuse(format, args...)
}

func (l *ledger) refuse(format string, args ...any) {
	text := fmt.Sprintf("%v: ", time.Since(l.begin)) + fmt.Sprintf(format, args...)
	l.violations, l.told = append(l.violations, text), append(l.told, text)
}

// tell adds a line to the trace.
func (l *ledger) tell(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, fmt.Sprintf("%v: ", time.Since(l.begin))+fmt.Sprintf(format, args...))
}

// disturb notes a trouble that lasts from now.
func (l *ledger) disturb(what string, lasts time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.troubles, l.outage = append(l.troubles, trouble{what, now, now.Add(lasts)}), nil
}

func (l *ledger) disturbed(from, to time.Time) bool {
	return slices.ContainsFunc(l.troubles, func(t trouble) bool { return !t.to.Before(from) && !t.from.After(to) })
}

// mayRepeat reports whether a summary may come again: a process ended before it had
// written down what the relay answered, or the relay did not answer.
func (l *ledger) mayRepeat(from, to time.Time) bool {
	return slices.ContainsFunc(l.troubles, func(t trouble) bool {
		return !t.to.Before(from) && !t.from.After(to) && slices.Contains([]string{"a kill", "a restart", silent}, t.what)
	})
}

// asked notes that a relay was asked that is down. Some may be at once, whose time is over.
func (l *ledger) asked() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.asks = append(slices.DeleteFunc(l.asks, func(t time.Time) bool { return now.Sub(t) > 3*time.Second }), now)
	if len(l.asks) > 10 {
		l.refuse("a relay that is down was asked %d times in 3 s", len(l.asks))
		l.asks = nil
	}
}

// down notes an outage of the relay, which lasts unless there is another trouble.
func (l *ledger) down(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outage = &outage{from: time.Now(), to: until}
}

// step notes that the wall clock is set; summaries tell its times.
func (l *ledger) step(by time.Duration) {
	l.disturb("a step of the clock", maxWait)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ahead += by
	l.stepped = time.Now()
}

// waits notes another setting.
func (l *ledger) waits(wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wait = wait
}

// resends notes whether the mails that the relay takes are those of the fail-dir.
func (l *ledger) resends(they bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resending = they
}

// mute notes that a subject is muted from now on.
func (l *ledger) mute(subject string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.mutes[subject]) {
		l.mutes[subject] = until
	}
}

// muted returns how long some subject is still muted.
func (l *ledger) muted(now time.Time) (longest time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, until := range l.mutes {
		longest = max(longest, until.Sub(now))
	}
	return longest
}

// next returns the Message-ID of another mail, which passes or is counted.
func (l *ledger) next(passes bool) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mails++
	id := fmt.Sprintf("mail-%d@app.example", l.mails)
	if passes {
		l.passed[id] = notSent // it may be with the relay before its client has an answer
	}
	return id
}

// sent notes what a client knows of a mail that it sent at a time.
func (l *ledger) sent(subject, id string, passes bool, at time.Time, f fate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, fmt.Sprintf("%v: %s %q %v", time.Since(l.begin), id, subject, f))
	if passes {
		l.passed[id] = f
		return
	}
	key := account{subject, at.Before(l.mutes[subject])}
	if l.accounts[key] == nil {
		l.accounts[key] = &figures{}
	}
	switch f {
	case acknowledged:
		l.accounts[key].acknowledged++
	case unanswered:
		l.accounts[key].unanswered++
	}
}

// took notes that the relay has taken m for some recipients.
func (l *ledger) took(m *failmail.Mail, to []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	s, isNew := l.add(m.MessageID, m.Raw, "the relay")
	l.told = append(l.told, fmt.Sprintf("%v: the relay took mail %d (%s) for %s", time.Since(l.begin), s.number, what(s.report), strings.Join(to, " ")))
	for _, address := range to {
		if before, again := s.to[address]; again && !l.mayRepeat(before, now) {
			l.refuse("%s got %s twice though nothing had happened", address, m.MessageID)
		}
		s.to[address] = now
	}
	// What came before a step is told by the clock as it was.
	if isNew && s.report != nil && !l.resending && now.Sub(l.stepped) > resting {
		l.checkTime(s.report, now)
		l.checkNews(s.report, now)
	}
}

// add notes a mail that somebody has.
func (l *ledger) add(id string, raw []byte, who string) (s *summary, isNew bool) {
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		l.refuse("%s has a mail that cannot be read: %v", who, err)
		return &summary{to: map[string]time.Time{}}, false
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(parsed.Body); err != nil {
		l.refuse("%s has a mail that cannot be read: %v", who, err)
	}
	if known := l.has[id]; known != nil {
		if !bytes.Equal(known.raw, body.Bytes()) {
			l.refuse("%s has another mail with the Message-ID %s", who, id)
		}
		return known, false
	}
	s = &summary{raw: body.Bytes(), number: len(l.has) + 1, to: map[string]time.Time{}}
	if parsed.Header.Get("Subject") == "summary" {
		s.report = &report{}
		if err := json.Unmarshal(s.raw, s.report); err != nil {
			l.refuse("the summary %s cannot be read: %v", id, err)
		}
	} else if _, sent := l.passed[id]; !sent {
		l.refuse("%s has the mail %q, which nobody sent", who, id)
	}
	l.has[id] = s
	return s, true
}

// what says in the trace what a mail is.
func what(r *report) string {
	if r == nil {
		return "one that passes"
	}
	var parts []string
	for _, g := range r.Groups {
		parts = append(parts, fmt.Sprintf("%d × %s, %s", g.Count, g.Title, g.State))
	}
	for _, m := range r.Muted {
		parts = append(parts, fmt.Sprintf("%d muted", m.Count))
	}
	return strings.Join(parts, "; ")
}

// checkTime checks that a summary comes when it is due, and that one tells an outage.
func (l *ledger) checkTime(r *report, now time.Time) {
	if len(r.Groups) == 0 || len(r.Muted) > 0 {
		return
	}
	first, last := r.Groups[0].First, r.Groups[0].Last
	for _, g := range r.Groups {
		if g.First.Before(first) {
			first = g.First
		}
		if g.Last.After(last) {
			last = g.Last
		}
	}
	first, last = first.Add(-l.ahead), last.Add(-l.ahead)
	due := last.Add(l.wait)
	if latest := first.Add(maxWait); latest.Before(due) {
		due = latest
	}
	early, late := now.Before(due.Add(-time.Second)) && !l.disturbed(first, now), due
	for _, t := range l.troubles {
		if !t.to.Before(first) && !t.from.After(now) && t.to.After(late) {
			late = t.to
		}
	}
	if early || now.After(late.Add(time.Second)) {
		l.refuse("a summary of mails from %v to %v came %v after its time", first.Sub(l.begin), last.Sub(l.begin), now.Sub(due))
	}
	if o := l.outage; o != nil && first.After(o.from) && first.Before(o.to) {
		if o.summaries++; o.summaries > 1 {
			l.refuse("an outage is told in %d summaries", o.summaries)
		}
	}
}

// checkNews checks what a summary says is new.
func (l *ledger) checkNews(r *report, now time.Time) {
	for _, g := range r.Groups {
		first, last := g.First.Add(-l.ahead), g.Last.Add(-l.ahead)
		before := l.last[g.Title]
		l.last[g.Title] = &seen{now, last}
		_, wasMuted := l.mutes[g.Title]
		switch {
		case wasMuted:
		case before == nil && g.State != "NEW" && len(l.troubles) == 0:
			l.refuse("%q is %s, and was never seen", g.Title, g.State)
		case before == nil || l.disturbed(before.last, now):
		case now.Sub(before.delivered) < time.Second: // that may be known only after this one was made
		case g.State == "NEW":
			l.refuse("%q is NEW, and was in an earlier summary", g.Title)
		case (g.State == "BACK") != (first.Sub(before.last) >= time.Hour):
			l.refuse("%q is %s after %v", g.Title, g.State, first.Sub(before.last))
		}
	}
}

// settle compares what clients were told with what people have, when nothing waits.
func (l *ledger) settle(failed []deliver.Stored, dir string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	inFailDir := make(map[string][]string)
	for _, f := range failed {
		files, err := filepath.Glob(filepath.Join(dir, "*", f.Name+"*"))
		if err != nil || len(files) != 1 {
			l.refuse("the fail-dir has %d files with the name %s", len(files), f.Name)
			continue
		}
		raw, err := os.ReadFile(files[0])
		if err != nil {
			l.refuse("the fail-dir cannot be read: %v", err)
		}
		l.add(f.MessageID, raw, "the fail-dir")
		inFailDir[f.MessageID] = append(inFailDir[f.MessageID], f.To...)
	}
	for _, who := range []string{ops, dba} {
		counted := make(map[account]int)
		for id, s := range l.has {
			if _, has := s.to[who]; !has && !slices.Contains(inFailDir[id], who) || s.report == nil {
				continue
			}
			sum := 0
			for _, g := range s.report.Groups {
				counted[account{g.Title, false}] += g.Count
				sum += g.Count
			}
			for _, m := range s.report.Muted {
				counted[account{titleOf(m.What), true}] += m.Count
				sum += m.Count
			}
			if sum != s.report.Count {
				l.refuse("a summary of %d mails shows %d", s.report.Count, sum)
			}
		}
		for key, n := range counted {
			if l.accounts[key] == nil {
				l.refuse("%s was told of %d mails %q (muted: %t), which nobody sent", who, n, key.subject, key.muted)
			}
		}
		for key, sent := range l.accounts {
			if n := counted[key]; n < sent.acknowledged || n > sent.acknowledged+sent.unanswered {
				l.refuse("%s was told of %d mails %q (muted: %t), and %d were acknowledged and %d not answered", who, n, key.subject, key.muted, sent.acknowledged, sent.unanswered)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(l.passed)) {
			s := l.has[id]
			if l.passed[id] == acknowledged && (s == nil || s.to[who].IsZero() && !slices.Contains(inFailDir[id], who)) {
				l.refuse("%s does not have %s, which was acknowledged and passes", who, id)
			}
		}
	}
}
