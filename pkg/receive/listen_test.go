package receive_test

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/receive"
)

func TestListenOnLocalhostTakesBothFamiliesOnOnePort(t *testing.T) {
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		testutil.Lacks(t, "this machine has no IPv6 loopback: "+err.Error())
	}
	probe.Close()
	// Another program may hold the port on the other family.
	for range 10 {
		listeners := listen(t, "localhost:0")
		if len(listeners) == 1 {
			continue
		}
		v4, v6 := listeners[0].Addr().(*net.TCPAddr), listeners[1].Addr().(*net.TCPAddr)
		if v4.IP.String() != "127.0.0.1" || v6.IP.String() != "::1" || v4.Port != v6.Port || v4.Port == 0 {
			t.Errorf("listening on %v and %v", v4, v6)
		}
		return
	}
	t.Error("in ten attempts only one family was listened on")
}

func TestListenOnAnAddressTakesOnlyThat(t *testing.T) {
	listeners := listen(t, "127.0.0.1:0")
	if len(listeners) != 1 || listeners[0].Addr().(*net.TCPAddr).IP.String() != "127.0.0.1" {
		t.Errorf("got %d listeners, the first on %v", len(listeners), listeners[0].Addr())
	}
}

func TestListenErrors(t *testing.T) {
	taken := listen(t, "127.0.0.1:0")[0].Addr().String()
	_, port, _ := net.SplitHostPort(taken)
	tests := []struct {
		name, addr string
		cause      error
		words      []string
	}{
		{"a port in use names the address and the remedy", taken, syscall.EADDRINUSE, []string{taken, "in use", "stop the program", "another address"}},
		{"localhost with its IPv4 port in use", "localhost:" + port, syscall.EADDRINUSE, []string{":" + port, "stop the program"}},
		{"an address without a port", "localhost", nil, []string{"listen on localhost:", "no port", "correct the address"}},
		{"an empty address", "", nil, []string{"no port", "correct the address"}},
		{"a port that is no number", "127.0.0.1:smtpp", nil, []string{"127.0.0.1:smtpp", "correct the address"}},
		{"a port that is too large", "127.0.0.1:70000", nil, []string{"127.0.0.1:70000", "correct the address"}},
		{"an address that is not this machine's", "192.0.2.1:0", syscall.EADDRNOTAVAIL, []string{"192.0.2.1:0", "another address"}},
		{"too many colons", "::1:25", nil, []string{"::1:25", "correct the address"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			listeners, err := receive.Listen(t.Context(), tt.addr)
			var listenError *receive.ListenError
			if !errors.As(err, &listenError) {
				t.Fatalf("Listen = %v, %v; want a *ListenError", listeners, err)
			}
			if listeners != nil {
				t.Errorf("listeners %v come with the error", listeners)
			}
			if listenError.Addr == "" && tt.addr != "" || listenError.Hint == "" || listenError.Err == nil {
				t.Errorf("incomplete: %+v", listenError)
			}
			if tt.cause != nil && !errors.Is(err, tt.cause) {
				t.Errorf("%v is not %v", err, tt.cause)
			}
			for _, word := range tt.words {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is not one line", err)
			}
		})
	}
}

func TestListenLeavesNothingOpenWhenTheSecondFamilyIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		testutil.Lacks(t, "this machine has no IPv6 loopback: "+err.Error())
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	listeners, err := receive.Listen(t.Context(), "localhost:"+port)
	if err == nil {
		closeAll(listeners)
		t.Fatal("Listen succeeded although a program holds the port on ::1")
	}
	if !strings.Contains(err.Error(), "[::1]:"+port) {
		t.Errorf("%q does not name the address that is taken", err)
	}
	closeAll(listen(t, "127.0.0.1:"+port))
}

// listen listens until the test ends.
func listen(t *testing.T, addr string) []net.Listener {
	t.Helper()
	listeners, err := receive.Listen(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(listeners) })
	return listeners
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}
