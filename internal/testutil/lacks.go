package testutil

import (
	"os"
	"os/exec"
	"testing"
)

// Lacks skips a test for want of something that this machine does not have, which
// reason names with the way to get it. Where FAILMAIL_TEST_ALL is set, as "make test"
// does after it has brought everything, the test fails instead: what is skipped
// everywhere is tested nowhere.
func Lacks(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("FAILMAIL_TEST_ALL") != "" {
		t.Fatal(reason)
		return // where t stands in for a test
	}
	t.Skip(reason)
}

// Program returns the path of a program that is in the Debian package of its name, or
// ends the test as Lacks does.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Lacks(t, name+" is not installed; as root: apt-get install "+name)
	}
	return path
}
