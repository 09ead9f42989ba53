package expect

import (
	"math/rand/v2"
	"testing"
	"time"
)

// came are times in Berlin, one after the other.
func came(t *testing.T, texts ...string) *Record {
	t.Helper()
	r := &Record{}
	for _, text := range texts {
		at, err := time.ParseInLocation("2006-01-02 15:04", text, zone(t))
		if err != nil {
			t.Fatal(err)
		}
		r.Add(at)
	}
	return r
}

// every is n times, each so long after the one before; some are left out.
func every(t *testing.T, from string, n int, step time.Duration, without ...int) *Record {
	t.Helper()
	r := &Record{}
	at := came(t, from).Last()
	left := make(map[int]bool)
	for _, i := range without {
		left[i] = true
	}
	for i := range n {
		if !left[i] {
			r.Add(at)
		}
		at = at.Add(step)
	}
	return r
}

// on is a time of day on n days, some of which are left out.
func on(t *testing.T, from string, n int, leave func(i int, day time.Weekday) bool) *Record {
	t.Helper()
	r := &Record{}
	at := came(t, from).Last()
	for i := range n {
		if !leave(i, at.Weekday()) {
			r.Add(at)
		}
		at = at.AddDate(0, 0, 1)
	}
	return r
}

func isWeekend(day time.Weekday) bool { return day == time.Saturday || day == time.Sunday }

func never(int, time.Weekday) bool { return false }

// A job of Sunday night whose mail comes on Monday is due a week after the first Monday where
// that is the first of the month.
func TestAMonthlyMailAfterMidnightMayBeThatOfTheDayBefore(t *testing.T) {
	for want, r := range map[time.Duration]*Record{
		18 * time.Hour:                came(t, "2026-01-04 23:40", "2026-02-01 23:20", "2026-03-01 23:30", "2026-04-05 23:30"),
		18*time.Hour + 7*24*time.Hour: came(t, "2026-01-05 00:40", "2026-02-02 00:20", "2026-03-02 00:30", "2026-04-06 00:30"),
	} {
		if got, ok := r.Learn(zone(t)); !ok || got.Within != want {
			t.Errorf("%s, %s late at most; want %s", got.Every, got.Within, want)
		}
	}
}

