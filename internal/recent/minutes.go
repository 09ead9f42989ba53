package recent

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// minutes are those that a Rate knows.
const minutes = 60

// A Rate counts the mails of each minute of the last hour. The zero value is ready. Its
// methods are safe for concurrent use.
type Rate struct {
	mu     sync.Mutex
	counts [minutes]int
	start  time.Time // of minute 0, by the monotonic clock, which nobody sets
	newest int64     // the minute of the last count
}

// Count notes a mail.
func (r *Rate) Count(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.move(now)
	r.counts[r.newest%minutes]++
}

func (r *Rate) move(now time.Time) {
	if r.start.IsZero() {
		r.start = now.Add(-minutes*time.Minute - time.Duration(now.Second())*time.Second)
	}
	minute := int64(now.Sub(r.start) / time.Minute)
	for m := max(r.newest+1, minute-minutes+1); m <= minute; m++ {
		r.counts[m%minutes] = 0
	}
	r.newest = max(r.newest, minute)
}

// PerMinute returns how many mails came in each minute, the current one last.
func (r *Rate) PerMinute(now time.Time) []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.move(now)
	line := make([]int, minutes)
	for i := range line {
		line[i] = r.counts[(r.newest+1+int64(i))%minutes]
	}
	return line
}

// State returns what was counted, for Restore.
func (r *Rate) State(now time.Time) string {
	counted := make(map[int64]int)
	minute := now.Unix() / 60
	for i, n := range r.PerMinute(now) {
		if n > 0 {
			counted[minute+int64(i)+1-minutes] = n
		}
	}
	text, err := json.Marshal(counted)
	if err != nil {
		panic(err) // numbers only
	}
	return string(text)
}

// Restore counts what State returned before a restart.
func (r *Rate) Restore(text string, now time.Time) {
	var counted map[int64]int
	if json.Unmarshal([]byte(text), &counted) != nil {
		return // it is for a glance only
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.move(now)
	for minute, n := range counted {
		if ago := now.Unix()/60 - minute; ago >= 0 && ago < minutes && n > 0 {
			r.counts[(r.newest-ago)%minutes] += n
		}
	}
}

// Run keeps what is counted in a notebook, under a name, each minute until ctx ends, and counts
// on from what it finds there.
func (r *Rate) Run(ctx context.Context, notebook store.Notebook, name string, log *slog.Logger) {
	kept, err := notebook.Noted(ctx, name)
	if err != nil {
		log.Debug("cannot read how many mails came before the restart", "error", err)
	}
	r.Restore(kept, time.Now())
	keep := func(ctx context.Context) {
		text := r.State(time.Now())
		if text == kept {
			return
		}
		if err := notebook.Note(ctx, name, text); err != nil {
			log.Debug("cannot keep how many mails came, will try again", "error", err)
			return
		}
		kept = text
	}
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			keep(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			keep(ctx)
		}
	}
}
