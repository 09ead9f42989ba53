package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/store"
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
	Offset, Total   int
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
	if v.Offset, err = numberOf(r, "offset", 0, maxOffset); err == nil {
		v.Problems, v.Total, err = h.proxy.Problems(ctx, v.Question, v.Offset, usualProblems)
	} else {
		err = &problem.Mistake{Err: err}
	}
	if err != nil {
		v.Wrong = err.Error()
	}
	h.write(w, statusOf(err), "problems-page", v)
}

// First and Last are the numbers of the first and the last problem that v shows.
func (v problemsView) First() int { return min(v.Offset+1, v.Total) }
func (v problemsView) Last() int  { return v.Offset + len(v.Problems) }

// Later and Earlier are the addresses of those that were seen after these, and before; empty if
// there are none.
func (v problemsView) Later() string {
	if v.Offset == 0 {
		return ""
	}
	return v.from(max(v.Offset-usualProblems, 0))
}

func (v problemsView) Earlier() string {
	if v.Last() >= v.Total {
		return ""
	}
	return v.from(v.Offset + usualProblems)
}

func (v problemsView) from(offset int) string {
	return "problems?" + url.Values{"q": {v.Question}, "offset": {strconv.Itoa(offset)}}.Encode()
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
	Name      string     // of who looks at it, as far as the browser remembers
}

// A happened is an event in words.
type happened struct {
	At         time.Time
	What, Text string
	Part       string // the ID of the problem that became part of this one
}

func (h *handler) problemPage(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	p, err := h.proxy.Problem(ctx, r.PathValue("id"))
	if err = found(p, err); err != nil {
		v := problemsView{frame: frame{"Problems · Failmail", h.assets.version, "../"}, Wrong: err.Error(), Fields: problem.Fields(), JSON: "../api/problems"}
		h.write(w, statusOf(err), "problems-page", v)
		return
	}
	now := time.Now()
	_, _, isKnown := r.BasicAuth()
	v := problemView{
		frame: frame{p.Title() + " · Failmail", h.assets.version, "../"}, Notice: noticeOfAction(r.FormValue("done")),
		Problem: p, Trend: newTrend(p.Days, now), Zone: now.Format("MST"), Anonymous: !isKnown, Name: rememberedName(r),
	}
	if id := r.PathValue("id"); v.Notice == "" && id != p.ID {
		v.Notice = "The problem " + id + " became part of this one."
	}
	for _, e := range slices.Backward(p.History) {
		what, text := e.InWords()
		one := happened{At: e.At, What: what, Text: text}
		if e.Kind == store.Merged && !slices.ContainsFunc(p.History, func(later problem.Event) bool {
			return later.Kind == store.Parted && later.Text == e.Text && later.At.After(e.At)
		}) {
			one.Part = e.Text
		}
		v.History = append(v.History, one)
	}
	h.write(w, http.StatusOK, "problem-page", v)
}

// noticeOfAction says what was done, by the name of an action.
func noticeOfAction(name string) string {
	if name == "name" {
		return "Your browser remembers the name."
	}
	return actions[name].done
}

// CanExpect reports whether the mails are about one thing, of which it can be expected that it is
// well.
func (v problemView) CanExpect() bool { return v.Problem.Object != "" && len(v.Problem.Objects) < 2 }

// IsShown reports whether the sample with the index is open from the start: the last one.
func (v problemView) IsShown(i int) bool { return i == len(v.Problem.Samples)-1 }

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
