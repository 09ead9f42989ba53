package failmail

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Config returns the Config in force, with the defaults of the fields that were
// empty.
func (p *Proxy) Config() Config { return *p.settings.config() }

// Reload puts another Config into force, for what comes from now on, without
// ending a connection. What cannot change while a Proxy runs stays as it is; the
// names of such fields that differ are returned. When the Config is wrong,
// nothing changes.
func (p *Proxy) Reload(config Config) (kept []string, err error) {
	p.reloading.Lock()
	defer p.reloading.Unlock()
	if config.Logger == nil {
		config.Logger = p.settings.config().Logger // the default would be another one
	}
	config = config.withDefaults()
	old := p.settings.Load()
	kept = keepFixed(&config, &old.config)
	if err := config.validate(); err != nil {
		if len(kept) > 0 {
			return nil, fmt.Errorf("%w\n(with %s as before, which only a start changes)", err, strings.Join(kept, ", "))
		}
		return nil, err
	}
	next, err := newSettings(config, old.known())
	if err != nil {
		return nil, err
	}
	p.settings.Store(next)
	p.server.SetAccess(config.Access)
	p.rate.Set(config.RateLimit, config.RateWindow, time.Now())
	p.log.Info("took new settings", "not_changed", kept)
	// Sends that are under way finish first.
	return kept, old.closeSender()
}

// startOnly are the fields that only a start reads; Reload changes all others. That
// each field of a Config is on one side is a decision to take when it is added.
var startOnly = []string{
	"Bind", "Listeners", "TrustedProxies", "TLS", "Hostname", "ReceiveOnly", "SendOnly", "FailDir", "AllDir",
	"MaxMessageSize", "MaxInFlight", "MaxRecipients", "MaxConnections", "MaxPerClient", "IdleTimeout", "SessionTimeout",
	"Store", "Logger", "Version",
}

// keepFixed gives config what cannot change, and returns what it wanted changed. A
// field that refers to something, and is nil, wants none.
func keepFixed(config, old *Config) (kept []string) {
	wanted, have := reflect.ValueOf(config).Elem(), reflect.ValueOf(old).Elem()
	for _, field := range startOnly {
		w, h := wanted.FieldByName(field), have.FieldByName(field)
		if !isNil(w) && !same(w, h) {
			kept = append(kept, field)
		}
		w.Set(h)
	}
	return kept
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice:
		return v.IsNil()
	}
	return false
}

// same compares what a field refers to by identity, and values by what they are.
func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		return a.Comparable() && b.Comparable() && a.Equal(b)
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}
