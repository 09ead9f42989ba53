package web

import (
	"context"
	"html/template"
	"sync/atomic"
	"time"
)

const (
	// lookEvery is how often somebody who watches sees something new.
	lookEvery = time.Second
	// lookShare bounds what watching costs: to look takes at most one of so many
	// seconds, however large the store and however many watch.
	lookShare = 10
	// maxStreams bounds the pages that are watched at a time.
	maxStreams = 50
)

// live is what everybody who watches sees: taken once, shared by all.
type live struct {
	look    func(ctx context.Context) *snapshot
	render  func(*snapshot) (*rendering, error)
	streams chan struct{} // one for each stream of events
	stale   atomic.Bool   // something was changed through this handler

	turn    chan struct{} // held by the one who looks; guards what follows
	latest  *rendering
	expires time.Time
}

// A rendering is the part of the page that changes.
type rendering struct {
	now      time.Time
	title    string
	sections map[string]template.HTML
}

func newLive(look func(ctx context.Context) *snapshot, render func(*snapshot) (*rendering, error)) *live {
	return &live{
		look: look, render: render,
		streams: make(chan struct{}, maxStreams), turn: make(chan struct{}, 1),
	}
}

// changed makes the next look a new one.
func (l *live) changed() { l.stale.Store(true) }

func (l *live) current(ctx context.Context) (*rendering, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	start := time.Now()
	if !l.stale.Swap(false) && start.Before(l.expires) {
		return l.latest, nil
	}
	// What all see must not fail because the one who looks goes away.
	rendered, err := l.render(l.look(context.WithoutCancel(ctx)))
	if err != nil {
		return nil, err
	}
	// A little less than the others wait, so that each of their turns shows
	// something new.
	l.latest, l.expires = rendered, start.Add(max(lookEvery*9/10, lookShare*time.Since(start)))
	return rendered, nil
}
