package summarize

import (
	"maps"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/render"
)

// incidents remember the threads of the last summaries, so that those of one incident
// stand in one thread of a mailbox. They are forgotten by a restart, and not known to
// other nodes: then the rest of an incident has a thread of its own.
type incidents struct {
	mu   sync.Mutex
	last map[string]incident // by batch key
}

type incident struct {
	thread string
	last   time.Time // when its last mail came
}

// tell gives s the thread of the incident that it continues.
func (i *incidents) tell(s *render.Summary) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if before, ok := i.last[s.Batch]; ok && s.Continues(before.last) {
		s.Thread = before.thread
	}
}

// note remembers s, which is on its way, and forgets the incidents that are over.
func (i *incidents) note(s *render.Summary) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.last == nil {
		i.last = make(map[string]incident)
	}
	maps.DeleteFunc(i.last, func(_ string, before incident) bool { return !s.Continues(before.last) })
	last := s.Last
	if before := i.last[s.Batch]; before.last.After(last) {
		last = before.last
	}
	i.last[s.Batch] = incident{s.Thread, last}
}
