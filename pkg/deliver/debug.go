package deliver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Debug prints mails instead of sending them. It is safe for concurrent use.
type Debug struct {
	Output io.Writer

	mu sync.Mutex
}

var _ Sender = (*Debug)(nil)

// Send implements Sender.
func (d *Debug) Send(_ context.Context, m *Mail) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	rule := strings.Repeat("-", 72)
	_, err := fmt.Fprintf(d.Output, "%s\nMAIL FROM:<%s>\nRCPT TO:<%s>\n\n%s\n%s\n",
		rule, m.From, strings.Join(m.To, ">\nRCPT TO:<"), bytes.ReplaceAll(m.Raw, []byte("\r\n"), []byte("\n")), rule)
	return err
}
