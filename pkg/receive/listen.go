package receive

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// A ListenError says which address could not be listened on and what to do.
type ListenError struct {
	Addr string
	Hint string
	Err  error
}

// Error names the address, the cause and the remedy on one line.
func (e *ListenError) Error() string {
	return fmt.Sprintf("listen on %s: %v; %s", e.Addr, e.Err, e.Hint)
}

// Unwrap returns the cause.
func (e *ListenError) Unwrap() error { return e.Err }

// Listen listens on bind, in the form of ParseEndpoint. For the host "localhost"
// it listens on both 127.0.0.1 and ::1 as far as the machine has them, because
// clients differ in which of the two they try. A Unix socket that was left by a
// dead process is replaced. Errors are *ListenError.
func Listen(ctx context.Context, bind string) ([]net.Listener, error) {
	e, err := ParseEndpoint(bind)
	if err != nil {
		return nil, &ListenError{bind, "correct the address", err}
	}
	if e.Network == "unix" {
		if err := removeStaleSocket(e.Address); err != nil {
			return nil, listenError(bind, err)
		}
		return one(listen(ctx, e))
	}
	host, port, _ := net.SplitHostPort(e.Address) // ParseEndpoint has checked it
	if host != "localhost" {
		return one(listen(ctx, e))
	}
	e.Address = net.JoinHostPort("127.0.0.1", port)
	v4, err := listen(ctx, e)
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		e.Address = net.JoinHostPort("::1", port)
		return one(listen(ctx, e))
	}
	if err != nil {
		return nil, err
	}
	// The port may have been left open; both families use the same.
	e.Address = net.JoinHostPort("::1", strconv.Itoa(v4.Addr().(*net.TCPAddr).Port))
	v6, err := listen(ctx, e)
	switch {
	case err == nil:
		return []net.Listener{v4, v6}, nil
	case errors.Is(err, syscall.EADDRINUSE) && port != "0":
		v4.Close() // the error to report is the other one
		return nil, err
	}
	return []net.Listener{v4}, nil
}

func one(l net.Listener, err error) ([]net.Listener, error) {
	if err != nil {
		return nil, err
	}
	return []net.Listener{l}, nil
}

func listen(ctx context.Context, e Endpoint) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, e.Network, e.Address)
	if err != nil {
		return nil, listenError(e.String(), err)
	}
	return &endpointListener{l, e}, nil
}

func listenError(addr string, err error) error {
	hint := "choose another address"
	// The system's word is enough; the library repeats the address around it.
	cause := err
	var errno syscall.Errno
	if errors.As(err, &errno) {
		cause = errno
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		hint = "stop the program that uses it, or choose another address"
	case errors.Is(err, syscall.EACCES):
		hint = "this user may not; choose a port above 1023 or another path"
	}
	return &ListenError{addr, hint, cause}
}
