package failmail

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
	"github.com/hut8labs/failmail/pkg/store/steady"
)

// openStore opens the one of the Config, or the default one.
func (p *Proxy) openStore(ctx context.Context) (*steady.Store, error) {
	engine := p.settings.config().Store
	if engine == nil {
		s, err := sqlite.Open(DefaultStore, store.Limits{})
		if err != nil {
			return nil, err
		}
		if aside, reason := s.SetAside(); aside != "" {
			p.log.Error("the store was damaged; it is set aside, and a fresh one made: what was pending in it is not sent",
				"set_aside", aside, "reason", reason)
		}
		engine = s
		p.life.Undo("store", func(context.Context) error { return s.Close() })
	}
	kept, ok := engine.(*steady.Store)
	if !ok {
		kept = steady.New(engine, steady.Options{Logger: p.log})
	}
	if err := kept.Start(ctx); err != nil {
		return nil, fmt.Errorf("read store: %w", err)
	}
	return kept, nil
}

func (p *Proxy) listen(ctx context.Context) ([]net.Listener, error) {
	var listeners []net.Listener
	p.life.Undo("listeners", func(context.Context) error {
		for _, l := range listeners {
			l.Close() // the server has closed it already, if it was served
		}
		return nil
	})
	if len(p.settings.config().Listeners) > 0 {
		listeners = p.settings.config().Listeners
		return listeners, nil
	}
	for _, bind := range p.settings.config().binds() {
		l, err := receive.Listen(ctx, bind)
		if err != nil {
			return nil, fmt.Errorf("%w, in Config.Bind", err)
		}
		listeners = append(listeners, l...)
	}
	return listeners, nil
}

func addressList(listeners []net.Listener) string {
	var names []string
	for _, l := range listeners {
		names = append(names, l.Addr().String())
	}
	return strings.Join(names, " ")
}
