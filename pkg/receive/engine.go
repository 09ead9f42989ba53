package receive

import (
	"net"
	"sync"

	"github.com/emersion/go-smtp"
)

// An engine speaks SMTP or LMTP through the library.
type engine struct {
	*smtp.Server
	upgrades *handover
	serving  sync.Once
}

func (s *Server) newEngine(lmtp bool) *engine {
	e := &engine{Server: smtp.NewServer(smtp.BackendFunc(s.newSession)), upgrades: newHandover()}
	e.LMTP = lmtp
	e.Domain = s.options.Hostname
	// The library refuses a mail of exactly its limit; the session has ours.
	e.MaxMessageBytes = s.options.MaxMessageSize + 1
	e.MaxRecipients = s.options.MaxRecipients
	// Programs mail minified JSON and HTML on one line; the library's limit of
	// 2,000 bytes would lose those mails. Commands are limited by wire.
	e.MaxLineLength = 0
	e.ReadTimeout = s.options.IdleTimeout
	e.WriteTimeout = s.options.IdleTimeout
	e.EnableSMTPUTF8 = true
	e.EnableDSN = true         // clients may ask; a summary answers no such request
	e.AllowInsecureAuth = true // the session decides
	e.ErrorLog = protocolLog{s.log}
	return e
}

// serveUpgrades accepts the connections that STARTTLS makes.
func (e *engine) serveUpgrades() {
	e.serving.Do(func() { go e.Serve(e.upgrades) })
}

// A handover is a listener whose connections come from within.
type handover struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

var _ net.Listener = (*handover)(nil)

func newHandover() *handover {
	return &handover{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// put waits until conn is accepted; it returns false if it will not be.
func (h *handover) put(conn net.Conn) bool {
	select {
	case h.conns <- conn:
		return true
	case <-h.closed:
		return false
	}
}

func (h *handover) Accept() (net.Conn, error) {
	select {
	case conn := <-h.conns:
		return conn, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *handover) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h *handover) Addr() net.Addr { return &net.UnixAddr{Name: "starttls", Net: "unix"} }
