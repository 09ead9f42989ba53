package receive_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/receive"
)

// A file of users is read as a whole or refused with the line that is wrong, and
// no line of it stands in the error: it may hold a password.
func FuzzPasswordsFile(f *testing.F) {
	for _, text := range []string{"", "# users\n\n", "anna:$2y$04$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234\n", "anna:geheim\n", "anna\n", ":\n", "a:$2y$99$\r\n", strings.Repeat("x", 70000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "users")
		add := func(text string) error {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return receive.NewPasswords().AddFile(file)
		}
		if err := add(text); err != nil && !strings.Contains(err.Error(), "line ") && !strings.Contains(err.Error(), "token too long") {
			t.Errorf("the error %q names no line", err)
		}
		testutil.CheckLinear(t, testutil.FuzzSize, testutil.Shape{Open: text + "\n"}.Grow, func(text string) { add(text) })
	})
}
