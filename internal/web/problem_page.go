package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/problem"
)

// A frame is what stands around all pages.
type frame struct {
	Title, Assets string
	Base          string // the way back to the root
}

// A problemsView is the page of a search.
type problemsView struct {
	frame
	Question, Wrong string
	Total           int
	Problems        []problem.Problem
	Fields          [][2]string
	JSON            string
}

func (h *handler) problemsPage(w http.ResponseWriter, r *http.Request) {
	v := problemsView{frame: frame{"Problems · Failmail", h.assets.version, ""}, Question: strings.ToValidUTF8(r.FormValue("q"), "\uFFFD"), Fields: problem.Fields()}
	v.JSON = "api/problems?" + url.Values{"q": {v.Question}}.Encode()
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	var err error
	status := http.StatusOK
	if v.Problems, v.Total, err = h.proxy.Problems(ctx, v.Question, usualProblems); err != nil {
		v.Wrong, status = err.Error(), statusOfProblem(err)
	}
	h.write(w, status, "problems-page", v)
}

// A problemView is the page of one problem.
type problemView struct {
	frame
	Notice    string
	Problem   *problem.Problem
	Trend     plot
	Zone      string
	History   []happened // the newest first
	Anonymous bool       // nobody has logged in
}

// A happened is an event in words.
type happened struct {
	At         time.Time
	What, Text string
}

func (h *handler) problemPage(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	p, err := h.proxy.Problem(ctx, r.PathValue("id"))
	if err == nil && p == nil {
		err = errNoProblem
	}
	if err != nil {
		v := problemsView{frame: frame{"Problems · Failmail", h.assets.version, "../"}, Wrong: err.Error(), Fields: problem.Fields(), JSON: "../api/problems"}
		h.write(w, statusOfProblem(err), "problems-page", v)
		return
	}
	now := time.Now()
	_, _, isKnown := r.BasicAuth()
	v := problemView{
		frame: frame{p.Title() + " · Failmail", h.assets.version, "../"}, Notice: done[r.FormValue("done")],
		Problem: p, Trend: newTrend(p.Days, now), Zone: now.Format("MST"), Anonymous: !isKnown,
	}
	for _, e := range slices.Backward(p.History) {
		what, text := e.InWords()
		v.History = append(v.History, happened{e.At, what, text})
	}
	h.write(w, http.StatusOK, "problem-page", v)
}

// IsShown reports whether the sample with the index is open from the start: the last one.
func (v problemView) IsShown(i int) bool { return i == len(v.Problem.Samples)-1 }

// actForm does what the form of a problem's page asks for, and shows the page again.
func (h *handler) actForm(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	err := parseForm(w, r)
	status := http.StatusBadRequest
	name := r.PostForm.Get("action")
	if err == nil {
		_, status, err = h.act(r, id, name, ActRequest{By: r.PostForm.Get("by"), Text: r.PostForm.Get("text"), For: r.PostForm.Get("for")})
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

// done says what was done, by the names of actions.
var done = map[string]string{
	"ack": "Acknowledged.", "unack": "It is not acknowledged any more.", "note": "Noted.", "own": "The owner is set.",
	"resolve": "Resolved: it is over, until another mail comes.", "mute": "Muted. What was counted before stays in its summary.", "unmute": "Unmuted.",
}

// trendDays is how many days a trend shows.
const trendDays = 90

// newTrend shows the mails of the last days.
func newTrend(days []problem.Day, now time.Time) plot {
	counts := make(map[string]int)
	for _, d := range days {
		counts[d.Day] = d.Count
	}
	p := plot{Width: trendDays * barWidth, Start: now.AddDate(0, 0, 1-trendDays), Middle: now.AddDate(0, 0, -trendDays/2)}
	var list []int
	for i := range trendDays {
		list = append(list, counts[now.AddDate(0, 0, i+1-trendDays).Format(time.DateOnly)])
	}
	p.Peak = slices.Max(list)
	sum := 0
	for i, n := range list {
		sum += n
		b := bar{X: i * barWidth, Note: now.AddDate(0, 0, i+1-trendDays).Format("Mon Jan 2: ") + phrase.Count(n, "mail")}
		b.Height = barHeight(n, p.Peak, plotHeight)
		b.Y = plotHeight - b.Height
		p.Bars = append(p.Bars, b)
	}
	p.Label = fmt.Sprintf("%s in the last %d days, at most %s in a day", phrase.Count(sum, "mail"), trendDays, phrase.Number(p.Peak))
	return p
}

// write renders a page.
func (h *handler) write(w http.ResponseWriter, status int, name string, v any) {
	var html bytes.Buffer
	if err := h.templates.all.ExecuteTemplate(&html, name, v); err != nil {
		fail(w, http.StatusInternalServerError, fmt.Errorf("render the page: %w", err))
		return
	}
	writePage(w, status, html.Bytes())
}

// stamp writes when something was, as short as is clear now.
func stamp(at any) string {
	t, isTime := at.(time.Time)
	if p, isPointer := at.(*time.Time); isPointer {
		t, isTime = *p, true
	}
	if !isTime {
		return ""
	}
	return (&view{now: time.Now()}).Stamp(t)
}

func join(texts []string) string { return strings.Join(texts, ", ") }
