package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/testutil"
)

// A file of settings is taken, or refused with what is wrong and where.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{"", "relay = \"localhost:25\"\nwait = \"30s\"\n", "allow-net = ['10.0.0.0/8', 'unix']\nmax_recipients = 5\n", "[a]\nb = 1\n", "wait = 30\n",
		"relay = x\n", "a = {b = [[", "\ufeff# x\r\n", "max-recipients = 99999999999999999999\n", "x = 1979-05-27T07:32:00Z\n", "x = nan\n", "\"\\u0000\" = ''\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "failmail.toml")
		load := func(text string) (err error) {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			app := newApp(strings.NewReader(""), io.Discard, io.Discard)
			app.Action = func(c *cli.Context) error {
				err = loadConfig(c)
				return nil
			}
			if err := app.RunContext(t.Context(), []string{"failmail", "--config", file}); err != nil {
				t.Fatal(err)
			}
			return err
		}
		if err := load(text); err != nil {
			var usage *usageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), file) || utf8.ValidString(text) && !utf8.ValidString(err.Error()) {
				t.Errorf("%q is refused with %q", text, err)
			}
		}
		testutil.CheckLinear(t, testutil.FuzzSize, testutil.Shape{Open: text}.Grow, func(text string) { load(text) })
	})
}
