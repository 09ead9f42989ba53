//go:build !unix

package supervise

import "runtime"

// A pidfile is refused where it could not be locked: one that a crash has left
// could not be told from one in use.
type pidfile struct{}

func preparePidfile(path string, _ bool) (*pidfile, error) {
	if path == "" {
		return nil, nil
	}
	return nil, &Mistake{"Options.Pidfile: " + runtime.GOOS + " has no locks that a PID file needs; leave it out"}
}

func (*pidfile) place() error { return nil }
func (*pidfile) remove()      {}
func (*pidfile) leave()       {}
