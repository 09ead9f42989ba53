package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// A mute that no mail can match any more, since an upgrade changed the fingerprints, is not
// taken for one that does something.
func TestAMuteOfAnOlderVersionSaysThatItMatchesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	s, err := sqlite.Open(path, store.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, fingerprint := range []string{"v1:0123456789abcdef", "v2:0123456789abcdef"} {
		if _, err := s.Mute(t.Context(), store.Mute{Fingerprint: fingerprint, Created: now, Until: now.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	p := proxyHere(t, "--store=sqlite:"+path)
	r := failmailHere(t, "", "mute", "--http="+p.http)
	lines := strings.Split(r.stdout, "\n")
	if !strings.HasSuffix(lines[0], "v1:0123456789abcdef, of an older version, matches nothing") || !strings.HasSuffix(lines[1], "v2:0123456789abcdef") {
		t.Errorf("%+v", r)
	}
	if _, list := get(t, "http://"+p.http+"/api/mutes", "", ""); strings.Count(list, `"outdated": true`)+strings.Count(list, `"outdated":true`) != 1 {
		t.Errorf("the API says %s", list)
	}
	if _, page := get(t, "http://"+p.http+"/", "", ""); strings.Count(page, "of an older version, matches nothing") != 1 {
		t.Error("the page does not say it once")
	}
	if log := p.log.String(); strings.Count(log, "mutes are of an older version") != 1 || !strings.Contains(log, "mutes=1") {
		t.Errorf("the log says %s", log)
	}
}
