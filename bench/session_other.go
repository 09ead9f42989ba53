//go:build !unix

package main

import "os/exec"

// Without sessions, only the program itself is ended.

func separate(*exec.Cmd) {}

func killSession(cmd *exec.Cmd) { cmd.Process.Kill() }
