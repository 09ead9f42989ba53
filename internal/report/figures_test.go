package report

import (
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/problem"
)

// Counts are kept of days, so a report counts whole ones, and as many before.
func TestTheMailsOfAReportAreThoseOfItsDays(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	p := problem.Problem{Days: []problem.Day{{Day: "2026-11-25", Count: 1}, {Day: "2026-11-26", Count: 10}, {Day: "2026-11-27", Count: 100}, {Day: "2026-11-28", Count: 1000}, {Day: "2026-11-29", Count: 10_000}, {Day: "2026-11-30", Count: 100_000}}}
	for name, test := range map[string]struct {
		since, now          time.Time
		days, mails, before int
	}{
		"of a minute":           {time.Date(2026, 11, 30, 3, 0, 0, 0, zone), time.Date(2026, 11, 30, 3, 1, 0, 0, zone), 1, 100_000, 10_000},
		"of a day, at seven":    {time.Date(2026, 11, 29, 7, 0, 0, 0, zone), time.Date(2026, 11, 30, 7, 0, 0, 0, zone), 2, 110_000, 1100},
		"of a night":            {time.Date(2026, 11, 29, 23, 59, 0, 0, zone), time.Date(2026, 11, 30, 0, 1, 0, 0, zone), 2, 110_000, 1100},
		"of a century":          {time.Date(1900, 1, 1, 0, 0, 0, 0, zone), time.Date(2026, 11, 30, 0, 1, 0, 0, zone), 46355, 111_111, 0},
		"whose zone is another": {time.Date(2026, 11, 30, 0, 30, 0, 0, zone), time.Date(2026, 11, 29, 23, 45, 0, 0, time.UTC), 1, 100_000, 10_000},
	} {
		t.Run(name, func(t *testing.T) {
			n := noisy(p, test.since, test.now)
			if days := daysOf(test.since, test.now); days != test.days || n.Mails != test.mails || n.Before != test.before {
				t.Errorf("%d days, %d mails, %d before, want %+v", days, n.Mails, n.Before, test)
			}
		})
	}
}
