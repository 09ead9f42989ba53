//go:build !unix || solaris || aix

package deliver

import "os"

// lock does nothing: two that send the same maildir again at a time can both send
// a mail here.
func lock(*os.File) error { return nil }
