//go:build !linux

package mailbox_test

import (
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

func asNobody(t *testing.T, _ string) {
	testutil.Lacks(t, "run this as another user: root may read everything")
}
