package batch

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hut8labs/failmail/pkg/message"
)

const (
	// groupTimeout is how long a client waits for a Grouper at most.
	groupTimeout = 5 * time.Second
	// maxStuck is how many calls may be late at a time: each one holds a
	// goroutine and a mail.
	maxStuck = 100
)

// Guard returns a Grouper that gives up on g when it takes longer than 5 s, and
// does not call it while 100 such calls have still not returned. An expression
// needs none and is returned as it is.
func Guard(g Grouper) Grouper {
	switch g.(type) {
	case expression, bySubject:
		return g
	}
	return &guard{grouper: g}
}

type guard struct {
	grouper Grouper
	stuck   atomic.Int32
}

type answer struct {
	key string
	err error
}

// Group implements Grouper.
func (g *guard) Group(m *message.Message) (string, error) {
	if n := g.stuck.Load(); n >= maxStuck {
		return "", fmt.Errorf("the grouping function is not called: %d calls have not returned", n)
	}
	done := make(chan answer, 1)
	go func() {
		key, err := safely(g.grouper, m)
		done <- answer{key, err}
	}()
	timer := time.NewTimer(groupTimeout)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.key, a.err
	case <-timer.C:
	}
	g.stuck.Add(1)
	go func() {
		<-done
		g.stuck.Add(-1)
	}()
	return "", fmt.Errorf("the grouping function took longer than %s", groupTimeout)
}

// An expression is a Grouper that was compiled: patterns take linear time.
type expression struct{ GrouperFunc }
