package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/problem"
)

// routes are the pages about problems. Mount them behind the log-in that your service has:
// they show what mails say. Failmail's own page, with more on it, is [failmail.Proxy.Handler];
// see examples/httpmux.
func routes(p *failmail.Proxy) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /problems", func(w http.ResponseWriter, r *http.Request) { list(p, w, r) })
	mux.HandleFunc("POST /problems/{id}/ack", func(w http.ResponseWriter, r *http.Request) { acknowledge(p, w, r) })
	return mux
}

// mostListed bounds a list.
const mostListed = 50

// list answers a question such as ?q=is:open+payment; without one, what is wrong now.
func list(p *failmail.Proxy, w http.ResponseWriter, r *http.Request) {
	question := "is:open"
	if r.URL.Query().Has("q") {
		question = r.URL.Query().Get("q")
	}
	problems, total, err := p.Problems(r.Context(), question, 0, mostListed)
	if err != nil {
		fail(w, err)
		return
	}
	fmt.Fprintf(w, "problems: %d\n", total)
	for _, found := range problems {
		fmt.Fprintf(w, "%s  %-4s  %d mails, last %s  %s", found.ID, found.State, found.Count, found.Last.Format(time.TimeOnly), found.Headline)
		if found.AckedBy != "" {
			fmt.Fprintf(w, "  (%s looks at it)", found.AckedBy)
		}
		fmt.Fprintln(w)
	}
}

// acknowledge notes in the history of a problem who looks at it.
func acknowledge(p *failmail.Proxy, w http.ResponseWriter, r *http.Request) {
	found, err := p.Act(r.Context(), r.PathValue("id"), failmail.Acknowledge, r.FormValue("by"), r.FormValue("note"))
	switch {
	case err != nil:
		fail(w, err)
	case found == nil:
		http.NotFound(w, r)
	default:
		fmt.Fprintf(w, "%s looks at %s\n", found.AckedBy, found.Headline)
	}
}

// fail says what is wrong: a [problem.Mistake] is that of who asks, and says what is right.
func fail(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if _, theirs := errors.AsType[*problem.Mistake](err); theirs {
		status = http.StatusBadRequest
	}
	http.Error(w, err.Error(), status)
}
