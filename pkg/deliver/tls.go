package deliver

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"
)

// TLSPolicy says whether mails may travel unencrypted.
type TLSPolicy string

const (
	// TLSAuto encrypts where the relay offers STARTTLS, and else does not
	// (RFC 7435). A certificate that cannot be verified is good enough, with one
	// warning: the usual relay on localhost has one of its own making. But
	// credentials are not sent to a relay that cannot show who it is, except on
	// this machine. It is the default.
	TLSAuto TLSPolicy = "auto"
	// TLSRequire sends nothing without TLS and a certificate that is verified.
	TLSRequire TLSPolicy = "require"
	// TLSOff does not encrypt.
	TLSOff TLSPolicy = "off"
)

func (p TLSPolicy) check() error {
	switch p {
	case TLSAuto, TLSRequire, TLSOff:
		return nil
	}
	return fmt.Errorf("unknown TLS policy %q; it is auto, require or off", string(p))
}

// TLS says how the connection to a relay is encrypted. The zero value is
// TLSAuto with the certificates that the system trusts.
type TLS struct {
	Policy TLSPolicy
	// Implicit begins with the TLS handshake (smtps, RFC 8314), for which the
	// Policy must not be TLSOff. The certificate is always verified, as there
	// is no way to send without TLS that would make this pointless.
	Implicit bool
	// ServerName is the name the certificate must have. Defaults to the host in
	// the relay's address.
	ServerName string
	// Files are certificates on disk; what they hold takes precedence over Config.
	Files *TLSFiles
	// Config is what else to use, cloned for each connection. It may be nil.
	Config *tls.Config
}

func (t TLS) policy() TLSPolicy { return cmp.Or(t.Policy, TLSAuto) }

func (t TLS) opportunistic() bool { return t.policy() == TLSAuto && !t.Implicit }

// A tlsError is TLS that was begun and failed.
type tlsError struct{ err error }

func (e *tlsError) Error() string { return e.err.Error() }
func (e *tlsError) Unwrap() error { return e.err }

// startTLS encrypts the connection (RFC 3207) if the relay lets it and the
// policy wants it. A Unix socket is encrypted only if that is required: what
// does not leave the kernel gains nothing.
func (s *SMTP) startTLS(ctx context.Context, c *connection) error {
	required := s.TLS.policy() == TLSRequire
	_, unix := c.raw.RemoteAddr().(*net.UnixAddr)
	offered, _ := c.client.Extension("STARTTLS")
	switch {
	case unix && !required:
		return nil
	case !offered && required:
		return Misconfigured(fmt.Errorf("relay %s does not offer STARTTLS, so no mail is sent to it; switch it on there, use smtps:// if it has a port for that, or set TLS.Policy=auto", s.Addr))
	case !offered:
		return nil
	}
	code, text, err := s.askForTLS(c)
	if err != nil {
		return &tlsError{&stepError{s.Addr, "STARTTLS", err}}
	}
	if code == 421 { // and it hangs up
		return &tlsError{fmt.Errorf("relay %s answered STARTTLS with %d %s", s.Addr, code, oneLineText(text))}
	}
	if code != 220 {
		if required {
			return fmt.Errorf("relay %s offers STARTTLS, yet answered it with %d %s", s.Addr, code, oneLineText(text))
		}
		s.warnOnce("the relay offers STARTTLS, yet refuses it, so mails go to it in the clear; mend it there, or set TLS.Policy=off",
			"reply", fmt.Sprint(code, " ", oneLineText(text)))
		return nil
	}
	secure, err := s.handshake(ctx, c)
	if err != nil {
		return err
	}
	// What the relay said before may have been put into its mouth.
	return s.hello(c, &greeted{Conn: secure, greeting: strings.NewReader("220 again, over TLS\r\n")})
}

// askForTLS sends STARTTLS. The library's own way to do so cannot first see
// whether it is offered, and introduces us as "localhost".
func (s *SMTP) askForTLS(c *connection) (code int, text string, err error) {
	if err := c.wire.SetDeadline(time.Now().Add(s.Timeouts.withDefaults().Command)); err != nil {
		return 0, "", err
	}
	defer c.wire.SetDeadline(time.Time{})
	if _, err := io.WriteString(c.wire, "STARTTLS\r\n"); err != nil {
		return 0, "", err
	}
	buffered := bufio.NewReader(c.wire)
	code, text, err = textproto.NewReader(buffered).ReadResponse(0)
	if err == nil && buffered.Buffered() > 0 {
		// Someone between would have it read as if it had come encrypted.
		return 0, "", errors.New("more than one reply")
	}
	return code, text, err
}

// greeted is a connection on which the relay does not greet again, although the
// library waits for it.
type greeted struct {
	net.Conn
	greeting *strings.Reader
}

func (g *greeted) Read(p []byte) (int, error) {
	if g.greeting.Len() > 0 {
		return g.greeting.Read(p)
	}
	return g.Conn.Read(p)
}

// handshake encrypts the connection and sets c.proven.
func (s *SMTP) handshake(ctx context.Context, c *connection) (net.Conn, error) {
	config, err := s.tlsConfig()
	if err != nil {
		return nil, Misconfigured(err)
	}
	secure := tls.Client(c.wire, config)
	limited, cancel := context.WithTimeout(ctx, s.Timeouts.withDefaults().Command)
	defer cancel()
	if err := secure.HandshakeContext(limited); err != nil {
		if unverified, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			return nil, Misconfigured(fmt.Errorf("relay %s, TLS: the certificate cannot be verified, so no mail is sent: %w; give its CA (TLS.Files)", s.Addr, unverified.Err))
		}
		if _, spoke := errors.AsType[tls.RecordHeaderError](err); spoke && s.TLS.Implicit {
			return nil, Misconfigured(fmt.Errorf("relay %s does not begin with TLS, as smtps:// expects it to; write smtp://%[1]s with TLS.Policy=require, which encrypts by STARTTLS", s.Addr))
		}
		return nil, &tlsError{&stepError{s.Addr, "TLS handshake", err}}
	}
	if !s.TLS.opportunistic() {
		c.proven = true
		return secure, nil
	}
	if err := verify(secure.ConnectionState(), config); err != nil {
		s.warnOnce("the relay's TLS certificate cannot be verified; mails go to it encrypted, but it could be another; give its CA (TLS.Files)", "error", err)
		return secure, nil
	}
	c.proven = true
	return secure, nil
}

// tlsConfig reads the files anew, so that a renewal needs no restart.
func (s *SMTP) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS.Config != nil {
		config = s.TLS.Config.Clone()
	}
	if err := s.TLS.Files.apply(config, s.Logger); err != nil {
		return nil, err
	}
	config.ServerName = cmp.Or(s.TLS.ServerName, config.ServerName, s.host())
	if s.TLS.opportunistic() {
		config.InsecureSkipVerify = true // verify comes after
	}
	return config, nil
}

// verify does what the handshake does without InsecureSkipVerify.
func verify(state tls.ConnectionState, config *tls.Config) error {
	options := x509.VerifyOptions{Roots: config.RootCAs, DNSName: config.ServerName, Intermediates: x509.NewCertPool()}
	for _, certificate := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(certificate)
	}
	if config.Time != nil {
		options.CurrentTime = config.Time()
	}
	_, err := state.PeerCertificates[0].Verify(options)
	return err
}
