//go:build !windows

package main

import "syscall"

const errConnectionRefused = syscall.ECONNREFUSED
