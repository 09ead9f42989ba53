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
	Name        string    `json:"name,omitempty"`    // of the problem, if it was muted as such
	Problem     string    `json:"problem,omitempty"` // its ID
	Pattern     string    `json:"pattern,omitempty"`
	Fingerprint string    `json:"fingerprint,omitempty"`
	Things      []string  `json:"things,omitempty"` // that it is about; all if there are none
	Reason      string    `json:"reason,omitempty"`
	Created     time.Time `json:"created"`
	Until       time.Time `json:"until"`                 // at the latest
	UntilOver   bool      `json:"until_over,omitempty"`  // when its problem is over
	UntilCount  int       `json:"until_count,omitempty"` // when its problem has so many mails
}

// A MuteRequest asks for a mute.
type MuteRequest struct {
	What   string `json:"what"` // a pattern or a fingerprint
	Reason string `json:"reason"`
	For    string `json:"for"`     // a duration such as "2h"
	DryRun bool   `json:"dry_run"` // only say what it matches
	Force  bool   `json:"force"`   // mute even what matches everything
}

// A MuteReply says what a mute is about in the open batches. Dry runs have no ID.
type MuteReply struct {
	Mute
	Matches MuteMatches `json:"matches"`
}

// MuteMatches counts what a mute is about in the open batches. What was counted stays
// in its summary.
type MuteMatches struct {
	Everything bool        `json:"everything,omitempty"` // the pattern matches all mails, or nearly so
	Mails      int         `json:"mails"`
	Errors     int         `json:"errors"`
	First      []MuteMatch `json:"first"` // the most frequent, at most 5
}

// A MuteMatch is one error that a mute is about.
type MuteMatch struct {
	Title string `json:"title"`
	Mails int    `json:"mails"`
}

// maxMatches bounds the errors that are named.
const maxMatches = 5

func muteOf(m store.Mute) Mute {
	return Mute{m.ID, m.Name, m.Problem, m.Pattern, m.Fingerprint, m.Objects(), m.Reason, m.Created, m.Until, m.UntilOver, m.UntilCount}
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
	done, status, err := h.mute(r.Context(), request)
	if err != nil {
		fail(w, status, err)
		return
	}
	reply(w, status, done)
}

// mute does what is asked, or only says what it would match. The status tells a
// mistake from a store that is down.
func (h *handler) mute(ctx context.Context, request MuteRequest) (done MuteReply, status int, err error) {
	length, err := duration.Parse(request.For)
	if err != nil {
		return done, http.StatusBadRequest, fmt.Errorf("the duration %q is wrong; use one such as 30m, 2h or 3d", request.For)
	}
	m, err := batch.ParseMute(request.What, request.Reason, time.Now(), length)
	if err != nil {
		return done, http.StatusBadRequest, err
	}
	matches, err := h.proxy.MuteMatches(ctx, request.What)
	if err != nil {
		return done, http.StatusServiceUnavailable, err
	}
	done = MuteReply{muteOf(m), matchesOf(matches)}
	done.Matches.Everything = batch.MutesEverything(m)
	switch {
	case request.DryRun:
		return done, http.StatusOK, nil
	case done.Matches.Everything && !request.Force:
		return done, http.StatusBadRequest, fmt.Errorf("the pattern %q matches every mail, so nothing would be reported until %s; write more of the subject, or say with \"force\": true that it is meant",
			request.What, m.Until.Format("2006-01-02 15:04 MST"))
	}
	m, err = h.proxy.Mute(ctx, request.What, request.Reason, length)
	h.live.changed()
	if err != nil {
		return done, http.StatusServiceUnavailable, err
	}
	done.Mute = muteOf(m)
	return done, http.StatusCreated, nil
}

func matchesOf(found []batch.MuteMatch) MuteMatches {
	matches := MuteMatches{Errors: len(found), First: []MuteMatch{}}
	for i, m := range found {
		matches.Mails += m.Mails
		if i < maxMatches {
			matches.First = append(matches.First, MuteMatch(m))
		}
	}
	return matches
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
