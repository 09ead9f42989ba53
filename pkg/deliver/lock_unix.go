//go:build unix && !solaris && !aix

package deliver

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the lock of an open file that one process, or one part of it, has at
// a time. It ends with the file, so nothing is left of it after a crash; readers of
// mail do not know it. The error is ErrBusy when somebody else has it.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrBusy
	}
	return err
}
