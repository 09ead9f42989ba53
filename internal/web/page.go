package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"

	"github.com/hut8labs/failmail/pkg/expect"
)

//go:embed templates
var templateFiles embed.FS

// sectionNames are the templates of what changes.
var sectionNames = [...]string{"status", "rate", "batches", "problems", "sent", "outbox", "failed", "mutes", "expected"}

type templates struct {
	all *template.Template
}

func newTemplates() *templates {
	functions := template.FuncMap{
		"number": phrase.Number,
		"plural": phrase.Count,
		"things": phrase.Things,
		"lower":  func(s any) string { return strings.ToLower(fmt.Sprint(s)) },
		"millis": time.Time.UnixMilli,
		"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"short":  phrase.Duration,
		"idOf":   idOf,
		"times": func(n int) string {
			if n == expect.MaxTimes {
				return fmt.Sprintf("%d times or more", n)
			}
			return fmt.Sprintf("%d times", n)
		},
		"stamp":   stamp,
		"join":    join,
		"stampOf": func() func(time.Time) string { return func(t time.Time) string { return stamp(t) } },
	}
	// What is embedded is correct: the tests render it.
	return &templates{template.Must(template.New("").Funcs(functions).ParseFS(templateFiles, "templates/*.html"))}
}

// sections renders what changes.
func (t *templates) sections(s *snapshot) (*rendering, error) {
	v := newView(s)
	r := &rendering{now: s.now, title: titleOf(v), sections: make(map[string]template.HTML)}
	for _, name := range sectionNames {
		var html bytes.Buffer
		if err := t.all.ExecuteTemplate(&html, name, v); err != nil {
			return nil, fmt.Errorf("render the page: %w", err)
		}
		r.sections[name] = template.HTML(html.String()) // by html/template
	}
	return r, nil
}

// titleOf names the page in a row of tabs.
func titleOf(v *view) string {
	switch {
	case v.Problem != "":
		return "Failmail: not ready"
	case !v.Relay.Up():
		return "Failmail: relay down"
	case v.Mails > 0:
		return "(" + phrase.Number(v.Mails) + ") Failmail"
	}
	return "Failmail"
}

// A pageView is the page around what changes.
type pageView struct {
	frame
	Version, Question string
	Now               int64
	Sections          map[string]template.HTML
	Notice, Problem   string
	Form              MuteRequest
}

func (h *handler) page(w http.ResponseWriter, r *http.Request) {
	h.show(w, r, http.StatusOK, pageView{Notice: noticeOf(r.URL.Query()), Form: MuteRequest{For: "2h"}})
}

func (h *handler) show(w http.ResponseWriter, r *http.Request, status int, v pageView) {
	current, err := h.live.current(r.Context())
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	v.Version, v.Assets = h.options.Version, h.assets.version
	v.Title, v.Now, v.Sections = current.title, current.now.UnixMilli(), current.sections
	var html bytes.Buffer
	if err := h.templates.all.ExecuteTemplate(&html, "page", v); err != nil {
		fail(w, http.StatusInternalServerError, fmt.Errorf("render the page: %w", err))
		return
	}
	writePage(w, status, html.Bytes())
}

func writePage(w http.ResponseWriter, status int, html []byte) {
	header := w.Header()
	header.Set("Content-Security-Policy", pagePolicy)
	// Not no-referrer: with that a form sends "Origin: null", which the
	// protection against other sites' pages refuses where the browser says no
	// more, that is over plain HTTP (Fetch section 3.1). Nothing goes to other
	// sites either way.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(html) // the client may be gone
}
