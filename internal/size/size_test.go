package size_test

import (
	"math"
	"testing"

	"github.com/hut8labs/failmail/internal/size"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1048576": 1 << 20, "-1": -1, "0x10": 16, "512b": 512, "1.5KiB": 1536, "1 MB": 1e6,
		"1kB": 1e3, "1K": 1 << 10, "1KiB": 1 << 10, "1MB": 1e6, "1mb": 1e6, "1m": 1 << 20, "1M": 1 << 20, "1MiB": 1 << 20, "1Mi": 1 << 20,
		"2GB": 2e9, "2g": 2 << 30, "1TB": 1e12, "1TiB": 1 << 40, "9223372036854775807": math.MaxInt64,
	} {
		if got, err := size.Parse(text); err != nil || got != want {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MB", "1XB", "-1MB", "1,000", "1 000", "1e6", "1MBit", "9223372036854775808", "99999999TB", "ten"} {
		if got, err := size.Parse(text); err == nil {
			t.Errorf("%q is %d, want an error", text, got)
		}
	}
}

func TestFormatIsReadAgain(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 1: "1", 1000: "1000", 1536: "1536", 2048: "2KiB", 256 << 10: "256KiB", 32 << 20: "32MiB", 1 << 30: "1GiB", 3 << 40: "3TiB",
	} {
		if got := size.Format(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
		if again, err := size.Parse(want); err != nil || again != n {
			t.Errorf("%q is read as %d (%v), want %d", want, again, err, n)
		}
	}
}
