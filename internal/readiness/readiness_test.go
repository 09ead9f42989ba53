package readiness

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A disk takes what it has room for.
type disk struct {
	room  atomic.Int64
	hangs atomic.Int64 // nanoseconds
}

func (d *disk) try(ctx context.Context, n int) error {
	<-time.After(time.Duration(d.hangs.Load())) // in the bubble
	if int64(n) > d.room.Load() {
		return errors.New("disk full; make room")
	}
	return nil
}

// run calls test with a Monitor that runs.
func run(t *testing.T, d Dependency, test func(m *Monitor, log *bytes.Buffer)) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		m := New(slog.New(slog.NewTextHandler(&log, nil)), d)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); m.Run(ctx) }()
		if m.Err() == nil {
			t.Error("ready before anything was tried")
		}
		if err := m.Try(t.Context()); err != nil {
			t.Errorf("first trial: %v", err)
		}
		test(m, &log)
		cancel()
		<-done
	})
}

func (d *disk) dependency() Dependency { return Dependency{Name: "store", Try: d.try} }

func TestWhatFailsWhileNobodySendsIsKnownWithinTenSecondsAndSoIsItsEnd(t *testing.T) {
	var d disk
	d.room.Store(100)
	run(t, d.dependency(), func(m *Monitor, log *bytes.Buffer) {
		d.room.Store(0)
		<-time.After(10 * time.Second)
		if err := m.Err(); err == nil || err.Error() != "disk full; make room" {
			t.Errorf("got %v", err)
		}
		<-time.After(time.Minute)
		d.room.Store(1)
		<-time.After(10 * time.Second)
		if err := m.Err(); err != nil {
			t.Errorf("got %v after the end", err)
		}
		if got := log.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "after=1m") {
			t.Errorf("got log\n%s", got)
		}
	})
}

func TestARefusedMailCountsUntilOneOfItsSizeWouldBeTaken(t *testing.T) {
	var d disk
	d.room.Store(100)
	run(t, d.dependency(), func(m *Monitor, _ *bytes.Buffer) {
		m.Refused(errors.New("disk full"), 1000)
		if m.Err() == nil {
			t.Error("ready right after a refusal")
		}
		<-time.After(time.Minute)
		if m.Err() == nil {
			t.Error("ready while a mail of that size would be refused")
		}
		d.room.Store(1000)
		<-time.After(10 * time.Second)
		if err := m.Err(); err != nil {
			t.Errorf("got %v", err)
		}
		d.room.Store(1) // enough for the usual trial
		<-time.After(time.Minute)
		if err := m.Err(); err != nil {
			t.Errorf("the size of the refused mail is not forgotten: %v", err)
		}
	})
}

func TestADependencyThatHangsIsAFailureBeforeItHasEnded(t *testing.T) {
	var d disk
	d.room.Store(1)
	run(t, d.dependency(), func(m *Monitor, _ *bytes.Buffer) {
		d.hangs.Store(int64(time.Minute))
		<-time.After(10 * time.Second)
		if err := m.Err(); err == nil || !strings.Contains(err.Error(), "no answer for 4s") {
			t.Errorf("got %v", err)
		}
		d.hangs.Store(0)
		<-time.After(time.Minute)
		if err := m.Err(); err != nil {
			t.Errorf("got %v", err)
		}
	})
}

func TestWhatCanBeRepairedIs(t *testing.T) {
	var d disk
	d.room.Store(1)
	c := d.dependency()
	var mends atomic.Bool
	c.Repair = func(context.Context) (string, error) {
		if !mends.Load() {
			return "", errors.New("put the file back")
		}
		d.room.Store(1)
		return "the file is written again", nil
	}
	run(t, c, func(m *Monitor, log *bytes.Buffer) {
		d.room.Store(0)
		<-time.After(10 * time.Second)
		if err := m.Err(); err == nil || !strings.Contains(err.Error(), "put the file back") {
			t.Errorf("got %v", err)
		}
		mends.Store(true)
		<-time.After(10 * time.Second)
		if err := m.Err(); err != nil {
			t.Errorf("got %v", err)
		}
		if !strings.Contains(log.String(), "the file is written again") {
			t.Errorf("got log\n%s", log)
		}
	})
}
