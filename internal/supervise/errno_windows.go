package supervise

import "syscall"

// errAddressInUse is what Windows says (Winsock's WSAEADDRINUSE); package syscall has a
// number of its own invention.
const errAddressInUse = syscall.Errno(10048)
