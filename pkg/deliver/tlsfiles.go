package deliver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
)

// TLSFiles are certificates on disk, as PEM. They are read for each new
// connection, so a renewal needs no restart. It is safe for concurrent use.
type TLSFiles struct {
	CA        string // whom to trust in place of the system's roots; may be empty
	Cert, Key string // what we show to the relay; both may be empty

	mu     sync.Mutex
	roots  *x509.CertPool   // as read last
	client *tls.Certificate // as read last
}

// Check reads the files and reports what is wrong with them.
func (f *TLSFiles) Check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read()
}

// apply adds to config what the files hold. Files that cannot be read now, in the
// middle of a renewal maybe, are as they were.
func (f *TLSFiles) apply(config *tls.Config, logger *slog.Logger) error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.read(); err != nil {
		if f.CA != "" && f.roots == nil || f.Cert != "" && f.client == nil {
			return err
		}
		if logger != nil {
			logger.Error("cannot read the TLS files for the relay again, what was read before stays in use", "error", err)
		}
	}
	if f.roots != nil {
		config.RootCAs = f.roots
	}
	if f.client != nil {
		config.Certificates = []tls.Certificate{*f.client}
	}
	return nil
}

func (f *TLSFiles) read() error {
	var problems []error
	if f.CA != "" {
		pem, err := os.ReadFile(f.CA)
		roots := x509.NewCertPool()
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("read the relay's CA: %w", err))
		case !roots.AppendCertsFromPEM(pem):
			problems = append(problems, fmt.Errorf("read the relay's CA: %q has no certificate in PEM form (-----BEGIN CERTIFICATE-----)", f.CA))
		default:
			f.roots = roots
		}
	}
	switch {
	case (f.Cert == "") != (f.Key == ""):
		problems = append(problems, errors.New("a client certificate for the relay needs a file with the certificate and one with its key"))
	case f.Cert != "":
		pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			problems = append(problems, fmt.Errorf("read the client certificate %q with key %q: %w", f.Cert, f.Key, err))
		} else {
			f.client = &pair
		}
	}
	return errors.Join(problems...)
}
