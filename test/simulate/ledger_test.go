package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hut8labs/failmail"
)

// A ledger is the model: what clients were told, and what the relay and the fail-dir have.
// What it refuses to accept breaks a promise of docs/reliability.md.
type ledger struct {
	begin time.Time

	mu         sync.Mutex
	violations []string
	told       []string // the trace of the run
	mails      int

	accounts  map[string]*account // by subject
	passed    map[string]fate     // mails to be relayed as they are, by Message-ID
	mutes     map[string]muting   // by subject
	notes     map[string]bool     // what people wrote about problems, and whether that was acknowledged
	resolves  map[string]*resolve // by subject
	has       map[string]*summary // what somebody has, by Message-ID
	last      map[string]*seen    // of the last summary that had a subject
	troubles  []trouble
	outage    *outage
	ahead     time.Duration // of the wall clock, which summaries tell times by
	nodes     int
	resending bool
	events    map[string]bool // what the hook was told of, by Message-ID
	asks      []time.Time     // of late, of a relay that is down
	stepped   time.Time       // when the clock was set last
	settled   time.Time       // when all was quiet last
	wait      time.Duration
}

// A summary is one that somebody has, or a mail that passed.
type summary struct {
	report *report // nil for a mail that passed
	raw    []byte
	after  time.Time            // nobody had it then
	since  time.Time            // somebody has it
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

func newLedger(ahead time.Duration, nodes int) *ledger {
	return &ledger{
		begin: time.Now(), settled: time.Now(), accounts: map[string]*account{}, passed: map[string]fate{}, mutes: map[string]muting{},
		notes: map[string]bool{}, resolves: map[string]*resolve{}, has: map[string]*summary{}, last: map[string]*seen{}, wait: wait, ahead: ahead, nodes: nodes, events: map[string]bool{},
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

// asked notes that a relay was asked that is down, and reports whether that was too often.
// Some may be at once, whose time is over.
func (l *ledger) asked() (tooOften bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.asks = append(slices.DeleteFunc(l.asks, func(t time.Time) bool { return now.Sub(t) > 3*time.Second }), now)
	if len(l.asks) > 10*l.nodes {
		l.refuse("a relay that is down was asked %d times in 3 s", len(l.asks))
		l.asks = nil
		return true
	}
	return false
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

// hooked notes what the hook is told.
func (l *ledger) hooked(e failmail.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, fmt.Sprintf("%v: the hook is told that %s is %s", time.Since(l.begin), e.MessageID, e.Event))
	l.events[e.MessageID] = true
}

// took notes that the relay has taken m for some recipients.
func (l *ledger) took(m *failmail.Mail, to []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	s, isNew := l.add(m.MessageID, m.Raw, "the relay")
	l.told = append(l.told, fmt.Sprintf("%v: the relay took mail %d (%s) for %s", time.Since(l.begin), s.number, what(s.report), strings.Join(to, " ")))
	for _, address := range to {
		before, again := s.to[address]
		if l.resending {
			before = l.begin // a process may have died when it was in the fail-dir, and put it there again
		}
		if again && !l.mayRepeat(before, now) {
			l.refuse("%s got %s twice though nothing had happened", address, m.MessageID)
		}
		s.to[address] = now
	}
	if isNew {
		s.after = now
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
	parsed, err := netmail.ReadMessage(bytes.NewReader(raw))
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
	s = &summary{raw: body.Bytes(), after: l.settled, since: time.Now(), number: len(l.has) + 1, to: map[string]time.Time{}}
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
