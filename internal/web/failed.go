package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

// A Failed is a mail in the fail-dir, as JSON.
type Failed struct {
	Name       string    `json:"name"` // of its file, without flags
	Since      time.Time `json:"since"`
	From       string    `json:"from"`
	To         []string  `json:"to"`         // the first 20
	Recipients int       `json:"recipients"` // how many there are
	Subject    string    `json:"subject"`
	MessageID  string    `json:"message_id,omitempty"`
	Reason     string    `json:"reason,omitempty"`  // why it is there
	Problem    string    `json:"problem,omitempty"` // why it cannot be sent as it is
}

// A ResendRequest asks for a mail of the fail-dir to be sent now, or for all of them
// without a name.
type ResendRequest struct {
	Name string `json:"name"`
}

// Resent says what became of mails of the fail-dir.
type Resent struct {
	Sent    int    `json:"sent"`
	Left    int    `json:"left"`
	Reason  string `json:"reason,omitempty"`  // why the first of those left did not go
	Running bool   `json:"running,omitempty"` // more are being sent
}

// resendPatience is how long an answer waits for the relay; what takes longer goes on
// without anybody who waits.
const resendPatience = 10 * time.Second

func failedOf(f deliver.Stored) Failed {
	if f.To == nil {
		f.To = []string{}
	}
	return Failed(f)
}

func (h *handler) listFailed(w http.ResponseWriter, r *http.Request) {
	list(w, r, func(ctx context.Context) ([]deliver.Stored, error) {
		newest, _, err := h.proxy.Failed(ctx)
		return newest, err
	}, failedOf)
}

func (h *handler) resend(w http.ResponseWriter, r *http.Request) {
	var request ResendRequest
	if err := readJSON(w, r, &request, `{"name": "1764038146.M7P12.host"}, or {} for all`); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	done, err := h.resendMails(r.Context(), request.Name)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	if done.Sent+done.Left == 0 && request.Name != "" && done.Reason != "" {
		fail(w, http.StatusNotFound, fmt.Errorf("the mail %q was not sent: %s", request.Name, done.Reason))
		return
	}
	reply(w, http.StatusOK, done)
}

// resendMails sends the mail with that name, or all. Nobody who leaves ends it: a
// mail must not be left between the relay and the mark that it was sent.
func (h *handler) resendMails(ctx context.Context, name string) (Resent, error) {
	var names []string
	if name != "" {
		names = []string{name}
	}
	type answer struct {
		deliver.ResendResult
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		result, err := h.proxy.Resend(context.WithoutCancel(ctx), names...)
		h.live.changed()
		answers <- answer{result, err}
	}()
	patience := time.NewTimer(resendPatience)
	defer patience.Stop()
	select {
	case a := <-answers:
		done := Resent{Sent: a.Sent, Left: a.Left}
		if a.Err != nil {
			done.Reason = a.Err.Error()
		}
		return done, a.err
	case <-patience.C:
		return Resent{Running: true}, nil
	}
}

func (h *handler) resendForm(w http.ResponseWriter, r *http.Request) {
	if err := parseForm(w, r); err != nil {
		h.refuse(w, r, http.StatusBadRequest, err, MuteRequest{})
		return
	}
	done, err := h.resendMails(r.Context(), r.PostForm.Get("name"))
	switch {
	case err != nil:
		h.refuse(w, r, http.StatusServiceUnavailable, err, MuteRequest{})
	case done.Running:
		h.done(w, r, "resending", 1)
	case done.Left == 0 && done.Reason == "":
		h.done(w, r, "resent", done.Sent)
	case done.Left == 0 && done.Sent == 0:
		h.refuse(w, r, http.StatusNotFound, fmt.Errorf("that mail was not sent: %s", done.Reason), MuteRequest{})
	default:
		h.refuse(w, r, http.StatusBadGateway, fmt.Errorf("%s sent, %s in the fail-dir: %s",
			counted(done.Sent, "mail was", "mails were"), counted(done.Left, "mail stays", "mails stay"), done.Reason), MuteRequest{})
	}
}
