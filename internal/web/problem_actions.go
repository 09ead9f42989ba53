package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/duration"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/store"
)

// An ActRequest says who does something about a problem, and what else is to be said.
type ActRequest struct {
	By     string `json:"by"`     // who does it; by default the user of the credentials
	Text   string `json:"text"`   // the note, the new owner, or why
	For    string `json:"for"`    // of a mute: when it ends, such as "2h", "18:00", "over" or "10 more"
	With   string `json:"with"`   // of a merge: the other problem, or its fingerprint
	Every  string `json:"every"`  // of an expectation: when a good mail comes, such as "daily 02:00"
	Within string `json:"within"` // of an expectation: how much later it may come; empty for the default
}

// An action is what may be done about the problem with an ID.
type action struct {
	done string // says so on the page
	do   func(h *handler, ctx context.Context, id string, request ActRequest) error
}

// actions are all of them, by their names in addresses.
var actions = map[string]action{
	"ack":     {"Acknowledged.", doing(store.Acked)},
	"unack":   {"No longer acknowledged.", doing(store.Unacked)},
	"note":    {"Noted.", doing(store.Noted)},
	"own":     {"The owner is set.", doing(store.Owned)},
	"resolve": {"Resolved: it is over, until another mail comes.", doing(store.Resolved)},
	"mute":    {"Muted. Mails counted so far stay in their summary.", (*handler).muteProblem},
	"unmute":  {"Unmuted.", (*handler).unmuteProblem},
	"merge":   {"Merged: they are one error from now on.", (*handler).mergeProblem},
	"split":   {"Split off: it is an error of its own from now on.", (*handler).splitProblem},
	"expect":  {"You will be alerted when no mail about this comes in time.", (*handler).expectOf},
}

func doing(kind store.EventKind) func(*handler, context.Context, string, ActRequest) error {
	return func(h *handler, ctx context.Context, id string, request ActRequest) error {
		return found(h.proxy.Act(ctx, id, kind, request.By, request.Text))
	}
}

// found turns a problem that there is not into an error.
func found(p *problem.Problem, err error) error {
	if err == nil && p == nil {
		return errNoProblem
	}
	return err
}

func (h *handler) muteProblem(ctx context.Context, id string, request ActRequest) error {
	end, err := problem.ParseMuteEnd(request.For, time.Now())
	if err != nil {
		return &problem.Mistake{Err: err}
	}
	return found(h.proxy.MuteProblem(ctx, id, request.By, request.Text, end))
}

func (h *handler) unmuteProblem(ctx context.Context, id string, request ActRequest) error {
	return found(h.proxy.MuteProblem(ctx, id, request.By, request.Text, problem.MuteEnd{}))
}

func (h *handler) mergeProblem(ctx context.Context, id string, request ActRequest) error {
	done, _, err := h.merge(ctx, MergeRequest{Fingerprints: []string{id, strings.TrimSpace(request.With)}, By: request.By})
	if err == nil && !done.Done {
		return &problem.Mistake{Err: errors.New("these two are one error already")}
	}
	return err
}

func (h *handler) splitProblem(ctx context.Context, id string, request ActRequest) error {
	_, _, err := h.split(ctx, SplitRequest{Fingerprint: id, By: request.By})
	return err
}

// expectOf expects good mails about what the problem is about.
func (h *handler) expectOf(ctx context.Context, id string, request ActRequest) error {
	p, err := h.proxy.Problem(ctx, id)
	if err := found(p, err); err != nil {
		return err
	}
	if p.Object == "" || len(p.Objects) > 1 {
		return &problem.Mistake{Err: errors.New("the mails of this problem do not name one thing that can be expected to be well; failmail expect add takes a subject instead")}
	}
	e := expect.Expectation{Kind: expect.Added, Name: p.Object, Every: request.Every, Match: []string{fmt.Sprintf("source=%q", p.Source), fmt.Sprintf("object=%q", p.Object)}}
	if p.Sender != "" {
		e.Match = append(e.Match, fmt.Sprintf("sender=%q", p.Sender))
	}
	if request.Within != "" {
		if e.Within, err = duration.Parse(request.Within); err != nil {
			return &problem.Mistake{Err: fmt.Errorf("within: the duration %q is wrong; use one such as 30m or 3h", request.Within)}
		}
	}
	if _, err := expect.New([]expect.Expectation{e}, time.Local); err != nil {
		return &problem.Mistake{Err: err}
	}
	if err := h.proxy.AddExpected(ctx, e); err != nil {
		return fmt.Errorf("expect %q: %w", e.Name, err)
	}
	return found(h.proxy.Act(ctx, id, store.Expected, request.By, request.Every))
}

