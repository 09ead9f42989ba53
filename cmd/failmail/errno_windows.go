package main

import "syscall"

// What Windows says of sockets, for which package syscall has numbers of its own
// invention (Winsock's WSAEADDRINUSE and WSAECONNREFUSED).
const (
	errAddressInUse      = syscall.Errno(10048)
	errConnectionRefused = syscall.Errno(10061)
)
