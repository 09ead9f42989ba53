//go:build unix

package supervise

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// maxPidfile is more than any number needs.
const maxPidfile = 64

// A pidfile holds the number of this process while it takes mails. It is locked
// as long, so that one that a crash has left is told from one in use, also where
// the number belongs to another process by now. A nil pidfile does nothing.
type pidfile struct {
	path string
	file *os.File // as path+".new" until it is placed
}

// preparePidfile reports before the start what would keep the file from being
// written. Handed over, the predecessor still has it, and is about to leave it.
func preparePidfile(path string, handedOver bool) (*pidfile, error) {
	if path == "" {
		return nil, nil
	}
	if err := checkPidfile(path, handedOver); err != nil {
		return nil, fmt.Errorf("Options.Pidfile: %w", err)
	}
	draft := path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("Options.Pidfile: %w; choose a file in a folder that can be written to", err)
	}
	// Exclusive, so that nobody's link is followed in a folder that all can write to.
	file, err := os.OpenFile(draft, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("Options.Pidfile: %w; choose a file in a folder that can be written to", err)
	}
	p := &pidfile{path, file}
	_, err = fmt.Fprintf(file, "%d\n", os.Getpid())
	if err := errors.Join(err, lock(file)); err != nil {
		p.remove()
		return nil, fmt.Errorf("Options.Pidfile: write %q: %w", draft, err)
	}
	return p, nil
}

// checkPidfile reports whether the file at path may be replaced.
func checkPidfile(path string, handedOver bool) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w; choose another file", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%q is not a regular file; choose another file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%w; choose another file", err)
	}
	defer file.Close()
	content := make([]byte, maxPidfile)
	n, _ := file.Read(content)
	text := strings.TrimSpace(string(content[:n]))
	if _, err := strconv.Atoi(text); err != nil && text != "" || n == maxPidfile {
		return fmt.Errorf("%q holds something else than the number of a process; choose another file", path)
	}
	if !handedOver && errors.Is(lock(file), syscall.EWOULDBLOCK) {
		return fmt.Errorf("%q is in use by process %s; stop that one, or choose another file", path, text)
	}
	return nil
}

// lock locks f until it is closed. Where the file system has no locks, it goes
// without.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOLCK) || errors.Is(err, syscall.ENOSYS) {
		return nil
	}
	return err
}

// place puts the file where it belongs. Readers see the old one or the new one,
// whole.
func (p *pidfile) place() error {
	if p == nil {
		return nil
	}
	return os.Rename(p.file.Name(), p.path)
}

// remove removes the file, unless another process has replaced it.
func (p *pidfile) remove() {
	if p == nil {
		return
	}
	defer p.file.Close()
	own, err := p.file.Stat()
	if err != nil {
		return
	}
	for _, name := range []string{p.path, p.path + ".new"} {
		if there, err := os.Lstat(name); err == nil && os.SameFile(own, there) {
			os.Remove(name) // if not, the next start replaces it
		}
	}
}

// leave keeps the file for the process that takes over.
func (p *pidfile) leave() {
	if p != nil {
		p.file.Close()
	}
}
