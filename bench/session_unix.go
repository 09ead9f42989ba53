//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// separate gives cmd a session of its own, so that its children end with it.
func separate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

func killSession(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
