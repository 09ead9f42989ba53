//go:build !unix

package testutil

import "os/exec"

// Only FAILMAIL_TEST_POSTGRES is of use here.
func runAs(*exec.Cmd, int, int) {}
