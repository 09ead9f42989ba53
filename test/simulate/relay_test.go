package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/render"
)

// A mood is how somebody is for a while.
type mood struct {
	name  string // empty for none
	until time.Time
}

// now returns the name of a mood that lasts.
func (m mood) now() string {
	if !time.Now().Before(m.until) {
		return ""
	}
	return m.name
}

// A report is what the played relay reads in a summary.
type report struct {
	Count  int
	Groups []reportedGroup
	Muted  []render.Muted
}

type reportedGroup struct {
	Title, State string
	Count        int
	First, Last  time.Time
}

// renderer writes summaries as a program reads them.
type renderer struct{}

func (renderer) Render(_ context.Context, s *failmail.Summary) (*failmail.Mail, error) {
	r := report{Count: s.Count, Muted: s.Muted}
	for _, g := range s.Groups {
		r.Groups = append(r.Groups, reportedGroup{g.Title, string(g.News.State), g.Count, g.First, g.Last})
	}
	body, err := json.Marshal(r)
	return &failmail.Mail{Raw: []byte("Subject: summary\r\nMessage-ID: <" + s.MessageID + ">\r\n\r\n" + string(body) + "\r\n")}, err
}

// slowness is how long a relay or a hook takes that is slow.
const slowness = 20 * time.Second

// relay is the server that takes summaries, in its mood.
func (w *world) relay(ctx context.Context, from *plug, m *failmail.Mail) error {
	if from.isDead() { // nothing of this process reaches anybody
		<-ctx.Done()
		return ctx.Err()
	}
	mood := w.relayMood()
	take := func(to ...string) { w.ledger.took(m, to) }
	switch mood {
	case "down", "throttles":
		if w.ledger.asked() {
			time.Sleep(slowness) // who asks at once would do so for ever
		}
	}
	switch mood {
	case "down":
		return deliver.Unreachable(errors.New("connection refused"))
	case "throttles":
		return deliver.Throttled(errors.New("421 4.7.0 too many"))
	case "refuses all":
		return deliver.Permanent(errors.New("554 5.7.1 no"))
	case "refuses one":
		return refuseOne(m, take, errors.New("450 4.2.2 mailbox full"))
	case "refuses one for good":
		return refuseOne(m, take, deliver.Permanent(errors.New("550 5.1.1 no such user")))
	case slow, slowAndDown, slowAndBusy:
		time.Sleep(slowness)
		switch {
		case from.isDead():
			return ctx.Err()
		case mood == slowAndDown:
			return deliver.Unreachable(errors.New("connection timed out"))
		case mood == slowAndBusy:
			return errors.New("451 4.3.0 try again later")
		}
	case silent:
		take(m.To...)
		return deliver.Uncertain(deliver.Unreachable(errors.New("connection reset")))
	case "finds it too large":
		if len(m.Raw) > 10<<10 {
			return deliver.Permanent(deliver.TooLarge(errors.New("552 5.3.4 too large")))
		}
	}
	take(m.To...)
	return nil
}

// refuseOne takes m for all but one of the people.
func refuseOne(m *failmail.Mail, take func(to ...string), reason error) error {
	rest := slices.DeleteFunc(slices.Clone(m.To), func(to string) bool { return to == dba })
	take(rest...)
	if len(rest) == len(m.To) {
		return nil
	}
	return &deliver.RefusedError{Refused: map[string]error{dba: reason}}
}

func (w *world) relayMood() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mood.now()
}

// hook is told what becomes of summaries, in its mood.
func (w *world) hook(from *plug, e failmail.Event) error {
	w.mu.Lock()
	mood := w.hookMood.now()
	w.mu.Unlock()
	if from.isDead() {
		return errDead
	}
	w.ledger.hooked(e)
	switch mood {
	case "fails":
		return errors.New("exit status 1")
	case slow:
		time.Sleep(slowness)
	}
	return nil
}
