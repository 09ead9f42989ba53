package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/hut8labs/failmail/internal/duration"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/problem"
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
	maxOffset     = 1_000_000
)

// errNoProblem is the answer for an ID that is none.
var errNoProblem = errors.New("there is no problem with this ID; failmail problems and the page list those that are known")

func (h *handler) listProblems(w http.ResponseWriter, r *http.Request) {
	limit, err := numberOf(r, "limit", usualProblems, mostProblems)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	offset, err := numberOf(r, "offset", 0, maxOffset)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	list, total, err := h.proxy.Problems(r.Context(), r.FormValue("q"), offset, limit)
	if err != nil {
		fail(w, statusOf(err), err)
		return
	}
	reply(w, http.StatusOK, Problems{total, list})
}

// numberOf returns the number from 0 to most that a request has under a name.
func numberOf(r *http.Request, name string, usual, most int) (int, error) {
	text := r.FormValue(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("the %s %q is not a number from 0 to %d", name, text, most)
	}
	return n, nil
}

// statusOf tells a mistake of who asks from a store that is down.
func statusOf(err error) int {
	var mistake *problem.Mistake
	switch {
	case err == nil:
		return http.StatusOK
	case errors.Is(err, errNoProblem), errors.Is(err, expect.ErrUnknown):
		return http.StatusNotFound
	case errors.Is(err, expect.ErrTaken), errors.Is(err, expect.ErrConfigured):
		return http.StatusConflict
	case errors.As(err, &mistake):
		return http.StatusBadRequest
	}
	return http.StatusServiceUnavailable
}

func (h *handler) oneProblem(w http.ResponseWriter, r *http.Request) {
	p, err := h.proxy.Problem(r.Context(), r.PathValue("id"))
	if err = found(p, err); err != nil {
		fail(w, statusOf(err), err)
		return
	}
	reply(w, http.StatusOK, p)
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
		fail(w, statusOf(err), err)
		return
	}
	reply(w, http.StatusOK, told)
}
