//go:build !unix

package deliver

import (
	"os/exec"
	"time"
)

// Without process groups only the program itself is ended, not what it has started.

func separate(*exec.Cmd) {}

func interrupt(cmd *exec.Cmd) error { return cmd.Process.Kill() }

func killRest(*exec.Cmd, time.Time) {}
