package deliver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

func refusedFor(reasons map[string]error) error { return &deliver.RefusedError{Refused: reasons} }

func TestFailover(t *testing.T) {
	down := deliver.Unreachable(errors.New("connection refused"))
	goAway := deliver.Unreachable(deliver.Permanent(errors.New("554 no service")))
	later := deliver.Throttled(errors.New("451 later"))
	never := deliver.Permanent(errors.New("550 spam"))
	unclear := deliver.Uncertain(errors.New("no reply"))
	full, unknown := errors.New("450 full"), deliver.Permanent(errors.New("550 unknown"))
	tests := []struct {
		name          string
		first, second error
		asked         int // of the two
		want          fate
	}{
		{"the first takes it", nil, nil, 1, sent},
		{"the first is down", down, nil, 2, sent},
		{"the first turns everyone away", goAway, nil, 2, sent},
		{"the first puts it off", later, nil, 2, sent},
		{"the first refuses it for good", never, nil, 1, permanent},
		{"the first may have it", unclear, nil, 1, uncertain},
		{"the first puts off all recipients", refusedFor(map[string]error{"a@x": full, "b@x": full}), nil, 2, sent},
		{"the first took it for one recipient", refusedFor(map[string]error{"a@x": full}), nil, 1, temporary},
		{"the first knows none of the recipients", refusedFor(map[string]error{"a@x": unknown, "b@x": unknown}), nil, 1, permanent},
		{"the first does not know one of the recipients", refusedFor(map[string]error{"a@x": unknown, "b@x": full}), nil, 1, permanent},
		{"the first may have it for one recipient", refusedFor(map[string]error{"a@x": unclear, "b@x": unclear}), nil, 1, uncertain},
		{"both are down", down, down, 2, unreachable},
		{"one is down and one puts it off", down, later, 2, temporary},
		{"one puts it off and one is down", later, down, 2, temporary},
		{"one is down and one refuses it for good", down, never, 2, permanent},
		{"one is down and one turns everyone away", down, goAway, 2, unreachable},
		{"both turn everyone away", goAway, goAway, 2, turnedAway},
		{"one is down and one may have it", down, unclear, 2, uncertain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			answer := func(err error) deliver.Sender {
				return deliver.SenderFunc(func(context.Context, *deliver.Mail) error { asked++; return err })
			}
			err := (&deliver.Failover{Senders: []deliver.Sender{answer(tt.first), answer(tt.second)}}).Send(t.Context(), to("a@x", "b@x"))
			got := fateOf(err)
			if refused, ok := errors.AsType[*deliver.RefusedError](err); ok && refused.Refused["a@x"] != nil {
				got = fateOf(refused.Refused["a@x"])
			}
			if got != tt.want || asked != tt.asked {
				t.Errorf("the mail is %s after %d were asked, want %s after %d: %v", got, asked, tt.want, tt.asked, err)
			}
			if tt.asked == 2 && err != nil && (!strings.Contains(err.Error(), tt.first.Error()) || !strings.Contains(err.Error(), tt.second.Error())) {
				t.Errorf("%q does not tell of both", err)
			}
		})
	}
}

// scripted is a Sender whose answer a test sets.
type scripted struct {
	name  string
	err   error
	asked *[]string
}

func (s *scripted) Send(context.Context, *deliver.Mail) error {
	*s.asked = append(*s.asked, s.name)
	return s.err
}

func TestFailoverSkipsARelayThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		first := &scripted{"first", deliver.Unreachable(errors.New("down")), &asked}
		second := &scripted{"second", nil, &asked}
		var log bytes.Buffer
		f := &deliver.Failover{
			Senders: []deliver.Sender{first, second}, Names: []string{"smtp://one:25", "smtp://two:25"},
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		}
		expect := func(want ...string) {
			t.Helper()
			asked = nil
			f.Send(t.Context(), to("a@x"))
			if !slices.Equal(asked, want) {
				t.Errorf("asked %q, want %q", asked, want)
			}
		}
		expect("first", "second")
		expect("second")
		<-time.After(deliver.DefaultSkipFor)
		expect("first", "second")
		expect("second")
		for line, want := range map[string]int{
			`msg="a relay fails, asking the next" relay=smtp://one:25 next=smtp://two:25 error=down`: 2, // each time it begins to be skipped
			`msg="another relay takes the mails now" relay=smtp://two:25 before=smtp://one:25`:       1,
		} {
			if n := strings.Count(log.String(), line); n != want {
				t.Errorf("%d lines in the log with %q, want %d:\n%s", n, line, want, log.String())
			}
		}
		second.err = deliver.Unreachable(errors.New("down as well"))
		expect("second")          // it fails, and the other is still skipped
		expect("first", "second") // all have failed, so all are asked
		first.err = nil
		expect("first")
		second.err = nil
		expect("first") // and it is preferred again
		if want := `msg="another relay takes the mails now" relay=smtp://one:25 before=smtp://two:25`; strings.Count(log.String(), want) != 1 {
			t.Errorf("the log does not say once that the first takes mails again:\n%s", log.String())
		}
	})
}

func TestFailoverGoesOnAskingARelayThatRefusedOneMail(t *testing.T) {
	for name, err := range map[string]error{
		"for good":           deliver.Permanent(errors.New("550 spam")),
		"for its recipients": refusedFor(map[string]error{"a@x": errors.New("450 full")}),
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			first := &scripted{"first", err, &asked}
			f := &deliver.Failover{Senders: []deliver.Sender{first, &scripted{"second", nil, &asked}}}
			f.Send(t.Context(), to("a@x"))
			first.err, asked = nil, nil
			mustSend(t, f)
			if !slices.Equal(asked, []string{"first"}) {
				t.Errorf("asked %q", asked)
			}
		})
	}
}

func TestFailoverStopsWhenTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	stop := deliver.SenderFunc(func(ctx context.Context, _ *deliver.Mail) error {
		asked++
		cancel()
		return fmt.Errorf("dial: %w", ctx.Err())
	})
	f := &deliver.Failover{Senders: []deliver.Sender{stop, stop}}
	if err := f.Send(ctx, to("a@x")); !errors.Is(err, context.Canceled) || asked != 1 {
		t.Errorf("Send = %v after %d were asked", err, asked)
	}
	if f.Send(t.Context(), to("a@x")); asked != 3 {
		t.Errorf("%d were asked; what the end of the context cut short is nobody's failure", asked)
	}
}

func TestFailoverWithNobodyToAsk(t *testing.T) {
	if err := new(deliver.Failover).Send(t.Context(), to("a@x")); fateOf(err) != unreachable {
		t.Errorf("Send = %v", err)
	}
}
