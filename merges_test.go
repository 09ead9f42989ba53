package failmail_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// openErrors returns the fingerprints of the errors in the open batches of p.
func openErrors(t *testing.T, p *failmail.Proxy) (fingerprints []string) {
	t.Helper()
	open, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range open {
		for _, g := range s.Groups {
			for _, v := range g.Variants {
				fingerprints = append(fingerprints, v.Fingerprint)
			}
		}
	}
	return fingerprints
}

func TestMergesAndSplitsAreRememberedByTheStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "store.db")
	// with starts a Proxy on the store, and ends it.
	with := func(do func(*failmail.Proxy)) {
		t.Helper()
		kept, err := sqlite.Open(file, store.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		defer kept.Close()
		p := startProxy(t, failmail.Config{Wait: time.Hour, MaxWait: time.Hour, Store: kept, Relay: "127.0.0.1:1"})
		do(p)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	to := []string{"ops@example.com"}
	var two []string
	with(func(p *failmail.Proxy) {
		sendMail(t, p, to, "disk full", "97%")
		sendMail(t, p, to, "login refused", "x")
		if two = openErrors(t, p); len(two) != 2 {
			t.Fatalf("the errors are %q", two)
		}
		if err := p.Merge(t.Context(), two[0], two[1], "ann"); err != nil {
			t.Fatal(err)
		}
	})
	with(func(p *failmail.Proxy) {
		sendMail(t, p, to, "login refused", "x")
		if got := openErrors(t, p); len(got) != 1 {
			t.Errorf("after a merge and a restart the errors are %q", got)
		}
		if err := p.Split(t.Context(), two[1], "ann"); err != nil {
			t.Fatal(err)
		}
	})
	with(func(p *failmail.Proxy) {
		sendMail(t, p, to, "login refused", "x")
		if got := openErrors(t, p); len(got) != 2 {
			t.Errorf("after a split and a restart the errors are %q", got)
		}
	})
}

func TestAMergeOrASplitOfWhatIsNoFingerprintIsRefused(t *testing.T) {
	p := startProxy(t, failmail.Config{Store: failmail.NewMemoryStore(), Relay: "127.0.0.1:1"})
	const one = "v2:0123456789abcdef"
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"a merge with a word":             {p.Merge(t.Context(), one, "disk", "ann"), "is not a fingerprint"},
		"a merge with itself":             {p.Merge(t.Context(), one, one, "ann"), "is named twice"},
		"a merge with one of a version 1": {p.Merge(t.Context(), "v1:0123456789abcdef", one, "ann"), "of an older version"},
		"a split of a word":               {p.Split(t.Context(), "disk", "ann"), "is not a fingerprint"},
	} {
		if !strings.Contains(fmt.Sprint(test.err), test.want) {
			t.Errorf("%s: %v", name, test.err)
		}
	}
	if _, err := p.OpenErrors(t.Context(), "disk"); err == nil {
		t.Error("a word is looked up")
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Merge(t.Context(), one, "v2:fedcba9876543210", "ann"); err == nil {
		t.Error("merged without a store")
	}
}
