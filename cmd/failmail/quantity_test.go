package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Durations and sizes are read alike wherever a setting comes from.
func TestDurationsAndSizesAreReadAlikeEverywhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f.toml")
	writeFile(t, file, "wait = '2d'\nmax-wait = '1w'\nmax-message-size = '1MB'\nmax-in-flight = 16777216\n")
	for name, c := range map[string]struct {
		args        []string
		environment map[string]string
	}{
		"the command line": {args: []string{"--wait=2d", "--max-wait=1w", "--max-message-size=1MB", "--max-in-flight=16MiB"}},
		"the environment": {environment: map[string]string{
			"FAILMAIL_WAIT": "2d", "FAILMAIL_MAX_WAIT": "1w", "FAILMAIL_MAX_MESSAGE_SIZE": "1MB", "FAILMAIL_MAX_IN_FLIGHT": "16m"}},
		"a file": {args: []string{"--config=" + file}},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range c.environment {
				t.Setenv(key, value)
			}
			if k := chosenBy(t, c.args...).config; k.Wait != 48*time.Hour || k.MaxWait != 168*time.Hour || k.MaxMessageSize != 1e6 || k.MaxInFlight != 16<<20 {
				t.Errorf("%s, %s, %d and %d bytes", k.Wait, k.MaxWait, k.MaxMessageSize, k.MaxInFlight)
			}
		})
	}
	t.Run("what --help and the manual say", func(t *testing.T) {
		for _, command := range []string{"help", "man"} {
			if out, _ := failmailHere(t, "", command).succeeds(t); !strings.Contains(strings.Join(strings.Fields(out), " "), "2d or 1w, a size as 500kB, 32MiB or 1048576.") {
				t.Errorf("%s does not say how they are written:\n%s", command, out)
			}
		}
	})
	t.Run("what --write-config writes", func(t *testing.T) {
		out, _ := failmailHere(t, "", "--config="+file, "--write-config=-").succeeds(t)
		for _, want := range []string{"\nwait = '48h'\n", "\nmax-message-size = '1000000'\n", "\nmax-in-flight = '16MiB'\n", "\n# max-store = '1GiB'\n"} {
			if !strings.Contains(out, want) {
				t.Errorf("it lacks %q:\n%s", want, out)
			}
		}
	})
}

func TestMaxWaitIsAtLeastWaitUnlessItIsGiven(t *testing.T) {
	for _, c := range []struct {
		args []string
		want time.Duration
	}{
		{nil, 5 * time.Minute}, {[]string{"--wait=30m"}, 30 * time.Minute}, {[]string{"--wait=30m", "--max-wait=5m"}, 5 * time.Minute},
	} {
		if config, err := configOf(t, append(c.args, "--relay=debug")...); err != nil || config.MaxWait != c.want {
			t.Errorf("%q: %s (%v), want %s", c.args, config.MaxWait, err, c.want)
		}
	}
}
