package failmail

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/hut8labs/failmail/internal/lifetime"
	"github.com/hut8labs/failmail/pkg/receive"
)

// A Proxy receives mails and sends summaries. Its methods are safe for
// concurrent use. A program may run several, each with a store of its own.
type Proxy struct {
	base
	life   *lifetime.Life
	server *receive.Server
	parts  atomic.Pointer[parts] // nil before Start

	fatal     chan error  // why the Proxy cannot go on
	released  atomic.Bool // another process takes the store over
	reloading sync.Mutex  // held by Reload
}

// New returns a Proxy for config, which it checks as a whole: the error joins a
// *FieldError for each mistake. New opens nothing; [Proxy.Start] does.
func New(config Config) (*Proxy, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	base, err := newBase(config)
	if err != nil {
		return nil, err
	}
	p := &Proxy{base: *base, life: lifetime.New(), fatal: make(chan error, 1)}
	taken := func(ctx context.Context, m *Message) error { return p.parts.Load().flow.accept(ctx, m) }
	p.server = receive.NewServer(receive.HandlerFunc(taken), receive.Options{
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
	return p, nil
}