// March 2, 2026 is a Monday; on March 29 the clock is set to summer.
func TestAScheduleIsLearnedFromWhenMailsCame(t *testing.T) {
	for _, tt := range []struct {
		name   string
		record *Record
		want   string // empty if none is learned
		sure   bool
	}{
		{"three days are too few", came(t, "2026-03-02 02:04", "2026-03-03 02:07", "2026-03-04 02:05"), "", false},
		{"four days with a weekend may be daily", came(t, "2026-03-05 02:04", "2026-03-06 02:07", "2026-03-07 02:05", "2026-03-08 02:11"), "daily 02:00", false},
		{"four days of a week may be workdays", came(t, "2026-03-02 02:04", "2026-03-03 02:07", "2026-03-04 02:05", "2026-03-05 02:11"), "Mon-Fri 02:00", false},
		{"one of the first is missing", came(t, "2026-03-02 02:04", "2026-03-03 02:07", "2026-03-05 02:05", "2026-03-06 02:11"), "Mon-Fri 02:00", false},
		{"a week of days", on(t, "2026-03-02 02:04", 7, never), "daily 02:00", true},
		{"a week and a gap", on(t, "2026-03-02 02:04", 9, func(i int, _ time.Weekday) bool { return i == 4 }), "daily 02:00", false},
		{"two weeks and a gap", on(t, "2026-03-02 02:04", 15, func(i int, _ time.Weekday) bool { return i == 4 }), "daily 02:00", true},
		{"workdays", on(t, "2026-03-02 18:31", 12, func(_ int, day time.Weekday) bool { return isWeekend(day) }), "Mon-Fri 18:30", true},
		{"workdays with a holiday", on(t, "2026-03-02 18:31", 19, func(i int, day time.Weekday) bool { return isWeekend(day) || i == 9 }), "Mon-Fri 18:30", true},
		{"all but Sundays", on(t, "2026-03-02 06:00", 20, func(_ int, day time.Weekday) bool { return day == time.Sunday }), "Mon,Tue,Wed,Thu,Fri,Sat 06:00", true},
		{"three days of a week", on(t, "2026-03-02 06:00", 21, func(_ int, day time.Weekday) bool {
			return isWeekend(day) || day == time.Tuesday || day == time.Thursday
		}), "Mon,Wed,Fri 06:00", true},
		{"every other day is no day of the week", every(t, "2026-03-02 06:00", 12, 48*time.Hour), "2d", true},
		{"weekly, twice", every(t, "2026-02-01 03:20", 2, week), "", false},
		{"weekly", came(t, "2026-03-01 03:20", "2026-03-08 03:31", "2026-03-15 03:25"), "weekly Sun 03:15", true},
		{"weekly with a gap", every(t, "2026-01-04 03:20", 6, week, 3), "weekly Sun 03:15", true},
		{"monthly, twice", came(t, "2026-01-01 03:02", "2026-02-01 03:04"), "", false},
		{"monthly", came(t, "2026-01-01 03:02", "2026-02-01 03:24", "2026-03-01 03:04"), "0 3 1 * *", true},
		{"monthly over midnight and the turn of the year", came(t, "2025-11-14 23:58", "2025-12-15 00:20", "2026-01-14 23:51", "2026-02-15 00:02"), "45 23 14 * *", true},
		{"monthly with a gap", came(t, "2026-01-05 03:02", "2026-02-05 03:24", "2026-04-05 04:04", "2026-05-05 03:05"), "0 3 5 * *", true},
		{"monthly with one more", came(t, "2026-01-05 03:02", "2026-02-05 03:24", "2026-02-17 03:20", "2026-03-05 03:04", "2026-04-05 03:05"), "0 3 5 * *", true},
		{"the last of the month", came(t, "2026-01-31 03:02", "2026-02-28 03:24", "2026-03-31 03:04"), "0 3 L * *", true},
		{"only months of 31 days may be either", came(t, "2026-07-31 03:02", "2026-08-31 03:24", "2026-10-31 03:04"), "", false},
		{"the first Sunday", came(t, "2026-02-01 03:02", "2026-03-01 03:24", "2026-04-05 03:04"), "0 3 * * 0#1", true},
		{"every four weeks is not monthly", came(t, "2026-01-04 03:02", "2026-02-01 03:24", "2026-03-01 03:04"), "", false},
		{"the fourth Sunday may be the last", came(t, "2026-01-25 03:02", "2026-02-22 03:24", "2026-04-26 03:04"), "", false},
		{"the fourth Sunday", came(t, "2026-01-25 03:02", "2026-02-22 03:24", "2026-03-22 03:04", "2026-04-26 03:01"), "0 3 * * 0#4", true},
		{"the last Sunday", came(t, "2026-01-25 03:02", "2026-02-22 03:24", "2026-03-29 03:04"), "0 3 * * 0L", true},
		{"every 30 days is not monthly", every(t, "2026-01-01 03:02", 4, 30*24*time.Hour), "", false},
		{"every three months is not monthly", came(t, "2026-01-01 03:02", "2026-04-01 03:24", "2026-07-01 03:04"), "", false},
		{"daily while the clock is set", on(t, "2026-03-22 02:30", 14, never), "daily 02:30", true},
		{"around midnight", came(t, "2026-03-02 23:50", "2026-03-04 00:10", "2026-03-04 23:55", "2026-03-06 00:05", "2026-03-06 23:58", "2026-03-08 00:01", "2026-03-08 23:52"), "daily 23:45", true},
		{"retries and doubles", came(t, "2026-03-05 02:04", "2026-03-05 02:05", "2026-03-06 02:07", "2026-03-06 02:40", "2026-03-07 02:05", "2026-03-08 02:11"), "daily 02:00", false},
		{"a late one", came(t, "2026-03-02 02:04", "2026-03-03 02:07", "2026-03-04 07:30", "2026-03-05 02:05", "2026-03-06 02:11", "2026-03-07 02:05", "2026-03-08 02:09"), "daily 02:00", false},
		{"hourly, not yet a night", every(t, "2026-03-02 08:00", 12, time.Hour), "", false},
		{"hourly", every(t, "2026-03-02 08:00", 30, time.Hour), "1h", false},
		{"hourly for a week", every(t, "2026-03-02 08:00", 200, time.Hour), "1h", true},
		{"hourly with gaps", every(t, "2026-03-02 08:00", 200, time.Hour, 180, 190), "1h", true},
		{"hourly by day is none", on(t, "2026-03-02 08:00", 1, never), "", false},
		{"every quarter of an hour", every(t, "2026-03-02 08:00", 800, 15*time.Minute), "15m", true},
		{"every 4 h", every(t, "2026-03-02 08:00", 50, 4*time.Hour), "4h", true},
		{"every 10 s is no routine", every(t, "2026-03-02 08:00", 9000, 10*time.Second), "", false},
		{"the time of day has changed", came(t, "2026-03-02 02:04", "2026-03-03 02:07", "2026-03-04 02:07",
			"2026-03-05 14:01", "2026-03-06 14:02", "2026-03-07 14:07", "2026-03-08 14:02", "2026-03-09 14:02", "2026-03-10 14:02", "2026-03-11 14:02"), "daily 14:00", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := tt.record.Learn(zone(t))
			if ok != (tt.want != "") || got.Every != tt.want || got.Sure != tt.sure {
				t.Errorf("learned %q, sure %t, %t; want %q, sure %t", got.Every, got.Sure, ok, tt.want, tt.sure)
			}
			if !ok {
				return
			}
			if _, err := parseSchedule(got.Every, zone(t)); err != nil {
				t.Error(err)
			}
			if got.Within <= 0 {
				t.Errorf("within %s", got.Within)
			}
		})
	}
}