// act does what is asked about a problem.
func (h *handler) act(r *http.Request, id, name string, request ActRequest) (status int, err error) {
	action, known := actions[name]
	if !known {
		return http.StatusNotFound, fmt.Errorf("there is no action %q; take one of %s", name, strings.Join(slices.Sorted(maps.Keys(actions)), ", "))
	}
	request.By = actor(r, request.By)
	if err := action.do(h, r.Context(), id, request); err != nil {
		return statusOf(err), err
	}
	h.live.changed()
	return http.StatusOK, nil
}

// actor returns who does what a request asks for in a name: whoever has logged in, and
// otherwise whom the browser remembers.
func actor(r *http.Request, by string) string {
	user, _, isKnown := r.BasicAuth()
	switch {
	case isKnown && by != "" && by != user:
		return by + " (as " + user + ")"
	case isKnown:
		return user
	case by == "":
		return rememberedName(r)
	}
	return by
}

// nameCookie is where the browser of somebody who need not log in keeps a name.
const nameCookie = "failmail-name"

func rememberedName(r *http.Request) string {
	cookie, err := r.Cookie(nameCookie)
	if err != nil {
		return ""
	}
	name, err := url.QueryUnescape(cookie.Value)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(name, "\uFFFD")
}

// nameForm has the browser remember a name for what is done from now on.
func (h *handler) nameForm(w http.ResponseWriter, r *http.Request) {
	if err := parseForm(w, r); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	name := strings.Join(strings.Fields(r.PostForm.Get("name")), " ")
	if len(name) > maxNameBytes {
		name = strings.ToValidUTF8(name[:maxNameBytes], "")
	}
	http.SetCookie(w, &http.Cookie{
		Name: nameCookie, Value: url.QueryEscape(name), MaxAge: int(nameAge.Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode, Path: "/",
	})
	w.Header().Set("Location", "../"+url.PathEscape(r.PathValue("id"))+"?done=name")
	w.WriteHeader(http.StatusSeeOther)
}

const (
	maxNameBytes = 200
	nameAge      = 365 * 24 * time.Hour
)

func (h *handler) actOnProblem(w http.ResponseWriter, r *http.Request) {
	var request ActRequest
	if r.ContentLength != 0 {
		if err := readJSON(w, r, &request, `{"by": "ann", "text": "looks at it"}`); err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
	}
	id := r.PathValue("id")
	if status, err := h.act(r, id, r.PathValue("action"), request); err != nil {
		fail(w, status, err)
		return
	}
	p, err := h.proxy.Problem(r.Context(), id)
	if err = found(p, err); err != nil {
		fail(w, statusOf(err), err)
		return
	}
	p.Samples = nil
	reply(w, http.StatusOK, p)
}

// actForm does what the form of a problem's page asks for, and shows the page again.
func (h *handler) actForm(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	err := parseForm(w, r)
	status := http.StatusBadRequest
	form := r.PostForm
	name := form.Get("action")
	if err == nil {
		status, err = h.act(r, id, name, ActRequest{
			By: form.Get("by"), Text: form.Get("text"), For: cmp.Or(form.Get("until"), form.Get("for")), With: form.Get("with"),
			Every: form.Get("every"), Within: form.Get("within"),
		})
	}
	if err != nil {
		h.write(w, status, "refused-page", refusedView{frame{"Not done · Failmail", h.assets.version, "../../"}, id, err.Error()})
		return
	}
	w.Header().Set("Location", "../"+url.PathEscape(id)+"?done="+name)
	w.WriteHeader(http.StatusSeeOther)
}

// A refusedView is the page that says what is wrong with an action.
type refusedView struct {
	frame
	ID, Wrong string
}
