package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/hut8labs/failmail/internal/duration"
	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/expect"
)

// An Expected is a mail that must come, or that is proposed to, as JSON.
type Expected struct {
	Name    string      `json:"name"`
	Kind    expect.Kind `json:"kind"`
	Match   []string    `json:"match,omitempty"`
	Every   string      `json:"every"`
	Within  string      `json:"within"`
	Missing bool        `json:"missing"`
	Last    *time.Time  `json:"last,omitempty"`  // when it came; absent if never
	Due     time.Time   `json:"due,omitzero"`    // the next one; absent without a schedule
	Late    time.Time   `json:"late,omitzero"`   // when that is missing
	To      []string    `json:"to,omitempty"`    // as given, not those of the last one
	Times   []time.Time `json:"times,omitempty"` // of a proposal: when it came
}

// An ExpectRequest asks for a mail to be expected.
type ExpectRequest struct {
	Name   string   `json:"name"`
	Match  []string `json:"match"`
	Every  string   `json:"every"`
	Within string   `json:"within,omitempty"` // a duration; empty for the default
	To     []string `json:"to,omitempty"`
	DryRun bool     `json:"dry_run,omitempty"` // only say what it matches
}

// Expectation returns what is asked for, if that is right: the checks are those of the
// settings file.
func (r ExpectRequest) Expectation() (expect.Expectation, error) {
	e := expect.Expectation{Kind: expect.Added, Name: r.Name, Match: r.Match, Every: r.Every, To: r.To}
	if r.Within != "" {
		within, err := duration.Parse(r.Within)
		if err != nil {
			return e, fmt.Errorf("expect %q: within: the duration %q is wrong; use one such as 30m or 3h", r.Name, r.Within)
		}
		e.Within = within
	}
	_, err := expect.New([]expect.Expectation{e}, time.Local)
	return e, err
}

// An ExpectReply says which good mails of the last weeks are what is asked for.
type ExpectReply struct {
	Done    bool            `json:"done"` // it was no dry run
	Matches int             `json:"matches"`
	First   []ExpectedMatch `json:"first"` // the latest, at most 5
}

// An ExpectedMatch is a mail that is what is asked for, the last of its kind.
type ExpectedMatch struct {
	Subject string    `json:"subject"`
	From    string    `json:"from"`
	Last    time.Time `json:"last"`
	Every   string    `json:"every,omitempty"` // as was learned
}

func (h *handler) listExpected(w http.ResponseWriter, r *http.Request) {
	list(w, r, h.proxy.Expected, func(s expect.State) Expected {
		return Expected{s.Name, s.Kind, s.Match, s.Every, phrase.Duration(s.Within), s.Missing, optional(s.Last), s.Due, s.Late, s.To, s.Times}
	})
}

func (h *handler) addExpected(w http.ResponseWriter, r *http.Request) {
	var request ExpectRequest
	if err := readJSON(w, r, &request, `{"name": "backup srv7", "match": ["subject=~\"Backup of srv7.*\""], "every": "daily 02:00"}`); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	done, status, err := h.expect(r.Context(), request)
	if err != nil {
		fail(w, status, err)
		return
	}
	reply(w, status, done)
}

// expect does what is asked, or only says what it would match.
func (h *handler) expect(ctx context.Context, request ExpectRequest) (done ExpectReply, status int, err error) {
	e, err := request.Expectation()
	if err != nil {
		return done, http.StatusBadRequest, err
	}
	found, err := h.proxy.ExpectedMatches(ctx, e)
	if err != nil {
		return done, statusOf(err), err
	}
	done = ExpectReply{Matches: len(found), First: []ExpectedMatch{}}
	for _, m := range found[:min(len(found), maxMatches)] {
		done.First = append(done.First, ExpectedMatch(m))
	}
	if request.DryRun {
		return done, http.StatusOK, nil
	}
	err = h.proxy.AddExpected(ctx, e)
	h.live.changed()
	if err != nil {
		return done, statusOf(err), fmt.Errorf("expect %q: %w", e.Name, err)
	}
	done.Done = true
	return done, http.StatusCreated, nil
}

// decide confirms or drops what has a name.
func (h *handler) decide(ctx context.Context, name string, how func(context.Context, string) error) (status int, err error) {
	if name == "" {
		return http.StatusBadRequest, errors.New("the name is missing; give it as ?name=")
	}
	err = how(ctx, name)
	h.live.changed()
	if err != nil {
		return statusOf(err), fmt.Errorf("expect %q: %w", name, err)
	}
	return http.StatusOK, nil
}

// decideExpected answers with 204 once it is done.
func (h *handler) decideExpected(how func(context.Context, string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if status, err := h.decide(r.Context(), r.URL.Query().Get("name"), how); err != nil {
			fail(w, status, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// decideForm is the same for a button of the page; done is the notice.
func (h *handler) decideForm(how func(context.Context, string) error, done string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := parseForm(w, r)
		status := http.StatusBadRequest
		if err == nil {
			status, err = h.decide(r.Context(), r.PostForm.Get("name"), how)
		}
		if err != nil {
			h.refuse(w, r, status, err, MuteRequest{})
			return
		}
		h.done(w, r, done, 1)
	}
}

// splitProposed returns what is expected, what is missing in front, and what is only proposed.
func splitProposed(states []expect.State) (expected, proposed []expect.State) {
	all := slices.Clone(states)
	rank := func(s expect.State) int {
		switch {
		case s.Missing:
			return 0
		case s.Kind == expect.Proposed:
			return 2
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b expect.State) int { return rank(a) - rank(b) })
	i := slices.IndexFunc(all, func(s expect.State) bool { return rank(s) == 2 })
	if i < 0 {
		i = len(all)
	}
	return all[:i], all[i:]
}

// firstOf returns the first ones, and how many more there are.
func firstOf[T any](all []T, most int) (first []T, more int) {
	n := min(len(all), most)
	return all[:n], len(all) - n
}
