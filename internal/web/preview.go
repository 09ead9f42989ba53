package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// A cleaner leaves of a page only what lays out text. Summaries are escaped when
// they are rendered; but templates and renderers of one's own may forget it.
// Behind it stand the sandbox and the policy of the preview.
type cleaner struct {
	policy *bluemonday.Policy
}

func newCleaner() *cleaner {
	p := bluemonday.NewPolicy()
	p.AllowNoAttrs().OnElements("main", "section", "article", "header", "footer", "div", "span", "p", "br", "hr", "pre", "code",
		"h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "i", "em", "u", "s", "small", "sub", "sup", "mark", "kbd", "samp", "time",
		"bdi", "bdo", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "center",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th")
	word := regexp.MustCompile(`^[\w -]*$`)
	p.AllowAttrs("class", "id", "dir", "lang", "role", "align", "valign").Matching(word).Globally()
	p.AllowAttrs("colspan", "rowspan", "width", "scope", "cellpadding", "cellspacing", "border").
		Matching(regexp.MustCompile(`^[\w% -]*$`)).OnElements("td", "th", "table")
	// Links within the page, and nowhere else.
	p.AllowAttrs("href").Matching(regexp.MustCompile(`^#[\w-]+$`)).OnElements("a")
	p.AllowRelativeURLs(true)
	p.AllowStyles("color", "background-color", "font-family", "font-size", "font-weight", "font-style", "line-height", "text-align", "text-decoration",
		"padding", "padding-left", "padding-right", "margin", "border", "border-top", "border-left", "border-collapse",
		"width", "max-width", "max-height", "table-layout", "white-space", "word-wrap", "overflow-wrap", "overflow", "display").Globally()
	// Style sheets cannot be cleaned well. The policy of the preview keeps them
	// from loading anything, and the frame from reaching beyond it.
	p.AllowUnsafe(true)
	p.AllowElements("style")
	p.SkipElementsContent("title", "template", "svg", "math", "select")
	return &cleaner{p}
}

func (c *cleaner) clean(html []byte) []byte { return c.policy.SanitizeBytes(html) }

// preview shows a summary that left, in a document that can do nothing.
func (h *handler) preview(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	sent, err := h.proxy.FindSent(ctx, func(messageID string) bool { return idOf(messageID) == r.PathValue("id") })
	switch {
	case err != nil:
		fail(w, http.StatusServiceUnavailable, err)
		return
	case sent == nil:
		fail(w, http.StatusNotFound, errors.New("this summary is not kept any more; your mailbox has it"))
		return
	}
	v := struct {
		Subject, Text string
		Page          template.HTML
	}{Subject: sent.Subject, Text: sent.Text}
	if sent.HTML != nil {
		v.Page = template.HTML(h.cleaner.clean(sent.HTML))
	}
	var html bytes.Buffer
	if err := h.templates.all.ExecuteTemplate(&html, "preview", v); err != nil {
		fail(w, http.StatusInternalServerError, fmt.Errorf("render the preview: %w", err))
		return
	}
	header := w.Header()
	header.Set("Content-Security-Policy", previewPolicy)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	w.Write(html.Bytes()) // the client may be gone
}
