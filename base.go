package failmail

import (
	"log/slog"
	"time"

	"github.com/hut8labs/failmail/internal/hook"
	"github.com/hut8labs/failmail/internal/ratewatch"
	"github.com/hut8labs/failmail/internal/recent"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// A base is what a Proxy has before it is started.
type base struct {
	settings *current
	log      *slog.Logger
	failDir  *deliver.Maildir
	archive  *deliver.Maildir // nil without Config.AllDir
	metrics  *metrics
	rate     *ratewatch.Watch
	recent   *recent.Recent
	hooks    *hook.Queue
}

func newBase(config Config) (*base, error) {
	settings, err := newCurrent(config)
	if err != nil {
		return nil, err
	}
	b := &base{
		settings: settings,
		log:      config.Logger.With("component", "proxy"),
		failDir:  &deliver.Maildir{Dir: config.FailDir},
		metrics:  newMetrics(),
		rate:     ratewatch.New(config.RateLimit, config.RateWindow, time.Now()),
		recent:   &recent.Recent{},
	}
	if config.AllDir != "" {
		b.archive = &deliver.Maildir{Dir: config.AllDir}
	}
	b.hooks = hook.New(settings.onSummary, b.metrics.hookErrors.Inc, b.log)
	return b, nil
}
