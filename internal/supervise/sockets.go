package supervise

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/hut8labs/failmail/pkg/receive"
)

// firstSocket is the descriptor of the first socket that systemd or a failmail
// that is being replaced hands over (sd_listen_fds(3)).
const firstSocket = 3

// handoverEnv tells the new process what it was handed.
const handoverEnv = "FAILMAIL_HANDOVER"

// openSockets returns the sockets to receive on: those handed over, if there are
// any, else new ones for binds.
func openSockets(ctx context.Context, binds string, fd int, from *predecessor) ([]net.Listener, error) {
	switch {
	case from != nil:
		return inherit(firstSocket, from.kinds)
	case os.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid()):
		return activatedSockets()
	case fd > 0 && !inheritsSockets:
		return nil, &Mistake{fmt.Sprintf("Options.SocketFD \"%d\": %s passes no sockets to programs; leave it out and use Config.Bind", fd, runtime.GOOS)}
	case fd > 0: // 0 is none, as in failmail 0.2
		return inherit(fd, []receive.Endpoint{{}})
	case fd < 0:
		return nil, &Mistake{fmt.Sprintf("Options.SocketFD \"%d\" is not a descriptor; use the number of an inherited listening socket such as 3", fd)}
	}
	var listeners []net.Listener
	for bind := range strings.SplitSeq(binds, ",") {
		l, err := receive.Listen(ctx, bind)
		if err != nil {
			closeAll(listeners)
			return nil, fmt.Errorf("%w, in Config.Bind", err) // it ends with the remedy
		}
		listeners = append(listeners, l...)
	}
	return listeners, nil
}

// activatedSockets takes the sockets of a systemd unit. A socket called smtps,
// lmtp or lmtps (FileDescriptorName=) is served so.
func activatedSockets() ([]net.Listener, error) {
	if !inheritsSockets {
		return nil, &Mistake{fmt.Sprintf("LISTEN_PID=%q: %s passes no sockets to programs; unset it and use Config.Bind", os.Getenv("LISTEN_PID"), runtime.GOOS)}
	}
	n, err := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if err != nil || n < 1 {
		return nil, &Mistake{fmt.Sprintf("LISTEN_FDS=%q is not a number of sockets; start failmail from its socket unit", os.Getenv("LISTEN_FDS"))}
	}
	names := strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	kinds := make([]receive.Endpoint, n)
	for i := range min(n, len(names)) {
		kinds[i] = receive.Endpoint{TLS: strings.HasSuffix(names[i], "s"), LMTP: strings.HasPrefix(names[i], "lmtp")}
		if names[i] != "smtps" && names[i] != "lmtp" && names[i] != "lmtps" {
			kinds[i] = receive.Endpoint{}
		}
	}
	return inherit(firstSocket, kinds)
}

func inherit(first int, kinds []receive.Endpoint) ([]net.Listener, error) {
	var listeners []net.Listener
	for i, kind := range kinds {
		l, err := receive.Inherit(os.NewFile(uintptr(first+i), fmt.Sprintf("descriptor %d", first+i)), kind)
		if err != nil {
			closeAll(listeners)
			return nil, fmt.Errorf("%w; it must be a listening socket", err)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close() // on the way to an error that matters more
	}
}
