package ratewatch

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

func count(w *Watch, at time.Time, mails int) {
	for range mails {
		w.Count(at)
	}
}

// wantNews fails the test unless what News says at now is what is wanted.
func wantNews(t *testing.T, w *Watch, now time.Time, news, over bool, mails int) {
	t.Helper()
	s, got := w.News(now)
	if got != news || news && (s.Over() != over || s.Mails != mails) {
		t.Errorf("at %s: got %+v, news %t; want news %t, over %t, %d mails", now.Format(time.TimeOnly), s, got, news, over, mails)
	}
}

func TestAStormIsToldOnceWhenItBeginsAndOnceWhenItIsOver(t *testing.T) {
	w := New(10, 5*time.Minute, noon)
	count(w, noon, 10)
	wantNews(t, w, noon, false, false, 0)
	w.Count(noon.Add(4 * time.Minute))
	wantNews(t, w, noon.Add(4*time.Minute), true, false, 11)
	wantNews(t, w, noon.Add(10*time.Minute), true, false, 11) // it could not be told
	w.Told()
	wantNews(t, w, noon.Add(4*time.Minute), true, true, 11)
	w.Told()
	wantNews(t, w, noon.Add(20*time.Minute), false, false, 0)
}

func TestTheWindowMovesWithTheTime(t *testing.T) {
	w := New(10, time.Minute, noon)
	for i := range 600 {
		w.Count(noon.Add(time.Duration(i) * 7 * time.Second)) // 9 a minute
		if _, news := w.News(noon.Add(time.Duration(i) * 7 * time.Second)); news {
			t.Fatalf("a storm after %d mails", i+1)
		}
	}
}

func TestWithoutALimitThereIsNoStorm(t *testing.T) {
	w := New(0, time.Minute, noon)
	count(w, noon, 1000)
	wantNews(t, w, noon, false, false, 0)
	w.Set(10, time.Minute, noon)
	count(w, noon, 11)
	wantNews(t, w, noon, true, false, 11)
}

func TestARestartForgetsNothing(t *testing.T) {
	restart := func(t *testing.T, w *Watch, at, now time.Time) *Watch {
		t.Helper()
		text, changed, err := w.State(at)
		if err != nil || !changed {
			t.Fatalf("State: changed %t, %v", changed, err)
		}
		if _, again, _ := w.State(at); again {
			t.Error("State is written twice")
		}
		fresh := New(10, 5*time.Minute, now)
		if err := fresh.Restore(text, now); err != nil {
			t.Fatal(err)
		}
		return fresh
	}
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	t.Run("of what was counted before the limit", func(t *testing.T) {
		w := New(10, 5*time.Minute, noon)
		count(w, noon, 10)
		w = restart(t, w, noon, minute(1))
		w.Count(minute(1))
		wantNews(t, w, minute(1), true, false, 11)
	})
	t.Run("but what has left the window meanwhile", func(t *testing.T) {
		w := New(10, 5*time.Minute, noon)
		count(w, noon, 10)
		w = restart(t, w, noon, minute(6))
		w.Count(minute(6))
		wantNews(t, w, minute(6), false, false, 0)
	})
	t.Run("of a storm that was not told", func(t *testing.T) {
		w := New(10, 5*time.Minute, noon)
		count(w, noon, 12)
		w = restart(t, w, noon, minute(1))
		wantNews(t, w, minute(1), true, false, 12)
	})
	t.Run("of a storm that was told and goes on", func(t *testing.T) {
		w := New(10, 5*time.Minute, noon)
		count(w, noon, 12)
		w.Told()
		w = restart(t, w, noon, minute(1))
		count(w, minute(1), 3)
		wantNews(t, w, minute(1), false, false, 0)
		wantNews(t, w, minute(9), true, true, 15)
	})
	t.Run("when the clock was set back", func(t *testing.T) {
		w := New(10, 5*time.Minute, noon)
		count(w, noon, 10)
		w = restart(t, w, noon, minute(-120))
		w.Count(minute(-120))
		wantNews(t, w, minute(-120), true, false, 11)
	})
	t.Run("of a storm, though the window is another", func(t *testing.T) {
		w := New(10, time.Hour, noon)
		count(w, noon, 12)
		w.Told()
		w = restart(t, w, noon, minute(1))
		wantNews(t, w, minute(1), true, true, 12)
	})
}

func TestWhatTheStoreHasCountsWhenItIsMore(t *testing.T) {
	minute := noon.Unix() / 60
	for _, c := range []struct {
		name    string
		counted int
		mails   map[int64]int
		storm   bool
	}{
		{"the store has more", 3, map[int64]int{minute: 8, minute - 1: 3}, true},
		{"the store has less, since a summary was made", 11, map[int64]int{minute: 2}, true},
		{"what has left the window does not count", 3, map[int64]int{minute - 7: 50}, false},
		{"nothing is there", 3, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := New(10, 5*time.Minute, noon.Add(-time.Hour))
			count(w, noon, c.counted)
			w.Recount(c.mails, noon.Add(30*time.Second))
			w.Count(noon.Add(30 * time.Second))
			if _, storm := w.News(noon.Add(30 * time.Second)); storm != c.storm {
				t.Errorf("a storm: %t", storm)
			}
		})
	}
}

func TestAStateThatIsNoneIsRefused(t *testing.T) {
	w := New(10, time.Minute, noon)
	if err := w.Restore("{", noon); err == nil {
		t.Error("taken")
	}
	for _, text := range []string{"", "{}", "null", `{"Counts":[1,2]}`} {
		if err := w.Restore(text, noon); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		wantNews(t, w, noon, false, false, 0)
	}
}
