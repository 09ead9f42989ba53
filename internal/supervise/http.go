package supervise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

// HTTP says where the page, the API and the metrics are served, and to whom.
type HTTP struct {
	Address string // empty for none
	Chosen  bool   // by a person, so that it is an error if it is in use
	// Guard wraps what is served at address so that it answers only to those who
	// may see it.
	Guard func(handler http.Handler, address net.Addr) http.Handler
}

// A website is the socket for HTTP and what serves on it.
type website struct {
	HTTP
	log      *slog.Logger
	listener net.Listener
}

// listen opens the address, unless that was handed over.
func (w *website) listen(ctx context.Context) (err error) {
	if w.Address == "" || w.listener != nil {
		return nil
	}
	if w.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", w.Address); err != nil {
		return fmt.Errorf("listen for HTTP: %w; choose another address in HTTP.Address", err)
	}
	return nil
}

// listenIfFree is listen. Mail matters more than the page about it: a default that
// something else uses costs a warning, not the start.
func (w *website) listenIfFree(ctx context.Context) error {
	err := w.listen(ctx)
	switch {
	case errors.Is(err, errAddressInUse) && !w.Chosen:
		w.log.Warn("the page and the metrics are off: another program uses the address; choose one in HTTP.Address", "address", w.Address)
		return nil
	case err == nil && w.listener != nil:
		w.log.Info("serving page, API and metrics", "url", "http://"+w.listener.Addr().String()+"/")
	}
	return err
}

// reopen listens again on the address that was closed.
func (w *website) reopen(ctx context.Context) (err error) {
	if w.listener != nil {
		w.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", w.listener.Addr().String())
	}
	return err
}

// file returns a copy of the socket, and what it was made for; nil without one.
func (w *website) file() (*os.File, string, error) {
	l, ok := w.listener.(*net.TCPListener)
	if !ok {
		return nil, "", nil
	}
	f, err := l.File()
	return f, w.Address, err
}

func (w *website) close() {
	if w.listener != nil {
		w.listener.Close() // it mostly is
	}
}

// serve answers with handler on l until ctx ends, which closes it.
func (w *website) serve(ctx context.Context, l net.Listener, handler http.Handler) {
	if l == nil {
		return
	}
	server := &http.Server{
		Handler:           w.Guard(handler, l.Addr()),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(w.log.Handler(), slog.LevelInfo),
	}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		w.log.Error("cannot serve HTTP any more; restart", "error", err)
	}
}
