package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/hut8labs/failmail/internal/duration"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/store"
)

// A Mute is a mute as JSON.
type Mute struct {
	ID          int64     `json:"id"`
	Pattern     string    `json:"pattern,omitempty"`
	Fingerprint string    `json:"fingerprint,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	Created     time.Time `json:"created"`
	Until       time.Time `json:"until"`
}

// A MuteRequest asks for a mute.
type MuteRequest struct {
	What   string `json:"what"` // a pattern or a fingerprint
	Reason string `json:"reason"`
	For    string `json:"for"` // a duration such as "2h"
}

func muteOf(m store.Mute) Mute {
	return Mute{m.ID, m.Pattern, m.Fingerprint, m.Reason, m.Created, m.Until}
}

func (h *handler) listMutes(w http.ResponseWriter, r *http.Request) {
	list(w, r, h.proxy.Mutes, muteOf)
}

func (h *handler) addMute(w http.ResponseWriter, r *http.Request) {
	var request MuteRequest
	if err := readJSON(w, r, &request, `{"what": "^Disk space", "for": "2h", "reason": "new disks"}`); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	m, status, err := h.mute(r.Context(), request)
	if err != nil {
		fail(w, status, err)
		return
	}
	reply(w, http.StatusCreated, muteOf(m))
}

// mute returns the status that tells a mistake from a store that is down.
func (h *handler) mute(ctx context.Context, request MuteRequest) (m store.Mute, status int, err error) {
	length, err := duration.Parse(request.For)
	if err != nil {
		return m, http.StatusBadRequest, fmt.Errorf("the duration %q is wrong; use one such as 30m, 2h or 3d", request.For)
	}
	if _, err := batch.ParseMute(request.What, request.Reason, time.Now(), length); err != nil {
		return m, http.StatusBadRequest, err
	}
	m, err = h.proxy.Mute(ctx, request.What, request.Reason, length)
	h.live.changed()
	return m, http.StatusServiceUnavailable, err
}

func (h *handler) removeMute(w http.ResponseWriter, r *http.Request) {
	if status, err := h.unmute(r.Context(), r.PathValue("id")); err != nil {
		fail(w, status, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (h *handler) unmute(ctx context.Context, number string) (status int, err error) {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return http.StatusBadRequest, fmt.Errorf("%q is not the number of a mute", number)
	}
	found, err := h.proxy.Unmute(ctx, id)
	h.live.changed()
	switch {
	case err != nil:
		return http.StatusServiceUnavailable, err
	case !found:
		return http.StatusNotFound, fmt.Errorf("there is no mute %d; it may have been removed already", id)
	}
	return http.StatusOK, nil
}
