// Package recent remembers what people are shown of the time since the start: the last
// summaries, and how many mails came in each minute. It keeps nothing on disk.
package recent

import (
	"slices"
	"sync"

	"github.com/hut8labs/failmail/internal/foreign"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/render"
)

const (
	maxSummaries = 30
	// maxPreviews bounds the memory for the previews, in bytes: one summary of a
	// thousand errors may have megabytes.
	maxPreviews = 16 << 20
)

// Recent is all of it. The zero value is ready.
type Recent struct {
	Summaries
	Rate
}

// Summaries are the last ones that were made. The zero value is ready. Its methods are
// safe for concurrent use.
type Summaries struct {
	mu   sync.Mutex
	made []summary // the oldest first
}

type summary struct {
	render.Sent
	headlines []render.EventLine
}

// Made notes a summary that is on its way.
func (r *Summaries) Made(s *render.Summary, mail *message.Mail, renderer render.Renderer) {
	parsed := message.New("", nil, mail.Raw)
	made := summary{Sent: render.Sent{
		MessageID: mail.MessageID, Batch: s.Batch, Subject: parsed.Subject(), To: mail.To, Count: s.Count,
		Groups: len(s.Groups), Made: s.Created, Result: "waiting", HTML: preview(renderer, s),
	}}
	if made.HTML == nil {
		made.Text = parsed.Body()
	}
	for _, g := range s.Groups {
		made.headlines = append(made.headlines, render.EventLine{
			Title: g.Title, State: string(g.News.State), Count: g.Count, First: g.First, Last: g.Last,
		})
	}
	r.add(made)
}

func (r *Summaries) add(s summary) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.made) == maxSummaries {
		r.made = slices.Delete(r.made, 0, 1)
	}
	r.made = append(r.made, s)
	kept := 0
	for i := range slices.Backward(r.made) {
		kept += len(r.made[i].HTML) + len(r.made[i].Text)
		if kept > maxPreviews && i < len(r.made)-1 {
			r.made[i].HTML, r.made[i].Text = nil, ""
		}
	}
}

// preview returns a page for a browser, as far as the renderer writes one, which then
// stands in the mail, too; otherwise nil.
func preview(r render.Renderer, s *render.Summary) []byte {
	writer, ok := r.(interface {
		HTML(s *render.Summary) ([]byte, error)
	})
	if !ok {
		return nil
	}
	html, err := func() (html []byte, err error) {
		defer foreign.Recover(&err, "renderer")
		return writer.HTML(s)
	}()
	if err != nil {
		return nil
	}
	return html
}

// Became notes what happened to a summary.
func (r *Summaries) Became(messageID, result string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.made {
		if s := &r.made[i]; s.MessageID == messageID {
			s.Result = result
			if s.Error = ""; err != nil {
				s.Error = err.Error()
			}
		}
	}
}

// Forget removes a summary whose batch is open again.
func (r *Summaries) Forget(messageID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made = slices.DeleteFunc(r.made, func(s summary) bool { return s.MessageID == messageID })
}

// Headlines returns those of a summary; nil if it is not known any more.
func (r *Summaries) Headlines(messageID string) []render.EventLine {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.made {
		if r.made[i].MessageID == messageID {
			return r.made[i].headlines
		}
	}
	return nil
}

// List returns the summaries, the newest first.
func (r *Summaries) List() []render.Sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]render.Sent, 0, len(r.made))
	for _, s := range slices.Backward(r.made) {
		list = append(list, s.Sent)
	}
	return list
}
