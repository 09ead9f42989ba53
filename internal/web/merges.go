package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/problem"
)

// A MergeRequest asks for two errors to be one.
type MergeRequest struct {
	Fingerprints []string `json:"fingerprints"` // two of them, or of IDs of problems
	DryRun       bool     `json:"dry_run"`      // only say which errors they are
	By           string   `json:"by"`           // who does it
}

// Check returns what is wrong with the request.
func (r MergeRequest) Check() error {
	if len(r.Fingerprints) != 2 {
		return fmt.Errorf("a merge takes 2 errors, not %d; name each by its fingerprint, which failmail explain and the summaries show, or by the ID of its problem", len(r.Fingerprints))
	}
	return checkErrors(r.Fingerprints...)
}

// checkErrors returns what is wrong with what are to be fingerprints or IDs of problems.
func checkErrors(names ...string) error {
	return batch.CheckFingerprints(slices.DeleteFunc(slices.Clone(names), problem.IsID)...)
}

// A SplitRequest asks for an error to be one of its own.
type SplitRequest struct {
	Fingerprint string `json:"fingerprint"` // or the ID of a problem
	DryRun      bool   `json:"dry_run"`
	By          string `json:"by"` // who does it
}

// Check returns what is wrong with the request.
func (r SplitRequest) Check() error { return checkErrors(r.Fingerprint) }

// A LearnReply says which errors a merge or a split is about.
type LearnReply struct {
	Errors []OpenError `json:"errors"`
	Done   bool        `json:"done"` // it was no dry run, and was not so already
	// Undo is what to split for a merge never to have been: the error that became part of the
	// other one, by the name it was given.
	Undo string `json:"undo,omitempty"`
}

// An OpenError is an error, and what of it is in the open batches.
type OpenError struct {
	Fingerprint string `json:"fingerprint"` // of its family, if it has one
	Texts       int    `json:"texts"`       // that are known of its family
	Title       string `json:"title"`       // empty if no mail of it is known
	Mails       int    `json:"mails"`       // in open batches
}

// learnReply says what the open batches have of errors.
func (h *handler) learnReply(ctx context.Context, fingerprints ...string) (LearnReply, error) {
	found, err := h.proxy.OpenErrors(ctx, fingerprints...)
	var reply LearnReply
	for _, e := range found {
		reply.Errors = append(reply.Errors, OpenError(e))
	}
	return reply, err
}

func (h *handler) addMerge(w http.ResponseWriter, r *http.Request) {
	var request MergeRequest
	if err := readJSON(w, r, &request, `{"fingerprints": ["v2:0123456789abcdef", "v2:fedcba9876543210"]}`); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	request.By = actor(r, request.By)
	done, status, err := h.merge(r.Context(), request)
	if err != nil {
		fail(w, status, err)
		return
	}
	reply(w, status, done)
}

// merge does what is asked, or only says what it would be about.
func (h *handler) merge(ctx context.Context, request MergeRequest) (done LearnReply, status int, err error) {
	if err := request.Check(); err != nil {
		return done, http.StatusBadRequest, &problem.Mistake{Err: err}
	}
	done, err = h.learnReply(ctx, request.Fingerprints...)
	if err != nil || request.DryRun || done.Errors[0].Fingerprint == done.Errors[1].Fingerprint {
		return done, statusOf(err), err
	}
	err = h.proxy.Merge(ctx, request.Fingerprints[0], request.Fingerprints[1], request.By)
	h.live.changed()
	if done.Done = err == nil; done.Done {
		done.Undo = h.undoOf(ctx, request.Fingerprints, done.Errors)
	}
	return done, statusOf(err), err
}

// undoOf returns which of the errors that were merged is not called any more what it was.
func (h *handler) undoOf(ctx context.Context, names []string, before []OpenError) string {
	after, err := h.learnReply(ctx, names[0])
	if err == nil && after.Errors[0].Fingerprint == before[1].Fingerprint {
		return names[0]
	}
	return names[1]
}

func (h *handler) addSplit(w http.ResponseWriter, r *http.Request) {
	var request SplitRequest
	if err := readJSON(w, r, &request, `{"fingerprint": "v2:0123456789abcdef"}`); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	request.By = actor(r, request.By)
	done, status, err := h.split(r.Context(), request)
	if err != nil {
		fail(w, status, err)
		return
	}
	reply(w, status, done)
}

// split does what is asked, or only says what it would be about.
func (h *handler) split(ctx context.Context, request SplitRequest) (done LearnReply, status int, err error) {
	if err := request.Check(); err != nil {
		return done, http.StatusBadRequest, &problem.Mistake{Err: err}
	}
	done, err = h.learnReply(ctx, request.Fingerprint)
	if err != nil || request.DryRun {
		return done, statusOf(err), err
	}
	err = h.proxy.Split(ctx, request.Fingerprint, request.By)
	h.live.changed()
	done.Done = err == nil
	return done, statusOf(err), err
}

// mergeForm merges the error that the page shows with the one that was typed.
func (h *handler) mergeForm(w http.ResponseWriter, r *http.Request) {
	if err := parseForm(w, r); err != nil {
		h.refuse(w, r, http.StatusBadRequest, err, MuteRequest{})
		return
	}
	done, status, err := h.merge(r.Context(), MergeRequest{Fingerprints: []string{r.PostForm.Get("what"), r.PostForm.Get("with")}, By: actor(r, "")})
	if err == nil && !done.Done {
		status, err = http.StatusConflict, errors.New("these two are one error already")
	}
	if err != nil {
		h.refuse(w, r, status, err, MuteRequest{})
		return
	}
	h.done(w, r, "merged", len(done.Errors))
}

// splitForm makes an error that the page shows one of its own.
func (h *handler) splitForm(w http.ResponseWriter, r *http.Request) {
	if err := parseForm(w, r); err != nil {
		h.refuse(w, r, http.StatusBadRequest, err, MuteRequest{})
		return
	}
	if _, status, err := h.split(r.Context(), SplitRequest{Fingerprint: r.PostForm.Get("what"), By: actor(r, "")}); err != nil {
		h.refuse(w, r, status, err, MuteRequest{})
		return
	}
	h.done(w, r, "split", 1)
}
