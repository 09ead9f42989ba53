package receive

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A Certificate is a pair of files with a certificate chain and its key, as PEM,
// that is read again when either changes, so that a renewal needs no restart. It
// is safe for concurrent use.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	changed [2]time.Time // of the files, as read
	checked time.Time
}

// checkEvery bounds how often the files are looked at.
const checkEvery = time.Second

// LoadCertificate reads the files for the first time. Later failures are logged
// to logger (nil discards them), and the certificate that was read last stays.
func LoadCertificate(certFile, keyFile string, logger *slog.Logger) (*Certificate, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: logger}
	if err := c.load(time.Now()); err != nil {
		return nil, err
	}
	return c, nil
}

// Config returns a configuration that serves the certificate with TLS 1.2 or
// newer.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.get(time.Now()), nil },
	}
}

func (c *Certificate) get(now time.Time) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.checked) >= checkEvery {
		if err := c.load(now); err != nil {
			c.log.Error("cannot read the new TLS certificate, the old one stays in use", "error", err)
		}
	}
	return c.current
}

func (c *Certificate) load(now time.Time) error {
	c.checked = now
	var changed [2]time.Time
	for i, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return fmt.Errorf("read TLS certificate: %w", err)
		}
		changed[i] = info.ModTime()
	}
	if c.current != nil && changed == c.changed {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read TLS certificate %q with key %q: %w", c.certFile, c.keyFile, err)
	}
	c.current, c.changed = &pair, changed
	return nil
}
