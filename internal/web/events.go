package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"
)

const (
	// keepAlive is how long a stream is silent at most: proxies in between
	// close what is silent for a minute.
	keepAlive = 15 * time.Second
	// writeTimeout ends the stream of a client that has stopped to read.
	writeTimeout = 10 * time.Second
)

// A change is one event: the sections that are different now.
type change struct {
	Now      int64                    `json:"now"` // milliseconds, for the countdowns
	Title    string                   `json:"title"`
	Sections map[string]template.HTML `json:"sections"`
}

// events streams changes (server-sent events, HTML Living Standard section 9.2)
// until the client goes away, or the proxy stops.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	select {
	case h.live.streams <- struct{}{}:
		defer func() { <-h.live.streams }()
	default:
		w.Header().Set("Retry-After", "30")
		fail(w, http.StatusServiceUnavailable, fmt.Errorf("%d pages are being watched already; close some", maxStreams))
		return
	}
	s := stream{w: w, control: http.NewResponseController(w), shown: make(map[string]template.HTML)}
	// The connection may be used for something else afterwards.
	defer s.control.SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for stopped := false; ; {
		current, err := h.live.current(r.Context())
		if err != nil {
			return
		}
		if err := s.send(current); err != nil || stopped {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-h.options.Stopped: // which the page shall still show
			stopped = true
			h.live.changed()
		case <-ticker.C:
		}
	}
}

// A stream is what one client has seen.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	shown   map[string]template.HTML
	last    time.Time // when something was sent
}

func (s *stream) send(current *rendering) error {
	c := change{current.now.UnixMilli(), current.title, make(map[string]template.HTML)}
	for name, html := range current.sections {
		if s.shown[name] != html {
			s.shown[name], c.Sections[name] = html, html
		}
	}
	text := ":\n\n" // a comment
	switch {
	case len(c.Sections) > 0:
		data, err := json.Marshal(c)
		if err != nil {
			return err
		}
		text = "data: " + string(data) + "\n\n"
	case current.now.Sub(s.last) < keepAlive:
		return nil
	}
	s.last = current.now
	if err := s.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