func TestAPauseAtNightIsNoRoutineOfHours(t *testing.T) {
	var r Record
	at := came(t, "2026-03-02 00:00").Last()
	for range 30 * 24 {
		if h := at.In(zone(t)).Hour(); h >= 8 && h < 18 {
			r.Add(at)
		}
		if l, ok := r.Learn(zone(t)); ok {
			t.Fatalf("learned %q at %s", l.Every, at)
		}
		at = at.Add(time.Hour)
	}
}

// A schedule that is sure of nothing must not be: mails at any time.
func TestNothingIsSureOfWhatIsIrregular(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	sure, all := 0, 0
	for range 200 {
		var r Record
		at := came(t, "2026-03-02 00:00").Last()
		for range 100 {
			at = at.Add(time.Duration(random.ExpFloat64() * float64(20*time.Hour)))
			r.Add(at)
			all++
			if l, ok := r.Learn(zone(t)); ok && l.Sure {
				sure++
			}
		}
	}
	if sure*1000 > all {
		t.Errorf("%d of %d are sure", sure, all)
	}
}

func TestTheWindowIsThatOfTheJitterSeen(t *testing.T) {
	for name, tt := range map[string]struct {
		record      *Record
		least, most time.Duration
	}{
		"to the minute": {on(t, "2026-03-02 02:04", 14, never), 3 * time.Hour, 3 * time.Hour},
		"an hour":       {came(t, "2026-03-02 02:00", "2026-03-03 03:00", "2026-03-04 02:30", "2026-03-05 02:10", "2026-03-06 02:50", "2026-03-07 02:20"), 5 * time.Hour, 8 * time.Hour},
		"hourly":        {every(t, "2026-03-02 08:00", 60, time.Hour), 30 * time.Minute, 48 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			l, ok := tt.record.Learn(zone(t))
			if !ok || l.Within < tt.least || l.Within > tt.most {
				t.Errorf("%+v, %t", l, ok)
			}
		})
	}
}

func TestARecordIsBoundedAndInOrder(t *testing.T) {
	r := every(t, "2026-03-02 08:00", 100, time.Hour)
	if len(r.Times) != MaxTimes {
		t.Errorf("%d times", len(r.Times))
	}
	if r.Add(r.Times[0].Add(-time.Hour)) || r.Add(r.Last()) || r.Add(r.Last().Add(time.Minute)) {
		t.Error("took what is old, or known")
	}
	if between := r.Last().Add(-30 * time.Minute); !r.Add(between) || !r.Times[MaxTimes-2].Equal(between) {
		t.Errorf("%s", r.Times)
	}
}

func FuzzLearn(f *testing.F) {
	f.Add([]byte{24, 24, 24, 24, 24, 24, 24}, int64(3600))
	f.Add([]byte{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, int64(900))
	f.Fuzz(func(t *testing.T, steps []byte, unit int64) {
		var r Record
		at := time.Unix(1<<30, 0)
		for _, step := range steps {
			at = at.Add(time.Duration(step) * time.Duration(unit%(1<<20)) * time.Second)
			r.Add(at)
		}
		l, ok := r.Learn(time.UTC)
		if !ok {
			return
		}
		if _, err := parseSchedule(l.Every, time.UTC); err != nil || l.Within <= 0 {
			t.Errorf("%+v: %v", l, err)
		}
	})
}
