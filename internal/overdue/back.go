package overdue

import (
	"context"
	"time"

	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/meaning"
)

// isAmong reports whether j was told as missing with others at last.
func (t times) isAmong(j *expect.Job) bool { return t[among+j.Name].After(t[missing+j.Name]) }

// awaited returns the senders of which some are still missing that were told with others.
func (w *Watch) awaited(ctx context.Context, list *expect.List, t times) map[string]bool {
	senders := make(map[string]bool)
	for _, j := range list.Jobs() {
		if t.isAmong(j) && !t[came+j.Name].After(t.told(j)) {
			senders[w.noted(ctx, amongNote+j.Name).from] = true
		}
	}
	return senders
}

// isBack reports whether it is to be told that j, which was missing, has come: of several
// that were told together once all have.
func (w *Watch) isBack(ctx context.Context, j *expect.Job, t times, awaited map[string]bool) bool {
	told := t.told(j)
	if told.IsZero() || !t[came+j.Name].After(told) || !told.After(t[over+j.Name]) {
		return false
	}
	return !t.isAmong(j) || !awaited[w.noted(ctx, amongNote+j.Name).from]
}

// Dropped tells those who heard that a job of list is missing that it is no longer expected.
func (w *Watch) Dropped(ctx context.Context, list *expect.List, name string) error {
	t, err := w.times(ctx)
	if err != nil {
		return err
	}
	for _, j := range list.Jobs() {
		if told := t.told(j); j.Name != name || told.IsZero() || !told.After(t[over+j.Name]) || t.isAmong(j) {
			continue // that of several ends when the others come
		}
		n := news{j, w.state(j, t), w.contact(ctx, j)}
		if err := w.say(ctx, n.contact, meaning.OK, n.Name, n.Name+" is no longer expected", "Somebody has dropped it."); err != nil {
			return err
		}
		return w.note(ctx, t, over, time.Now(), n)
	}
	return nil
}
