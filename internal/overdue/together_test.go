package overdue

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/message"
)

func threeJobs(t *testing.T) *world {
	var all []expect.Expectation
	for _, name := range []string{"a", "b", "c"} {
		all = append(all, expect.Expectation{Name: name, Match: []string{`subject="` + name + `"`}, Every: "daily 02:00", Within: 3 * time.Hour})
	}
	return newWorld(t, all...)
}

const (
	allMissing = "problem MISSING: 3 mails of backup@example.net: a, b, c"
	allBack    = "ok mails of backup@example.net have come"
)

func TestSeveralOfOneSenderAreToldAsOneAndAreOverWhenAllHaveCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := threeJobs(t)
		watch, stop := w.start()
		for _, name := range []string{"a", "b", "c"} {
			w.came(watch, name)
		}
		time.Sleep(30 * time.Hour)
		w.want(allMissing)
		w.wantTo("ops@example.net")
		w.came(watch, "b")
		w.came(watch, "a")
		time.Sleep(time.Minute)
		w.want(allMissing)
		stop() // a restart knows that they were told together
		watch, stop = w.start()
		defer stop()
		time.Sleep(time.Minute)
		w.want(allMissing)
		w.came(watch, "c")
		time.Sleep(time.Minute)
		w.want(allMissing, allBack)
		time.Sleep(time.Hour)
		w.want(allMissing, allBack)
	})
}

func TestOneThatIsMissingAloneIsToldAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := threeJobs(t)
		watch, stop := w.start()
		defer stop()
		for _, name := range []string{"a", "b", "c"} {
			w.came(watch, name)
		}
		time.Sleep(26 * time.Hour)
		w.came(watch, "a")
		w.came(watch, "b")
		time.Sleep(4 * time.Hour)
		missing := "problem MISSING: c, last came Sat 2000-01-01 00:00 UTC"
		w.want(missing)
		w.came(watch, "c")
		time.Sleep(time.Minute)
		w.want(missing, "ok c has come")
	})
}

func TestSeveralThatCouldNotBeToldAreToldLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := threeJobs(t)
		watch, stop := w.start()
		defer stop()
		for _, name := range []string{"a", "b", "c"} {
			w.came(watch, name)
		}
		w.setBroken(errors.New("the store is down"))
		time.Sleep(30 * time.Hour)
		w.setBroken(nil)
		time.Sleep(time.Minute)
		w.want(allMissing)
	})
}

func TestThoseOfOtherRecipientsAreToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := threeJobs(t)
		watch, stop := w.start()
		defer stop()
		w.came(watch, "a")
		w.came(watch, "b")
		m := message.New("backup@example.net", []string{"dba@example.net"}, []byte("Subject: c\r\n\r\n"))
		m.Received = time.Now()
		if err := watch.Came(t.Context(), m, w.list.Of(m)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Hour)
		w.want("problem MISSING: 2 mails of backup@example.net: a, b", "problem MISSING: c, last came Sat 2000-01-01 00:00 UTC")
	})
}

func TestWhatIsDroppedIsMissingNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, daily)
		watch, stop := w.start()
		defer stop()
		w.came(watch, "Backup of srv7: done")
		time.Sleep(30 * time.Hour)
		before := w.list
		none, err := expect.New(nil, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		w.list = none
		w.mu.Unlock()
		for range 2 { // the second has nothing to tell
			if err := watch.Dropped(context.Background(), before, daily.Name); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(48 * time.Hour)
		w.want("problem MISSING: backup srv7, last came Sat 2000-01-01 00:00 UTC", "ok backup srv7 is no longer expected")
	})
}
