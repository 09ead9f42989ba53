package failmail

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hut8labs/failmail/internal/dispatch"
	"github.com/hut8labs/failmail/internal/pager"
	"github.com/hut8labs/failmail/internal/report"
	"github.com/hut8labs/failmail/internal/summarize"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/recognise"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// settings are what a Proxy works by. They are replaced as a whole.
type settings struct {
	config      Config
	classifier  *batch.Classifier
	expected    *expect.List
	reports     []expect.Schedule
	sender      deliver.Sender
	closeSender func() error
}

// known is what a Classifier knows whatever the settings are.
type known struct {
	mutes    *batch.Mutes
	families *family.Families
	open     *recognise.Open
}

func (s *settings) known() known {
	return known{s.classifier.Mutes, s.classifier.Families, s.classifier.Open}
}

func newSettings(config Config, known known) (*settings, error) {
	batchBy, groupBy, err := config.groupers()
	if err != nil {
		return nil, err
	}
	meanings, err := recognise.New(config.Sources)
	if err != nil {
		return nil, err // it names the source
	}
	expected, err := expect.New(config.Expect, time.Local)
	if err != nil {
		return nil, err
	}
	var reports []expect.Schedule
	for _, every := range config.Report {
		s, err := expect.ParseSchedule(every, time.Local)
		if err != nil {
			return nil, errors.Join(&FieldError{"Report", every, strings.TrimPrefix(err.Error(), strconv.Quote(every)+" ")})
		}
		reports = append(reports, s)
	}
	sender, closeSender, err := config.openSender()
	if err != nil {
		return nil, errors.Join(err) // as those of validate
	}
	return &settings{
		config: config,
		classifier: &batch.Classifier{
			Batch: batchBy, Group: groupBy,
			Window: store.Window{Wait: config.Wait, MaxWait: config.MaxWait},
			Quiet:  config.First, EachRecipient: config.EachRecipient, HoldOK: config.HoldOK,
			Meanings: meanings, Mutes: known.mutes, Families: known.families, Open: known.open,
			Logger: config.Logger.With("component", "batch"),
		},
		expected: expected, reports: reports, sender: sender, closeSender: closeSender,
	}, nil
}

// current are the settings in force, and what the parts of a Proxy want to know of them.
type current struct{ atomic.Pointer[settings] }

func newCurrent(config Config) (*current, error) {
	s, err := newSettings(config, known{&batch.Mutes{}, &family.Families{}, &recognise.Open{}})
	if err != nil {
		return nil, err
	}
	c := &current{}
	c.Store(s)
	return c, nil
}

func (c *current) config() *Config { return &c.Load().config }

// relay returns the name of the relay, for people: it has no password, see deliver.ParseRelays.
func (c *current) relay() string {
	if sender := c.config().Sender; sender != nil {
		if named, ok := sender.(fmt.Stringer); ok {
			return named.String()
		}
		return ""
	}
	return c.config().Relay
}

func (c *current) expected() *expect.List { return c.Load().expected }

func (c *current) origin() render.Origin {
	config := c.config()
	return render.Origin{From: config.From, Hostname: config.Hostname, Mark: config.loopMark(), URL: strings.TrimRight(config.PublicURL, "/")}
}

func (c *current) delivery() dispatch.Policy {
	s := c.Load()
	policy := dispatch.Policy{Sender: s.sender, Relay: c.relay(), Mark: s.config.loopMark(), Parallel: 1, RetryFor: s.config.RetryFor}
	if s.config.Sender == nil { // somebody else's is promised one call at a time
		policy.Parallel = s.config.RelayOptions.Limits.MaxConns
	}
	return policy
}

func (c *current) summaries() summarize.Policy {
	config := c.config()
	return summarize.Policy{Origin: c.origin(), Renderer: config.Renderer, Redactor: config.Redactor, First: config.First}
}

func (c *current) reporting() report.Policy {
	s := c.Load()
	return report.Policy{Every: s.config.Report, Times: s.reports, To: s.config.ReportTo, Origin: c.origin()}
}

func (c *current) pages() pager.Policy { return pager.Policy{Origin: c.origin(), To: c.config().Pager} }

// onSummary calls the hook that is in force.
func (c *current) onSummary(ctx context.Context, e Event) error {
	if call := c.config().OnSummary; call != nil {
		return call(ctx, e)
	}
	return nil
}
