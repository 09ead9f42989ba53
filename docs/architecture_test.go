package docs

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// What groups and renders mails knows nothing of how they come and go.
func TestGroupingAndRenderingNeedNoServer(t *testing.T) {
	for _, p := range []string{"message", "batch", "render", "store", "store/memory"} {
		out, err := exec.Command("go", "list", "-deps", "../pkg/"+p).Output()
		if err != nil {
			t.Fatal(err)
		}
		deps := strings.Fields(string(out))
		for _, other := range []string{
			"github.com/emersion/go-smtp", "github.com/emersion/go-sasl", "github.com/pires/go-proxyproto", "golang.org/x/crypto/bcrypt",
			"github.com/hut8labs/failmail/pkg/receive", "github.com/hut8labs/failmail/pkg/deliver",
		} {
			if slices.Contains(deps, other) {
				t.Errorf("pkg/%s needs %s", p, other)
			}
		}
	}
}
