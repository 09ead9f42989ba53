package main

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"time"
)

// A model is nodes in front of one database, as queues: a mail waits for a core of
// its node, then for the commit that its node has in progress. Commits of several
// nodes do not wait for each other.
type model struct {
	nodes, cores int           // cores of each node
	cpu          time.Duration // of a node, for a mail, its connection included
	commit       line          // how long a commit of so many mails takes
}

// A line is a cost that grows with the mails.
type line struct{ fixed, each time.Duration }

func (l line) of(mails int) time.Duration { return l.fixed + time.Duration(mails)*l.each }

// largestCommit is how many mails a node commits at once, as pkg/store has it.
const largestCommit = 512

// A forecast is what a model says of a load.
type forecast struct {
	rate          float64 // acknowledged in a second, in the second half
	perCommit     float64 // mails
	commits       float64 // in a second
	node          float64 // share of its time that the busiest part of a node works
	p50, p99      time.Duration
	inFlight      int  // mails at most that wait for their reply, on all nodes
	growing       bool // the queue is longer at the end than in the middle: too much
	waitingMiddle int
}

// simulate lets so many servers send for so long, each at random instants (Poisson)
// and at its own rate.
func (m model) simulate(rates []float64, length time.Duration, seed uint64) forecast {
	s := &simulation{model: m, random: rand.New(rand.NewPCG(seed, 0)), rates: rates, nodes: make([]simulatedNode, m.nodes)}
	for i := range s.nodes {
		s.nodes[i].free = make([]time.Duration, m.cores)
	}
	for server := range rates {
		s.next(0, server)
	}
	for len(s.events) > 0 {
		e := heap.Pop(&s.events).(event)
		if e.at > length {
			break
		}
		if s.forecast.waitingMiddle == 0 && e.at > length/2 {
			s.forecast.waitingMiddle = s.inFlight
		}
		e.happens()
	}
	return s.sum(length)
}

// An event is something that happens at an instant.
type event struct {
	at      time.Duration
	happens func()
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at < e[j].at }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

type simulation struct {
	model
	random *rand.Rand
	rates  []float64 // mails a second of each server
	events events
	nodes  []simulatedNode

	inFlight      int
	commits       int
	acknowledged  []acknowledgement
	forecast      forecast
	workedByNodes time.Duration
}

type simulatedNode struct {
	free       []time.Duration // when each core is
	waiting    []time.Duration // when the mails came that wait for a commit
	committing bool
}

type acknowledgement struct{ at, took time.Duration }

func (s *simulation) at(t time.Duration, happens func()) { heap.Push(&s.events, event{t, happens}) }

// next lets the server send its next mail.
func (s *simulation) next(now time.Duration, server int) {
	arrives := now + time.Duration(s.random.ExpFloat64()/s.rates[server]*float64(time.Second))
	s.at(arrives, func() {
		s.next(arrives, server)
		s.inFlight++
		s.forecast.inFlight = max(s.forecast.inFlight, s.inFlight)
		n := &s.nodes[server%len(s.nodes)]
		core := 0
		for i := range n.free {
			if n.free[i] < n.free[core] {
				core = i
			}
		}
		n.free[core] = max(n.free[core], arrives) + s.cpu
		s.workedByNodes += s.cpu
		read := n.free[core]
		s.at(read, func() {
			n.waiting = append(n.waiting, arrives)
			s.begin(read, n)
		})
	})
}

// begin begins a commit of n, if it has none in progress.
func (s *simulation) begin(now time.Duration, n *simulatedNode) {
	if n.committing || len(n.waiting) == 0 {
		return
	}
	size := min(len(n.waiting), largestCommit)
	mails := n.waiting[:size]
	n.waiting, n.committing = n.waiting[size:], true
	done := now + s.commit.of(size)
	s.at(done, func() {
		s.commits++
		s.inFlight -= size
		for _, came := range mails {
			s.acknowledged = append(s.acknowledged, acknowledgement{done, done - came})
		}
		n.committing = false
		s.begin(done, n)
	})
}

func (s *simulation) sum(length time.Duration) forecast {
	f := s.forecast
	f.commits = float64(s.commits) / length.Seconds()
	f.perCommit = float64(len(s.acknowledged)) / float64(max(s.commits, 1))
	f.node = s.workedByNodes.Seconds() / length.Seconds() / float64(s.model.nodes*s.cores)
	f.growing = 2*s.inFlight > 3*f.waitingMiddle && s.inFlight > largestCommit
	var took []time.Duration
	for _, a := range s.acknowledged {
		if a.at > length/2 { // it has found its pace
			took = append(took, a.took)
		}
	}
	f.rate = float64(len(took)) / (length / 2).Seconds()
	if len(took) > 0 {
		slices.Sort(took)
		f.p50, f.p99 = took[len(took)/2], took[len(took)*99/100]
	}
	return f
}

// fit returns the line through points of mails and time, by least squares of the
// relative error, as short commits matter as much as long ones.
func fit(mails []int, took []time.Duration) line {
	var w, x, y, xx, xy float64
	for i, n := range mails {
		weight := 1 / float64(took[i]) / float64(took[i])
		w += weight
		x += weight * float64(n)
		y += weight * float64(took[i])
		xx += weight * float64(n) * float64(n)
		xy += weight * float64(n) * float64(took[i])
	}
	each := max((w*xy-x*y)/(w*xx-x*x), 0)
	return line{fixed: time.Duration(max((y-each*x)/w, 0)), each: time.Duration(each)}
}
