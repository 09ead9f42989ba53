package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/hut8labs/failmail/internal/phrase"
)

// The forms of the page. A browser without script posts them, and is sent back to
// the page; the script posts the same and asks for JSON.

// A Notice says what was done.
type Notice struct {
	Notice string `json:"notice"`
}

func (h *handler) flushForm(w http.ResponseWriter, r *http.Request) {
	id, err := idFrom(w, r)
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err, MuteRequest{})
		return
	}
	n, status, err := h.flushBatch(r.Context(), id)
	if err != nil {
		h.refuse(w, r, status, err, MuteRequest{})
		return
	}
	h.done(w, r, "flushed", n)
}

func (h *handler) retryForm(w http.ResponseWriter, r *http.Request) {
	id, err := idFrom(w, r)
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err, MuteRequest{})
		return
	}
	n, status, err := h.retryMail(r.Context(), id)
	if err != nil {
		h.refuse(w, r, status, err, MuteRequest{})
		return
	}
	h.done(w, r, "retried", n)
}

func (h *handler) muteForm(w http.ResponseWriter, r *http.Request) {
	if err := parseForm(w, r); err != nil {
		h.refuse(w, r, http.StatusBadRequest, err, MuteRequest{})
		return
	}
	request := MuteRequest{What: r.PostForm.Get("what"), Reason: r.PostForm.Get("reason"), For: r.PostForm.Get("for")}
	// What is typed is shown before it acts; a button beside an error says enough.
	request.DryRun = r.PostForm.Get("sure") == ""
	request.Force = !request.DryRun
	done, status, err := h.mute(r.Context(), request)
	switch {
	case err != nil:
		h.refuse(w, r, status, err, request)
	case request.DryRun:
		h.confirmMute(w, done, request)
	default:
		h.done(w, r, "muted", int(done.ID))
	}
}

// confirmMute shows what a mute would match, and a button for it.
func (h *handler) confirmMute(w http.ResponseWriter, would MuteReply, request MuteRequest) {
	var html bytes.Buffer
	err := h.templates.all.ExecuteTemplate(&html, "mute", struct {
		frame
		Request MuteRequest
		MuteReply
	}{frame{"Failmail: mute?", h.assets.version, ""}, request, would})
	if err != nil {
		fail(w, http.StatusInternalServerError, fmt.Errorf("render the page: %w", err))
		return
	}
	writePage(w, http.StatusOK, html.Bytes())
}

func (h *handler) unmuteForm(w http.ResponseWriter, r *http.Request) {
	if err := parseForm(w, r); err != nil {
		h.refuse(w, r, http.StatusBadRequest, err, MuteRequest{})
		return
	}
	if status, err := h.unmute(r.Context(), r.PostForm.Get("id")); err != nil {
		h.refuse(w, r, status, err, MuteRequest{})
		return
	}
	h.done(w, r, "unmuted", 1)
}

func parseForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("the form cannot be read: %w", err)
	}
	return nil
}

func idFrom(w http.ResponseWriter, r *http.Request) (int64, error) {
	if err := parseForm(w, r); err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(r.PostForm.Get("id"), 10, 64)
	if err != nil {
		return 0, errors.New("the form lacks the number of what is meant; reload the page")
	}
	return id, nil
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

// done sends the browser back to the page. The address carries what was done as a
// number, never as a text that somebody else could put there.
func (h *handler) done(w http.ResponseWriter, r *http.Request, what string, n int) {
	query := url.Values{what: {strconv.Itoa(n)}}
	if wantsJSON(r) {
		reply(w, http.StatusOK, Notice{noticeOf(query)})
		return
	}
	// Not http.Redirect, which makes the address absolute and so loses the
	// prefix that the handler is mounted under.
	w.Header().Set("Location", "./?"+query.Encode())
	w.WriteHeader(http.StatusSeeOther)
}

func (h *handler) refuse(w http.ResponseWriter, r *http.Request, status int, err error, form MuteRequest) {
	if wantsJSON(r) {
		fail(w, status, err)
		return
	}
	if form.For == "" {
		form.For = "2h"
	}
	h.show(w, r, status, pageView{Problem: err.Error(), Form: form})
}

// noticeOf says what the query tells was done.
func noticeOf(query url.Values) string {
	for what, values := range query {
		n, err := strconv.Atoi(values[0])
		if err != nil || n < 0 {
			continue
		}
		switch what {
		case "flushed":
			if n == 0 {
				return "No batch is open, so there is nothing to send."
			}
			return counted(n, "summary is", "summaries are") + " being sent."
		case "retried":
			if n == 0 {
				return "The outbox is empty, so there is nothing to try again."
			}
			return counted(n, "mail is", "mails are") + " tried again now."
		case "resent":
			if n == 0 {
				return "The fail-dir is empty, so there is nothing to send."
			}
			return counted(n, "mail was", "mails were") + " sent."
		case "resending":
			return "The mails of the fail-dir are being sent. Mails that the relay accepts disappear from the list."
		case "muted":
			return "Muted. Mails counted so far stay in their summary."
		case "unmuted":
			return "Unmuted."
		case "merged":
			return "Merged: they are one error from now on."
		case "confirmed":
			return "Confirmed: you will be alerted when that mail does not come."
		case "dropped":
			return "Dropped: that mail is neither expected nor proposed any more."
		case "split":
			return "Split off: it is an error of its own from now on."
		}
	}
	return ""
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return phrase.Number(n) + " " + many
}
