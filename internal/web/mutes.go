package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

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

// An Error is the body of every reply that is none of success.
type Error struct {
	Error string `json:"error"`
}

func muteOf(m store.Mute) Mute {
	return Mute{m.ID, m.Pattern, m.Fingerprint, m.Reason, m.Created, m.Until}
}

func (h *handler) listMutes(w http.ResponseWriter, r *http.Request) {
	mutes, err := h.proxy.Mutes(r.Context())
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	list := make([]Mute, 0, len(mutes)) // [] rather than null
	for _, m := range mutes {
		list = append(list, muteOf(m))
	}
	reply(w, http.StatusOK, list)
}

func (h *handler) addMute(w http.ResponseWriter, r *http.Request) {
	var request MuteRequest
	if err := readJSON(w, r, &request); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	duration, err := time.ParseDuration(request.For)
	if err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("the duration %q is wrong; use one such as 30m or 2h", request.For))
		return
	}
	m, err := h.proxy.Mute(r.Context(), request.What, request.Reason, duration)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	reply(w, http.StatusCreated, muteOf(m))
}

func (h *handler) removeMute(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("%q is not the number of a mute", r.PathValue("id")))
		return
	}
	found, err := h.proxy.Unmute(r.Context(), id)
	switch {
	case err != nil:
		fail(w, http.StatusServiceUnavailable, err)
	case !found:
		fail(w, http.StatusNotFound, fmt.Errorf("there is no mute %d; it may have been removed already", id))
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// maxRequest bounds the body of a request.
const maxRequest = 64 << 10

func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("the body is not the JSON that is asked for: %w", err)
	}
	return nil
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) // the client may be gone
}

func fail(w http.ResponseWriter, status int, err error) { reply(w, status, Error{err.Error()}) }
