package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// A webhook is a failmail.Sender that posts each summary as JSON. It is safe for
// concurrent use.
type webhook struct {
	url    string
	client *http.Client
}

var _ failmail.Sender = (*webhook)(nil)

// timeout bounds one attempt; the Proxy makes another one later.
const timeout = 30 * time.Second

func newWebhook(url string) *webhook {
	return &webhook{url: url, client: &http.Client{Timeout: timeout}}
}

// A post is what the other side gets. It may get one twice, when an answer is lost
// on its way, and knows it by its ID.
type post struct {
	ID      string   `json:"id"`
	From    string   `json:"from"`
	To      []string `json:"to"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	Mail    []byte   `json:"mail"` // the whole mail, in Base64
}

// Send implements failmail.Sender.
func (w *webhook) Send(ctx context.Context, m *failmail.Mail) error {
	message := failmail.NewMessage(m.From, m.To, m.Raw)
	body, err := json.Marshal(post{ID: m.MessageID, From: m.From, To: m.To, Subject: message.Subject(), Text: message.Body(), Mail: m.Raw})
	if err != nil {
		return failmail.Permanent(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return failmail.Permanent(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := w.client.Do(request)
	if err != nil {
		return lost(err)
	}
	defer response.Body.Close()
	// What is read to its end lets the connection be used again.
	said, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	return judge(response.StatusCode, fmt.Errorf("%s answered %s: %.200s", w.url, response.Status, said))
}

// lost says what it means that there is no answer.
func lost(err error) error {
	if failure, ok := errors.AsType[*net.OpError](err); ok && failure.Op == "dial" {
		return deliver.Unreachable(err) // batches stay open and count on meanwhile
	}
	return deliver.Uncertain(err) // it may have arrived
}

// judge says what an answer means for the summary.
func judge(status int, refusal error) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusTooManyRequests:
		return deliver.Throttled(refusal) // as for lost
	case status == http.StatusRequestTimeout:
		return refusal
	case status >= 400 && status < 500:
		return failmail.Permanent(errors.Join(refusal, errors.New("trying again will not mend it; see the fail-dir")))
	}
	return refusal
}
