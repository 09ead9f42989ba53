package receive

import (
	"bytes"
	"crypto/tls"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pairFiles are the files of a Certificate under test.
type pairFiles struct {
	t         *testing.T
	cert, key string
	written   time.Time
}

func newPairFiles(t *testing.T) *pairFiles {
	folder := t.TempDir()
	return &pairFiles{t, filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"), time.Unix(1_000_000, 0)}
}

// write gives a file its content and another time of change.
func (p *pairFiles) write(name string, content []byte) {
	p.t.Helper()
	p.written = p.written.Add(time.Second)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Chtimes(name, p.written, p.written); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pairFiles) writePair(name string) {
	p.t.Helper()
	cert, key := NewPair(p.t, name)
	p.write(p.cert, cert)
	p.write(p.key, key)
}

func commonName(t *testing.T, c *tls.Certificate) string {
	t.Helper()
	if c == nil || c.Leaf == nil {
		t.Fatal("no certificate")
	}
	return c.Leaf.Subject.CommonName
}

func TestCertificateIsReadAgainWhenItsFilesChange(t *testing.T) {
	files := newPairFiles(t)
	files.writePair("old")
	c, err := LoadCertificate(files.cert, files.key, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := c.checked
	expect := func(when, want string) {
		t.Helper()
		if got := commonName(t, c.get(now)); got != want {
			t.Errorf("%s: certificate %q, want %q", when, got, want)
		}
	}
	expect("at the start", "old")
	before := c.get(now)
	now = now.Add(checkEvery)
	if c.get(now) != before {
		t.Error("files that have not changed are read again")
	}
	files.writePair("new")
	expect("before the next look", "old")
	now = now.Add(checkEvery)
	expect("at the next look", "new")
	files.writePair("newer")
	now = now.Add(time.Hour)
	got, err := c.Config().GetCertificate(nil)
	if err != nil || commonName(t, got) == "old" {
		t.Errorf("the configuration gives %v, %v", got, err)
	}
	expect("after an hour", "newer")
}

func TestBrokenNewCertificateLeavesTheOldOneInUse(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(f *pairFiles)
	}{
		{"a certificate that is no PEM", func(f *pairFiles) { f.write(f.cert, []byte("broken")) }},
		{"an empty key", func(f *pairFiles) { f.write(f.key, nil) }},
		{"a certificate without its key, as in the middle of a renewal", func(f *pairFiles) {
			cert, _ := NewPair(f.t, "new")
			f.write(f.cert, cert)
		}},
		{"a certificate that is gone", func(f *pairFiles) { os.Remove(f.cert) }},
		{"a key that is gone", func(f *pairFiles) { os.Remove(f.key) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			files := newPairFiles(t)
			files.writePair("old")
			c, err := LoadCertificate(files.cert, files.key, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			tt.spoil(files)
			now := c.checked.Add(checkEvery)
			if got := commonName(t, c.get(now)); got != "old" {
				t.Errorf("certificate %q", got)
			}
			if got := log.String(); !strings.Contains(got, "level=ERROR") || !strings.Contains(got, filepath.Dir(files.cert)) {
				t.Errorf("log: %s", got)
			}
			files.writePair("mended")
			if got := commonName(t, c.get(now.Add(checkEvery))); got != "mended" {
				t.Errorf("after the files were mended: certificate %q", got)
			}
		})
	}
}

func TestCertificateFilesThatCannotBeReadAtTheStart(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(f *pairFiles) (blamed string)
		missing bool
	}{
		{"a missing certificate", func(f *pairFiles) string { os.Remove(f.cert); return f.cert }, true},
		{"a missing key", func(f *pairFiles) string { os.Remove(f.key); return f.key }, true},
		{"a broken certificate", func(f *pairFiles) string { f.write(f.cert, []byte("x")); return f.cert }, false},
		{"a broken key", func(f *pairFiles) string { f.write(f.key, []byte("x")); return f.key }, false},
		{"a key of another certificate", func(f *pairFiles) string {
			_, key := NewPair(f.t, "other")
			f.write(f.key, key)
			return f.key
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := newPairFiles(t)
			files.writePair("x")
			blamed := tt.prepare(files)
			c, err := LoadCertificate(files.cert, files.key, nil)
			if err == nil || c != nil {
				t.Fatalf("LoadCertificate = %v, %v", c, err)
			}
			if !strings.Contains(err.Error(), blamed) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q does not name %s on one line", err, blamed)
			}
			if missing := strings.Contains(err.Error(), fs.ErrNotExist.Error()) || strings.Contains(err.Error(), "no such file"); missing != tt.missing {
				t.Errorf("%q: missing = %v", err, missing)
			}
		})
	}
}
