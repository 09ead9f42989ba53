// Package recent remembers what people are shown of the last time: the summaries, which a
// store keeps over a restart and for all nodes, and how many mails came in each minute.
package recent

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/hut8labs/failmail/internal/foreign"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// maxSummaries is how many are listed, MaxAge and MaxBytes how many are kept.
	maxSummaries = 30
	MaxAge       = 14 * 24 * time.Hour
	MaxBytes     = 64 << 20
	// maxHeadlines is of how many the headlines are known to the hook, which hears of a summary
	// once it was sent: more than wait for that at a time.
	maxHeadlines = 1000
	// pruneEvery is after how many summaries old ones are forgotten.
	pruneEvery = 50
	// readEvery is how late a summary of another node is listed.
	readEvery = 5 * time.Second
	// patience is how long the store may take.
	patience = 5 * time.Second
)

// Recent is all of it.
type Recent struct {
	Summaries
	Rate
}

// Summaries are the last ones that were made. The zero value is ready, and has none until
// Keep. Its methods are safe for concurrent use.
type Summaries struct {
	mu     sync.Mutex
	store  store.Sent
	shared bool
	log    *slog.Logger
	made   []render.Sent // the newest first
	readAt time.Time
	count  int // of those that this process made
	// lines are the headlines of the last maxHeadlines that this process made, by Message-ID,
	// and order has these IDs, the oldest first.
	lines map[string][]render.EventLine
	order []string
	early []outcome // the last ones of summaries that are not known: who sends one may be faster
}

type outcome struct{ messageID, result, problem string }

// maxEarly bounds the outcomes that wait for their summary.
const maxEarly = 100

// A content is what a summary says.
type content struct {
	HTML []byte `json:"html,omitempty"`
	Text string `json:"text,omitempty"`
}

// Keep has them kept by a store, from which all are read that it has. Into one that is shared
// other nodes put theirs, too.
func (r *Summaries) Keep(ctx context.Context, s store.Sent, shared bool, log *slog.Logger) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.store, r.shared, r.log = s, shared, log
	return r.read(ctx)
}

// read reads the last ones from the store. The caller holds mu.
func (r *Summaries) read(ctx context.Context) error {
	r.readAt = time.Now()
	kept, err := r.store.ListSent(ctx, maxSummaries)
	if err != nil {
		return fmt.Errorf("read the last summaries: %w", err)
	}
	made := make([]render.Sent, 0, len(kept))
	for _, k := range kept {
		var s render.Sent
		if err := json.Unmarshal(k.Record, &s); err != nil {
			continue // a later version wrote it
		}
		s.MessageID, s.Made = k.ID, k.Made
		made = append(made, s)
	}
	r.made = made
	for id := range r.lines {
		if !slices.ContainsFunc(made, func(s render.Sent) bool { return s.MessageID == id }) {
			delete(r.lines, id)
		}
	}
	return nil
}

// Made notes a summary that is on its way.
func (r *Summaries) Made(s *render.Summary, mail *message.Mail, renderer render.Renderer) {
	parsed := message.New("", nil, mail.Raw)
	says := content{HTML: preview(renderer, s)}
	if says.HTML == nil {
		says.Text = parsed.Body()
	}
	var lines []render.EventLine
	for _, g := range s.Groups {
		lines = append(lines, render.EventLine{Title: g.Headline(), State: string(g.News.State), Count: g.Count, First: g.First, Last: g.Last})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	made := render.Sent{
		MessageID: mail.MessageID, Batch: s.Batch, Subject: parsed.Subject(), To: mail.To, Count: s.Count,
		Groups: len(s.Groups), Problems: s.Problems(maxProblems), Made: s.Created, Result: "waiting",
	}
	if i := slices.IndexFunc(r.early, func(o outcome) bool { return o.messageID == made.MessageID }); i >= 0 {
		made.Result, made.Error = r.early[i].result, r.early[i].problem
		r.early = slices.Delete(r.early, i, i+1)
	}
	r.made = slices.DeleteFunc(r.made, func(s render.Sent) bool { return s.MessageID == made.MessageID }) // one that is made again
	r.made = append([]render.Sent{made}, r.made[:min(len(r.made), maxSummaries-1)]...)
	if r.lines == nil {
		r.lines = make(map[string][]render.EventLine)
	}
	r.lines[mail.MessageID] = lines
	r.order = append(slices.DeleteFunc(r.order, func(id string) bool { return id == made.MessageID }), made.MessageID)
	if len(r.order) > maxHeadlines {
		delete(r.lines, r.order[0])
		r.order = slices.Delete(r.order, 0, 1)
	}
	r.keep(made, &says)
	if r.count++; r.count%pruneEvery == 0 {
		r.prune(s.Created)
	}
}

// maxProblems bounds of how many problems it is known that a summary tells of them.
const maxProblems = 1000

// prune keeps the store within its bounds, also on a day of many summaries. The caller holds
// mu.
func (r *Summaries) prune(now time.Time) {
	if r.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.store.ForgetSent(ctx, now.Add(-MaxAge), MaxBytes); err != nil {
		r.log.Debug("cannot forget old summaries, will try again", "error", err)
	}
}

// keep has the store keep a summary. The caller holds mu.
func (r *Summaries) keep(s render.Sent, says *content) {
	if r.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	record, err := json.Marshal(s)
	kept := store.SentSummary{ID: s.MessageID, Made: s.Made, Record: record}
	if err == nil && says != nil {
		kept.Content, err = encode(says)
	}
	if err == nil {
		err = r.store.KeepSent(ctx, kept)
	}
	if err != nil {
		r.log.Warn("cannot keep a summary for people to look at again", "message_id", s.MessageID, "error", err)
	}
}

func encode(c *content) ([]byte, error) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if err := json.NewEncoder(w).Encode(c); err != nil {
		return nil, err
	}
	err := w.Close()
	return zipped.Bytes(), err
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
	now := outcome{messageID: messageID, result: result}
	if err != nil {
		now.problem = err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.made, func(s render.Sent) bool { return s.MessageID == messageID })
	if i < 0 {
		r.early = append(slices.DeleteFunc(r.early, func(o outcome) bool { return o.messageID == messageID }), now)
		r.early = r.early[max(len(r.early)-maxEarly, 0):]
		return
	}
	r.made[i].Result, r.made[i].Error = now.result, now.problem
	r.keep(r.made[i], nil)
}

// Forget removes a summary whose batch is open again.
func (r *Summaries) Forget(messageID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made = slices.DeleteFunc(r.made, func(s render.Sent) bool { return s.MessageID == messageID })
	delete(r.lines, messageID)
	if r.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.store.DropSent(ctx, messageID); err != nil {
		r.log.Warn("cannot forget a summary whose batch is open again", "message_id", messageID, "error", err)
	}
}

// Headlines returns those of a summary that this process made; nil if it is not known any
// more.
func (r *Summaries) Headlines(messageID string) []render.EventLine {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lines[messageID]
}

// List returns the last summaries, the newest first, without what they say. Those of other
// nodes are a few seconds late.
func (r *Summaries) List() []render.Sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shared && time.Since(r.readAt) > readEvery {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := r.read(ctx); err != nil {
			r.log.Debug("cannot read the summaries of other nodes, will try again", "error", err)
		}
	}
	return slices.Clone(r.made)
}
