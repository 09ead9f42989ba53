package failmail

import (
	"context"
)

func (p *Proxy) isHeartbeat(m *Message) bool { return p.heartbeat(m) != "" }

// heartbeat returns the pattern that makes m a heartbeat; empty if none does.
func (p *Proxy) heartbeat(m *Message) string {
	for _, pattern := range p.conf().Heartbeats {
		if pattern.MatchString(m.Subject()) {
			return pattern.String()
		}
	}
	return ""
}

// beat notes a mail that only proves that the path works. The name is the
// pattern, so that there are as many as the operator has given.
func (p *Proxy) beat(ctx context.Context, m *Message) error {
	if err := p.store.Beat(ctx, p.heartbeat(m), m.Received); err != nil {
		p.metrics.storeErrors.Inc()
		return err
	}
	p.metrics.beats.Inc()
	p.log.Debug("counted a heartbeat", "id", m.ID)
	return nil
}
