package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// A Batch is a summary that is being collected, as JSON.
type Batch struct {
	ID          int64      `json:"id"`
	Key         string     `json:"key"`
	Mails       int        `json:"mails"`
	First       time.Time  `json:"first"`
	Last        time.Time  `json:"last"`
	Due         time.Time  `json:"due"`
	HeldSince   *time.Time `json:"held_since,omitempty"` // the relay is down
	To          []string   `json:"to"`
	Summarizing bool       `json:"summarizing,omitempty"` // it is taken, and not yet in the outbox
	Groups      []Group    `json:"groups"`                // the most alarming first
	Omitted     int        `json:"omitted"`               // mails of groups that were not kept
	Muted       int        `json:"muted"`                 // mails that the summary will not show
}

// A Group is a headline of a Batch, as JSON.
type Group struct {
	Title    string       `json:"title"`
	State    render.State `json:"state"`
	Mails    int          `json:"mails"`
	First    time.Time    `json:"first"`
	Last     time.Time    `json:"last"`
	Minutes  []int        `json:"minutes"` // mails in each minute from First to Last, at most 60
	Hosts    []Host       `json:"hosts"`
	Variants []Variant    `json:"variants"`
}

// A Host is a machine that sent mails, as JSON.
type Host struct {
	Name  string `json:"name"`
	Mails int    `json:"mails"`
}

// A Variant is a set of mails with the same content, as JSON.
type Variant struct {
	Fingerprint string    `json:"fingerprint"`
	Reason      string    `json:"reason"`
	Mails       int       `json:"mails"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
}

// A FlushRequest asks for the summary of a batch now, or of all for 0.
type FlushRequest struct {
	Batch int64 `json:"batch"`
}

// Flushed says how many batches are being sent.
type Flushed struct {
	Batches int `json:"batches"`
}

// An Outgoing is a mail that waits for delivery, as JSON.
type Outgoing struct {
	ID        int64     `json:"id"`
	MessageID string    `json:"message_id"`
	Batch     string    `json:"batch"` // its key
	Mails     int       `json:"mails"`
	Groups    int       `json:"groups"`
	To        []string  `json:"to"`
	Due       time.Time `json:"due"`
	NextTry   time.Time `json:"next_try"`
	Attempts  int       `json:"attempts"`
	LastError string    `json:"last_error,omitempty"`
}

// A RetryRequest asks for a delivery now, or for all of them for 0.
type RetryRequest struct {
	ID int64 `json:"id"`
}

// Retried says how many deliveries are tried.
type Retried struct {
	Mails int `json:"mails"`
}

// A Heartbeat is a mail that only proves that the path works, as JSON.
type Heartbeat struct {
	Name  string    `json:"name"` // the pattern, of Config.Heartbeats
	Last  time.Time `json:"last"`
	Count int       `json:"count"`
}

func batchOf(s *render.Summary) Batch {
	b := Batch{
		ID: s.BatchID, Key: s.Batch, Mails: s.Count, First: s.First, Last: s.Last, Due: s.Due,
		To: append([]string{}, s.To...), Groups: make([]Group, 0, len(s.Groups)), Omitted: s.Omitted, Muted: s.MutedCount(),
	}
	if !s.HeldSince.IsZero() {
		b.HeldSince = &s.HeldSince
	}
	for _, g := range s.Groups {
		group := Group{Title: g.Headline(), State: g.News.State, Mails: g.Count, First: g.First, Last: g.Last, Minutes: g.Minutes}
		for _, host := range g.Hosts {
			group.Hosts = append(group.Hosts, Host{host.Name, host.Count})
		}
		for _, v := range g.Variants {
			group.Variants = append(group.Variants, Variant{v.Fingerprint, v.Reason, v.Count, v.First, v.Last})
		}
		b.Groups = append(b.Groups, group)
	}
	return b
}

func outgoingOf(o store.Outgoing) Outgoing {
	return Outgoing{
		ID: o.ID, MessageID: o.MessageID, Batch: o.Batch, Mails: o.Count, Groups: o.Groups, To: o.To,
		Due: o.Due, NextTry: o.NextAt, Attempts: o.Attempts, LastError: o.LastError,
	}
}

// list replies with what read returns, each as JSON.
func list[From, To any](w http.ResponseWriter, r *http.Request, read func(context.Context) ([]From, error), convert func(From) To) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	found, err := read(ctx)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	converted := make([]To, 0, len(found)) // [] rather than null
	for _, f := range found {
		converted = append(converted, convert(f))
	}
	reply(w, http.StatusOK, converted)
}

func (h *handler) listBatches(w http.ResponseWriter, r *http.Request) {
	var s snapshot
	list(w, r, func(ctx context.Context) ([]*render.Summary, error) {
		err := s.readOpen(ctx, h.proxy)
		return s.pending(), err
	}, func(b *render.Summary) Batch {
		converted := batchOf(b)
		converted.Summarizing = b == s.summarizing
		return converted
	})
}

func (h *handler) listOutbox(w http.ResponseWriter, r *http.Request) {
	list(w, r, h.proxy.Outbox, outgoingOf)
}

func (h *handler) listHeartbeats(w http.ResponseWriter, r *http.Request) {
	list(w, r, h.proxy.Heartbeats, func(b store.Heartbeat) Heartbeat { return Heartbeat(b) })
}

func (h *handler) flush(w http.ResponseWriter, r *http.Request) {
	var request FlushRequest
	if err := readJSON(w, r, &request, `{"batch": 42}, or 0 for all`); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	n, status, err := h.flushBatch(r.Context(), request.Batch)
	if err != nil {
		fail(w, status, err)
		return
	}
	reply(w, http.StatusOK, Flushed{n})
}

func (h *handler) flushBatch(ctx context.Context, id int64) (n, status int, err error) {
	n, err = h.proxy.Flush(ctx, id)
	h.live.changed()
	switch {
	case err != nil:
		return 0, http.StatusServiceUnavailable, err
	case n == 0 && id != 0:
		return 0, http.StatusNotFound, fmt.Errorf("there is no open batch %d; it may have been sent already", id)
	}
	return n, http.StatusOK, nil
}

func (h *handler) retry(w http.ResponseWriter, r *http.Request) {
	var request RetryRequest
	if err := readJSON(w, r, &request, `{"id": 7}, or 0 for all`); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	n, status, err := h.retryMail(r.Context(), request.ID)
	if err != nil {
		fail(w, status, err)
		return
	}
	reply(w, http.StatusOK, Retried{n})
}

func (h *handler) retryMail(ctx context.Context, id int64) (n, status int, err error) {
	n, err = h.proxy.Retry(ctx, id)
	h.live.changed()
	switch {
	case err != nil:
		return 0, http.StatusServiceUnavailable, err
	case n == 0 && id != 0:
		return 0, http.StatusNotFound, fmt.Errorf("there is no mail %d in the outbox that could be tried; it may be on its way", id)
	}
	return n, http.StatusOK, nil
}
