package supervise

import (
	"os"
	"syscall"
)

// replaceStderr makes f standard error. Not every Linux has dup2.
func replaceStderr(f *os.File) error { return syscall.Dup3(int(f.Fd()), 2, 0) }
