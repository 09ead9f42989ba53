//go:build unix && !linux

package supervise

import (
	"os"
	"syscall"
)

// replaceStderr makes f standard error.
func replaceStderr(f *os.File) error { return syscall.Dup2(int(f.Fd()), 2) }
