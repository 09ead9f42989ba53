package web

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/duration"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/store"
)

// Problems are those that a question found, as JSON.
type Problems struct {
	Total    int               `json:"total"` // how many there are
	Problems []problem.Problem `json:"problems"`
}

// Bounds on how many problems an answer has.
const (
	usualProblems = 50
	mostProblems  = 1000
)

// actions are what may be done about a problem, by their names in addresses.
var actions = map[string]store.EventKind{
	"ack": store.Acked, "unack": store.Unacked, "note": store.Noted, "own": store.Owned, "resolve": store.Resolved,
	"mute": store.Muted, "unmute": store.Unmuted,
}

// An ActRequest says who does something about a problem, and what else is to be said.
type ActRequest struct {
	By   string `json:"by"`   // who does it; by default the user of the credentials
	Text string `json:"text"` // the note, the new owner, or why
	For  string `json:"for"`  // of a mute: when it ends, such as "2h", "18:00", "over" or "10 more"
}

// errNoProblem is the answer for an ID that is none.
var errNoProblem = errors.New("there is no problem with this ID; failmail problems and the page list those that are known")

func (h *handler) listProblems(w http.ResponseWriter, r *http.Request) {
	most, err := strconv.Atoi(r.FormValue("limit"))
	if r.FormValue("limit") == "" {
		most, err = usualProblems, nil
	}
	if err != nil || most < 0 || most > mostProblems {
		fail(w, http.StatusBadRequest, fmt.Errorf("the limit %q is no number from 0 to %d", r.FormValue("limit"), mostProblems))
		return
	}
	list, total, err := h.proxy.Problems(r.Context(), r.FormValue("q"), most)
	if err != nil {
		fail(w, statusOfProblem(err), err)
		return
	}
	reply(w, http.StatusOK, Problems{total, list})
}

// statusOfProblem tells a mistake of who asks from a store that is down.
func statusOfProblem(err error) int {
	var mistake *problem.Mistake
	switch {
	case errors.Is(err, errNoProblem):
		return http.StatusNotFound
	case errors.As(err, &mistake):
		return http.StatusBadRequest
	}
	return http.StatusServiceUnavailable
}

func (h *handler) oneProblem(w http.ResponseWriter, r *http.Request) {
	p, err := h.proxy.Problem(r.Context(), r.PathValue("id"))
	if err == nil && p == nil {
		err = errNoProblem
	}
	if err != nil {
		fail(w, statusOfProblem(err), err)
		return
	}
	reply(w, http.StatusOK, p)
}

func (h *handler) actOnProblem(w http.ResponseWriter, r *http.Request) {
	var request ActRequest
	if r.ContentLength != 0 {
		if err := readJSON(w, r, &request, `{"by": "ann", "text": "looks at it"}`); err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
	}
	p, status, err := h.act(r, r.PathValue("id"), r.PathValue("action"), request)
	if err != nil {
		fail(w, status, err)
		return
	}
	reply(w, http.StatusOK, p)
}

// act does what is asked about a problem.
func (h *handler) act(r *http.Request, id, name string, request ActRequest) (p *problem.Problem, status int, err error) {
	action, known := actions[name]
	if !known {
		return nil, http.StatusNotFound, fmt.Errorf("there is no action %q; take one of %s", name, strings.Join(slices.Sorted(maps.Keys(actions)), ", "))
	}
	if user, _, isKnown := r.BasicAuth(); isKnown && request.By == "" {
		request.By = user
	} else if isKnown && request.By != user {
		request.By += " (as " + user + ")"
	}
	switch action {
	case store.Muted:
		var end problem.MuteEnd
		if end, err = problem.ParseMuteEnd(request.For, time.Now()); err == nil {
			p, err = h.proxy.MuteProblem(r.Context(), id, request.By, request.Text, end)
		}
	case store.Unmuted:
		p, err = h.proxy.MuteProblem(r.Context(), id, request.By, request.Text, problem.MuteEnd{})
	default:
		p, err = h.proxy.Act(r.Context(), id, action, request.By, request.Text)
	}
	if err == nil && p == nil {
		err = errNoProblem
	}
	if err != nil {
		return nil, statusOfProblem(err), err
	}
	h.live.changed()
	return p, http.StatusOK, nil
}

// A Report is what the mail of a report would say now.
type Report struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// report shows a report of the time that "for" says, a day by default.
func (h *handler) report(w http.ResponseWriter, r *http.Request) {
	length, err := duration.Parse(cmp.Or(r.FormValue("for"), "24h"))
	if err != nil || length <= 0 {
		fail(w, http.StatusBadRequest, fmt.Errorf("the time %q is wrong; use one such as 24h or 7d", r.FormValue("for")))
		return
	}
	var told Report
	if told.Subject, told.Text, err = h.proxy.Report(r.Context(), time.Now().Add(-length)); err != nil {
		fail(w, statusOfProblem(err), err)
		return
	}
	reply(w, http.StatusOK, told)
}
