package problem_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/problem"
)

func TestTheEndOfAMuteIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		end   problem.MuteEnd
		words string
	}{
		"2h":         {problem.MuteEnd{At: now.Add(2 * time.Hour)}, "2026-11-29 17:30 CET"},
		" 1d12h ":    {problem.MuteEnd{At: now.Add(36 * time.Hour)}, "2026-12-01 03:30 CET"},
		"18:00":      {problem.MuteEnd{At: day(29).Add(18 * time.Hour)}, "2026-11-29 18:00 CET"},
		"15:30":      {problem.MuteEnd{At: day(30).Add(15*time.Hour + 30*time.Minute)}, "2026-11-30 15:30 CET"},
		"9:05":       {problem.MuteEnd{At: day(30).Add(9*time.Hour + 5*time.Minute)}, "2026-11-30 09:05 CET"},
		"2026-11-30": {problem.MuteEnd{At: day(30)}, "2026-11-30 00:00 CET"},
		"over":       {problem.MuteEnd{Over: true}, "it is over"},
		"10 more":    {problem.MuteEnd{More: 10}, "10 more mails have come"},
		"1more":      {problem.MuteEnd{More: 1}, "1 more mail has come"},
	} {
		if end, err := problem.ParseMuteEnd(text, now); err != nil || !end.At.Equal(want.end.At) || end.Over != want.end.Over || end.More != want.end.More || end.String() != want.words {
			t.Errorf("%q ends %+v (%s), %v, want %+v (%s)", text, end, end, err, want.end, want.words)
		}
	}
	for _, text := range []string{"", "soon", "0s", "-2h", "2026-11-29", "2026-02-30", "24:00", "0 more", "-1 more", "more", "1.5 more", "10 mails", "99999999999999999999 more"} {
		end, err := problem.ParseMuteEnd(text, now)
		var mistake *problem.Mistake
		if !errors.As(err, &mistake) || end != (problem.MuteEnd{}) || !strings.Contains(err.Error(), "cannot end a mute; use a duration such as 2h or 3d") {
			t.Errorf("%q ends %+v, %v", text, end, err)
		}
	}
	if both := (problem.MuteEnd{At: now, Over: true, More: 2}).String(); both != "2026-11-29 15:30 CET, or it is over, or 2 more mails have come" {
		t.Error(both)
	}
}
