//go:build !windows

package supervise

import "syscall"

const errAddressInUse = syscall.EADDRINUSE
