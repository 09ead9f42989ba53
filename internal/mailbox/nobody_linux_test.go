package mailbox_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// asNobody gives up root's right to read everything until t ends; dir, from
// t.TempDir, can be entered all the same. What t does must stay in its goroutine:
// Linux keeps the user who opens a file by thread.
func asNobody(t *testing.T, dir string) {
	t.Helper()
	for _, folder := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const nobody = 65534
	runtime.LockOSThread()
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setfsuid(os.Geteuid()); err != nil {
			t.Fatal(err)
		}
		runtime.UnlockOSThread()
	})
}
