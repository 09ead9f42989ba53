package simulate

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
)

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
		case l.resolves[g.Title] != nil && (before == nil || l.resolves[g.Title].at.After(before.last)): // it may be over, and it may be back
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
		l.checkCounts(who, func(id string, s *summary) bool {
			return !s.to[who].IsZero() || slices.Contains(inFailDir[id], who)
		})
	}
	l.checkEvents()
}

// checkCounts compares what clients were told with what is in the summaries and mails that
// somebody has.
func (l *ledger) checkCounts(who string, has func(id string, s *summary) bool) {
	loud, muted := make(map[string]int), make(map[string]int)
	for id, s := range l.has {
		if s.report == nil || !has(id, s) {
			continue
		}
		sum := 0
		for _, g := range s.report.Groups {
			loud[g.Title] += g.Count
			sum += g.Count
		}
		for _, m := range s.report.Muted {
			muted[titleOf(m.What)] += m.Count
			sum += m.Count
		}
		if sum != s.report.Count {
			l.refuse("a summary of %d mails shows %d", s.report.Count, sum)
		}
	}
	for _, counted := range []map[string]int{loud, muted} {
		for subject, n := range counted {
			if l.accounts[subject] == nil {
				l.refuse("%s was told of %d mails %q, which nobody sent", who, n, subject)
			}
		}
	}
	for subject, sent := range l.accounts {
		both := sent.loud.and(sent.muted).and(sent.blurred)
		if !sent.loud.have(loud[subject], sent.blurred) || !sent.muted.have(muted[subject], sent.blurred) || !both.have(loud[subject]+muted[subject], figures{}) {
			l.refuse("%s was told of %d mails %q and %d muted ones, and there are %+v", who, loud[subject], subject, muted[subject], *sent)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(l.passed)) {
		if s := l.has[id]; l.passed[id] == acknowledged && (s == nil || !has(id, s)) {
			l.refuse("%s does not have %s, which was acknowledged and passes", who, id)
		}
	}
}

// checkProblems compares what clients were told with how many mails the problems count: those
// that were muted, too, and each once, though two people have it.
func (l *ledger) checkProblems(problems []failmail.Problem) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all figures
	for _, sent := range l.accounts {
		all = all.and(sent.loud).and(sent.muted).and(sent.blurred)
	}
	sum := 0
	for _, p := range problems {
		days := 0
		for _, d := range p.Days {
			days += d.Count
		}
		if sum += p.Count; days != p.Count {
			l.refuse("%q has %d mails, and its days %d", p.Headline, p.Count, days)
		}
	}
	if !all.have(sum, figures{}) {
		l.refuse("the problems count %d mails, and there are %+v", sum, all)
	}
}

// checkEvents compares what the hook was told with the summaries that somebody has. What a
// process that died had not told yet, nobody tells.
func (l *ledger) checkEvents() {
	for id, s := range l.has {
		if s.report != nil && !l.events[id] && !l.mayRepeat(s.after.Add(-time.Minute), s.since.Add(time.Minute)) {
			l.refuse("the hook was not told of summary %d", s.number)
		}
	}
	l.settled = time.Now()
	for id := range l.events {
		if l.has[id] == nil {
			l.refuse("the hook was told of %s, which nobody has", id)
		}
	}
}
