package failmail

import (
	"errors"
	"slices"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// settings are what a Proxy works by. They are replaced as a whole.
type settings struct {
	config      Config
	classifier  *batch.Classifier
	renderer    render.Renderer
	sender      deliver.Sender
	closeSender func() error
}

func newSettings(config Config, mutes *batch.Mutes) (*settings, error) {
	batchBy, groupBy, err := config.groupers()
	if err != nil {
		return nil, err
	}
	sender, closeSender, err := config.openSender()
	if err != nil {
		return nil, errors.Join(err)
	}
	return &settings{
		config: config,
		classifier: &batch.Classifier{
			Batch: batchBy, Group: groupBy,
			Window: store.Window{Wait: config.Wait, MaxWait: config.MaxWait},
			Quiet:  config.First, EachRecipient: config.EachRecipient,
			Mutes:  mutes,
			Logger: config.Logger.With("component", "batch"),
		},
		renderer: config.Renderer,
		sender:   sender, closeSender: closeSender,
	}, nil
}

// conf returns the Config in force.
func (p *Proxy) conf() *Config { return &p.settings.Load().config }

// Reload puts another Config into force, for what comes from now on, without
// ending a connection. What cannot change while a Proxy runs stays as it is; the
// names of such fields that differ are returned. When the Config is wrong,
// nothing changes.
func (p *Proxy) Reload(config Config) (kept []string, err error) {
	config = config.withDefaults()
	old := p.settings.Load()
	kept = keepFixed(&config, &old.config)
	if err := config.validate(); err != nil {
		return nil, err
	}
	next, err := newSettings(config, old.classifier.Mutes)
	if err != nil {
		return nil, err
	}
	p.settings.Store(next)
	p.server.SetAccess(config.Access)
	p.log.Info("took new settings", "not_changed", kept)
	// Sends that are under way finish first.
	return kept, old.closeSender()
}

// keepFixed gives config what cannot change, and returns what it wanted changed.
func keepFixed(config, old *Config) (kept []string) {
	differs := func(field string, is bool) {
		if is {
			kept = append(kept, field)
		}
	}
	differs("Bind", config.Bind != old.Bind)
	differs("Hostname", config.Hostname != old.Hostname)
	differs("AllDir", config.AllDir != old.AllDir)
	differs("FailDir", config.FailDir != old.FailDir)
	differs("TrustedProxies", !slices.Equal(config.TrustedProxies, old.TrustedProxies))
	differs("MaxMessageSize", config.MaxMessageSize != old.MaxMessageSize)
	differs("MaxInFlight", config.MaxInFlight != old.MaxInFlight)
	differs("MaxRecipients", config.MaxRecipients != old.MaxRecipients)
	differs("MaxConnections", config.MaxConnections != old.MaxConnections)
	differs("MaxPerClient", config.MaxPerClient != old.MaxPerClient)
	differs("IdleTimeout", config.IdleTimeout != old.IdleTimeout)
	differs("SessionTimeout", config.SessionTimeout != old.SessionTimeout)
	differs("RateLimit", config.RateLimit != old.RateLimit)
	differs("RateWindow", config.RateWindow != old.RateWindow)
	differs("ReceiveOnly", config.ReceiveOnly != old.ReceiveOnly)
	differs("SendOnly", config.SendOnly != old.SendOnly)
	config.Bind, config.Listeners, config.TLS, config.Hostname = old.Bind, old.Listeners, old.TLS, old.Hostname
	config.AllDir, config.FailDir, config.TrustedProxies = old.AllDir, old.FailDir, old.TrustedProxies
	config.MaxMessageSize, config.MaxInFlight, config.MaxRecipients = old.MaxMessageSize, old.MaxInFlight, old.MaxRecipients
	config.MaxConnections, config.MaxPerClient = old.MaxConnections, old.MaxPerClient
	config.IdleTimeout, config.SessionTimeout = old.IdleTimeout, old.SessionTimeout
	config.RateLimit, config.RateWindow = old.RateLimit, old.RateWindow
	config.ReceiveOnly, config.SendOnly = old.ReceiveOnly, old.SendOnly
	config.Store, config.Logger = old.Store, old.Logger
	return kept
}
