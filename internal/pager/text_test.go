package pager

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/phrase"

	"github.com/hut8labs/failmail/internal/ratewatch"
	"github.com/hut8labs/failmail/pkg/render"
)

func TestAPageFitsIntoATextMessage(t *testing.T) {
	at := time.Date(2026, 3, 9, 3, 17, 42, 0, time.UTC)
	long := strings.Repeat("order failed ", 40)
	tests := []struct {
		name          string
		event         ratewatch.Storm
		top           top
		subject, text string
	}{
		{"it begins", ratewatch.Storm{Since: at, Mails: 101}, top{render.New, "disk full", 80},
			"[failmail] more than 100 mails in 5m: disk full", "101 mails in 5m since 03:17:42 UTC. NEW: disk full (80)\nA mail follows when it is over.\n"},
		{"nothing is counted yet", ratewatch.Storm{Since: at, Mails: 101}, top{},
			"[failmail] more than 100 mails in 5m", "101 mails in 5m since 03:17:42 UTC.\nA mail follows when it is over.\n"},
		{"the error has a long title", ratewatch.Storm{Since: at, Mails: 12345678}, top{render.Ongoing, long, 12345678},
			"[failmail] more than 100 mails in 5m: " + phrase.Shorten(long, maxTitle), ""},
		{"it is over", ratewatch.Storm{Since: at, Until: at.Add(14 * time.Minute), Mails: 1204}, top{},
			"[failmail] over: 1,204 mails", "1,204 mails from 03:17:42 to 03:31:42 UTC. Over: no more than 100 mails in the last 5m.\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			subject, text := write(tt.event, 100, 5*time.Minute, tt.top)
			if subject != tt.subject || tt.text != "" && text != tt.text {
				t.Errorf("got %q, %q\nwant %q, %q", subject, text, tt.subject, tt.text)
			}
			if n := utf8.RuneCountInString(text); n > 160 {
				t.Errorf("%d characters: %q", n, text)
			}
		})
	}
}
