package main

import "syscall"

// errConnectionRefused is what Windows says (Winsock's WSAECONNREFUSED); package syscall
// has a number of its own invention.
const errConnectionRefused = syscall.Errno(10061)
