//go:build unix

package deliver

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// separate gives the program a process group of its own, so that what it starts
// ends with it: a signal to a shell alone leaves the sleep or curl that it waits
// for behind.
func separate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// interrupt asks the program and all that it has started to end.
func interrupt(cmd *exec.Cmd) error { return signalGroup(cmd, syscall.SIGTERM) }

// killRest kills what is left of the group at the time end.
func killRest(cmd *exec.Cmd, end time.Time) {
	for signalGroup(cmd, 0) == nil && time.Now().Before(end) {
		time.Sleep(5 * time.Millisecond)
	}
	signalGroup(cmd, syscall.SIGKILL) // usually there is none left
}

func signalGroup(cmd *exec.Cmd, signal syscall.Signal) error {
	err := syscall.Kill(-cmd.Process.Pid, signal)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
