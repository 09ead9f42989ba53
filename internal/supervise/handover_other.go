//go:build !unix

package supervise

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"

	"github.com/hut8labs/failmail/pkg/receive"
)

const inheritsSockets = false

// Listen does nothing: without SIGUSR1 nobody asks for a hand-over, and without SIGHUP nobody for new
// settings; a restart does both.
func Listen() Signals { return Signals{} }

func (s *service) handOver(context.Context) error { return errNoHandover }

var errNoHandover = fmt.Errorf("%s hands no sockets over to another process; restart instead", runtime.GOOS)

// A predecessor is the process that this one replaces, of which there is none.
type predecessor struct{ kinds []receive.Endpoint }

func findPredecessor() (*predecessor, error) {
	if text := os.Getenv(handoverEnv); text != "" {
		return nil, fmt.Errorf("%s=%q: %w, and unset it", handoverEnv, text, errNoHandover)
	}
	return nil, nil
}

func (*predecessor) release(context.Context) error { return errNoHandover }
func (*predecessor) serving(context.Context) error { return errNoHandover }

func (*predecessor) listener(string) (net.Listener, error) { return nil, nil }
