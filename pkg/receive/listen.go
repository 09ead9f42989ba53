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

// Listen listens on addr, a TCP "host:port". For the host "localhost" it
// listens on both 127.0.0.1 and ::1 as far as the machine has them, because
// clients differ in which of the two they try. Errors are *ListenError.
func Listen(ctx context.Context, addr string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, listenError(addr, err)
	}
	if host != "localhost" {
		l, err := listen(ctx, addr)
		if err != nil {
			return nil, err
		}
		return []net.Listener{l}, nil
	}
	v4, err := listen(ctx, net.JoinHostPort("127.0.0.1", port))
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		v6, err := listen(ctx, net.JoinHostPort("::1", port))
		if err != nil {
			return nil, err
		}
		return []net.Listener{v6}, nil
	}
	if err != nil {
		return nil, err
	}
	// The port may have been left open; both families use the same.
	port = strconv.Itoa(v4.Addr().(*net.TCPAddr).Port)
	v6, err := listen(ctx, net.JoinHostPort("::1", port))
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) && !endsInZero(addr) {
			v4.Close() // the error to report is the other one
			return nil, err
		}
		return []net.Listener{v4}, nil
	}
	return []net.Listener{v4, v6}, nil
}

func endsInZero(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	return err == nil && port == "0"
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, listenError(addr, err)
	}
	return l, nil
}

func listenError(addr string, err error) error {
	hint := "choose another address with --bind"
	// The system's word is enough; the library repeats the address around it.
	cause := err
	var errno syscall.Errno
	if errors.As(err, &errno) {
		cause = errno
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		hint = "stop the program that uses it, or choose another address with --bind"
	case errors.Is(err, syscall.EACCES):
		hint = "ports below 1024 need a privilege; choose a higher one with --bind"
	}
	return &ListenError{addr, hint, cause}
}
