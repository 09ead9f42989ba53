//go:build linux

package main

import (
	"fmt"
	"sync"

	"github.com/hut8labs/failmail/pkg/receive"
)

// A ledger notes what became of every mail, by its subject, which is the key of
// its batch.
type ledger struct {
	mu    sync.Mutex
	lines map[string]*line
}

// A line is what clients know of the mails with one subject.
type line struct {
	acknowledged int // with 250
	refused      int // with another reply
	unanswered   int // sent to the end, and no reply came
}

func (l *ledger) note(subject string, change func(*line)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines == nil {
		l.lines = make(map[string]*line)
	}
	if l.lines[subject] == nil {
		l.lines[subject] = &line{}
	}
	change(l.lines[subject])
}

// An outcome is what a round, or several, has shown.
type outcome struct {
	rounds                            int
	acknowledged, refused, unanswered int
	counted, summaries, repeated      int // a repeated summary has a Message-ID that was seen
	missing, doubled                  int
	forgotten, invented               int // mails that the problems count too few, and too many
	split                             int // batches that were told in several summaries
	noted, unnoted, renoted           int // notes of people that were acknowledged, that are missing, and that are there twice
}

func (o *outcome) add(more outcome) {
	o.rounds += more.rounds
	o.acknowledged += more.acknowledged
	o.refused += more.refused
	o.unanswered += more.unanswered
	o.counted += more.counted
	o.summaries += more.summaries
	o.repeated += more.repeated
	o.missing += more.missing
	o.doubled += more.doubled
	o.forgotten += more.forgotten
	o.invented += more.invented
	o.split += more.split
	o.noted += more.noted
	o.unnoted += more.unnoted
	o.renoted += more.renoted
}

func (o *outcome) row() string {
	return fmt.Sprintf("%6d %12d %8d %10d %9d %9d %8d %7d %7d %8d %6d %5d", o.rounds, o.acknowledged, o.refused, o.unanswered, o.counted, o.summaries, o.repeated, o.missing, o.doubled, o.forgotten+o.invented, o.noted, o.unnoted+o.renoted)
}

const rowHeader = "rounds acknowledged  refused unanswered   counted summaries repeated missing doubled problems  notes wrong"

// problems compares the ledger with how many mails all problems count.
func (o *outcome) problems(counted int, mayCount bool) {
	atMost := o.acknowledged + o.unanswered
	if mayCount {
		atMost += o.refused
	}
	o.forgotten, o.invented = max(o.acknowledged-counted, 0), max(counted-atMost, 0)
}

// settle compares the ledger with the summaries, subject by subject, so that a
// mail that is missing is not made up for by one that nobody answered for. mayCount
// says that a refused mail may have been counted: the reply tells what failmail
// knew, and the connection to a database can end between a commit and its answer.
func (l *ledger) settle(summaries []*receive.Message, mayCount bool) outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := outcome{rounds: 1}
	seen := make(map[string]bool)
	counts, of := make(map[string]int), make(map[string]int)
	for _, m := range summaries {
		o.summaries++
		id := m.Header.Get("Message-Id")
		if seen[id] {
			o.repeated++ // receivers drop a copy
			continue
		}
		seen[id] = true
		subject := m.Header.Get("Subject")
		counts[subject] += number(m, "X-Failmail-Count")
		of[subject]++
	}
	for subject, n := range counts {
		o.counted += n
		if l.lines[subject] == nil {
			o.doubled += n // nobody sent them
		}
		if of[subject] > 1 {
			o.split++
		}
	}
	for subject, sent := range l.lines {
		o.acknowledged += sent.acknowledged
		o.refused += sent.refused
		o.unanswered += sent.unanswered
		atMost := sent.acknowledged + sent.unanswered
		if mayCount {
			atMost += sent.refused
		}
		o.missing += max(sent.acknowledged-counts[subject], 0)
		o.doubled += max(counts[subject]-atMost, 0)
	}
	return o
}
