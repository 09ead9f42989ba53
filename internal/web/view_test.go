package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/render"
)

func TestTimesAreAsShortAsIsClear(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("CET", 3600)
	v := &view{now: time.Date(2026, 3, 9, 14, 2, 11, 0, zone)}
	for in, want := range map[string]string{
		"2026-03-09T13:02:11Z":      "14:02:11",
		"2026-03-08T23:30:00Z":      "00:30:00",
		"2026-03-08T22:30:00Z":      "Mar 8, 23:30",
		"2025-03-09T13:02:11Z":      "2025-03-09 14:02",
		"2026-12-24T18:00:00+01:00": "Dec 24, 18:00",
	} {
		at, err := time.Parse(time.RFC3339, in)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.Stamp(at); got != want {
			t.Errorf("%s is %q, want %q", in, got, want)
		}
	}
}

func TestThePageIsBounded(t *testing.T) {
	t.Parallel()
	s := &snapshot{now: time.Now(), minutes: make([]int, 60)}
	for b := range 30 {
		summary := &render.Summary{BatchID: int64(b), Count: 1000}
		for g := range 1000 {
			summary.Groups = append(summary.Groups, render.Group{Title: fmt.Sprint("error ", g%7), Count: 1})
		}
		s.open = append(s.open, summary)
	}
	v := newView(s)
	groups, ids := 0, make(map[string]bool)
	for i, b := range v.Batches {
		if len(b.Shown)+b.More != 1000 {
			t.Errorf("batch %d: %d groups shown, %d counted", i, len(b.Shown), b.More)
		}
		for _, g := range b.Shown {
			groups++
			if ids[g.ID] {
				t.Errorf("the id %s is there twice", g.ID)
			}
			ids[g.ID] = true
		}
	}
	if len(v.Batches) != maxBatches || v.MoreBatches != 10 || groups != maxAllGroups || v.Mails != 30_000 {
		t.Errorf("%d batches and %d more, %d groups, %d mails", len(v.Batches), v.MoreBatches, groups, v.Mails)
	}
	rendered, err := newTemplates().sections(s)
	if err != nil {
		t.Fatal(err)
	}
	if size := len(rendered.sections["batches"]); size > 512<<10 {
		t.Errorf("%d bytes", size)
	}
}

func TestAPlotSaysWhatItShows(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 9, 14, 2, 11, 0, time.UTC)
	minutes := make([]int, 60)
	if p := newPlot(minutes, now); p.Label != "no mails in the last hour" || p.Bars[59].Height != 0 {
		t.Errorf("a quiet hour: %+v", p)
	}
	minutes[0], minutes[58], minutes[59] = 1, 1200, 600
	p := newPlot(minutes, now)
	if want := "1,801 mails in the last hour, at most 1,200 in a minute, at 14:01"; p.Label != want {
		t.Errorf("label %q, want %q", p.Label, want)
	}
	if p.Bars[0].Height < 5 || p.Bars[58].Height != 100 || p.Bars[59].Height != 50 || p.Bars[0].Note != "13:03: 1 mail" {
		t.Errorf("bars: %+v", p.Bars)
	}
	if s := newSpark([]int{5}); s.Path != "" {
		t.Errorf("one minute: %+v", s)
	}
	if s := newSpark([]int{24, 0, 12}); s.Path != "M0 24v-24h3v24zM8 24v-12h3v12z" || !strings.Contains(s.Label, "over 3 minutes, at most 24 mails") {
		t.Errorf("three minutes: %+v", s)
	}
}

func TestTheHintForATestMailNamesTheAddress(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"": "", "127.0.0.1:2525": "", "127.0.0.1:2626": " -S 127.0.0.1:2626", "/run/failmail.sock": " -S unix:/run/failmail.sock",
	} {
		if got := sendTo(addr); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
}
