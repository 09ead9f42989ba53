package duration_test

import (
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/duration"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "-5m": -5 * time.Minute, "0": 0,
		"3d": 72 * time.Hour, "1w": 168 * time.Hour, "1w2d": 216 * time.Hour, "1d12h": 36 * time.Hour, "0d": 0, "9999w": 9999 * 168 * time.Hour,
	} {
		if got, err := duration.Parse(text); err != nil || got != want {
			t.Errorf("%q is %v (%v), want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "3", "3 d", "3dd", "2d1w", "3d-5m", "1.5d", "tomorrow", "999999999d", "99999w", "9999w99999d", "9000w99d2400000h"} {
		if got, err := duration.Parse(text); err == nil {
			t.Errorf("%q is %v, want an error", text, got)
		}
	}
}
