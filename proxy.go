package failmail

import (
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hut8labs/failmail/internal/ratewatch"
	"github.com/hut8labs/failmail/internal/readiness"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/store"
)

// A Proxy receives mails and sends summaries. Its methods are safe for
// concurrent use. A program may run several, each with a store of its own.
type Proxy struct {
	settings atomic.Pointer[settings] // what Reload can change
	log      *slog.Logger
	server   *receive.Server
	failDir  *deliver.Maildir
	archive  *deliver.Maildir // nil without Config.AllDir
	flushing *batch.Loop      // due batches become summaries
	sending  *batch.Loop      // summaries go to the relay
	metrics  *metrics
	rate     *ratewatch.Watch
	breaker  breaker
	hooks    *hooks
	sizes    sizeBounds
	recent   recent
	ahead    ahead
	wishes   wishes
	released atomic.Bool // another process takes the store over

	claimed   atomic.Pointer[store.Batch] // claimed but not yet sealed; set by flushing, and never changed
	unsettled unsettled                   // what sending could not yet write
	attempts  *crew                       // deliveries under way
	resends   resends                     // of the fail-dir

	// Set by Start, before anything that uses them runs.
	started   time.Time
	engine    store.Store // behind store
	store     store.Store
	recorder  *store.Committer
	readiness *readiness.Monitor

	reloading sync.Mutex // held by Reload

	mu       sync.Mutex // guards what follows
	state    state
	addr     net.Addr
	cleanups []cleanup
	stopped  chan struct{} // closed when Shutdown is done
	stopErr  error         // its result
	fatal    chan error    // why the Proxy cannot go on
}

// New returns a Proxy for config, which it checks as a whole: the error joins a
// *FieldError for each mistake. New opens nothing; [Proxy.Start] does.
func New(config Config) (*Proxy, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	settings, err := newSettings(config, &batch.Mutes{})
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		log:      config.Logger.With("component", "proxy"),
		failDir:  &deliver.Maildir{Dir: config.FailDir},
		attempts: newCrew(),
		stopped:  make(chan struct{}),
		fatal:    make(chan error, 1),
	}
	p.settings.Store(settings)
	if config.AllDir != "" {
		p.archive = &deliver.Maildir{Dir: config.AllDir}
	}
	p.server = receive.NewServer(receive.HandlerFunc(p.accept), receive.Options{
		Hostname:       config.Hostname,
		TLS:            config.TLS,
		Access:         config.Access,
		TrustedProxies: config.TrustedProxies,
		LoopMark:       config.loopMark(),
		MaxMessageSize: config.MaxMessageSize,
		MaxInFlight:    config.MaxInFlight,
		MaxRecipients:  config.MaxRecipients,
		MaxConnections: config.MaxConnections,
		MaxPerClient:   config.MaxPerClient,
		IdleTimeout:    config.IdleTimeout,
		SessionTimeout: config.SessionTimeout,
		Logger:         config.Logger,
	})
	p.metrics = newMetrics(p)
	p.rate = ratewatch.New(config.RateLimit, config.RateWindow, time.Now())
	p.hooks = newHooks(p.onSummary, p.metrics.hookErrors, p.log)
	p.flushing = &batch.Loop{Name: "flush due batches", Next: p.nextDue, Step: p.flush, Logger: p.log}
	p.sending = &batch.Loop{Name: "send summaries", Next: p.nextSend, Step: p.send, Logger: p.log}
	return p, nil
}
