package recent

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/render"
)

func summaryMail(id, text string) *message.Mail {
	return &message.Mail{MessageID: id, Raw: []byte("Subject: " + id + "\r\n\r\n" + text + "\r\n")}
}

// page is a renderer that writes a page, or panics.
type page struct {
	render.Standard
	html   []byte
	panics bool
}

func (p page) HTML(*render.Summary) ([]byte, error) {
	if p.panics {
		panic("no page")
	}
	return p.html, nil
}

func TestPreviewsOfOldSummariesMakeRoomForNewOnes(t *testing.T) {
	var r Recent
	for i := range 5 {
		r.Made(&render.Summary{}, summaryMail(fmt.Sprint(i), ""), page{html: make([]byte, maxPreviews/3)})
	}
	for i, sent := range r.List() {
		if kept := sent.HTML != nil; kept != (i < 3) {
			t.Errorf("summary %d before the last: preview kept: %t", i, kept)
		}
	}
	r.Made(&render.Summary{}, summaryMail("huge", ""), page{html: make([]byte, 2*maxPreviews)})
	if list := r.List(); list[0].HTML == nil || list[1].HTML != nil {
		t.Error("the last one goes before the older ones")
	}
}

func TestWithoutAPageThePreviewIsTheText(t *testing.T) {
	for name, renderer := range map[string]render.Renderer{
		"a renderer of mails only": render.RendererFunc(func(context.Context, *render.Summary) (*message.Mail, error) { return nil, nil }),
		"a page that panics":       page{panics: true},
	} {
		var r Recent
		r.Made(&render.Summary{}, summaryMail("m", "3 errors"), renderer)
		if sent := r.List()[0]; sent.HTML != nil || sent.Text != "3 errors" {
			t.Errorf("%s: %d bytes of HTML and %q", name, len(sent.HTML), sent.Text)
		}
	}
}

func TestASummaryIsKnownUntilThirtyFollow(t *testing.T) {
	var r Recent
	for i := range maxSummaries + 1 {
		r.Made(&render.Summary{Groups: []render.Group{{Title: fmt.Sprint("error ", i)}}}, summaryMail(fmt.Sprint(i), ""), nil)
	}
	list := r.List()
	if len(list) != maxSummaries || list[0].MessageID != fmt.Sprint(maxSummaries) || r.Headlines("0") != nil {
		t.Errorf("%d are known, the newest is %s", len(list), list[0].MessageID)
	}
	if lines := r.Headlines("7"); len(lines) != 1 || lines[0].Title != "error 7" {
		t.Errorf("headlines: %v", lines)
	}
	r.Forget("7")
	if r.Headlines("7") != nil || len(r.List()) != maxSummaries-1 {
		t.Error("it is known although its batch is open again")
	}
}

func TestTheLastAttemptSaysWhatBecameOfASummary(t *testing.T) {
	var r Recent
	r.Made(&render.Summary{}, summaryMail("m", ""), nil)
	for _, test := range []struct {
		result string
		err    error
		want   string
	}{{"postponed", errors.New("refused"), "refused"}, {"sent", nil, ""}} {
		r.Became("m", test.result, test.err)
		if s := r.List()[0]; s.Result != test.result || s.Error != test.want {
			t.Errorf("after %s: %s %q", test.result, s.Result, s.Error)
		}
	}
}

func TestMinutesWithoutMailsAreEmpty(t *testing.T) {
	var r Recent
	start := time.Date(2026, 3, 1, 3, 0, 10, 0, time.UTC)
	for _, after := range []time.Duration{0, time.Second, 3 * time.Minute, 59 * time.Minute} {
		r.Count(start.Add(after))
	}
	now := r.PerMinute(start.Add(59 * time.Minute))
	if now[0] != 2 || now[3] != 1 || now[59] != 1 || now[1]+now[58] != 0 {
		t.Errorf("%v", now)
	}
	later := r.PerMinute(start.Add(2 * time.Hour))
	for minute, n := range later {
		if n != 0 {
			t.Errorf("minute %d: %d mails of two hours ago", minute, n)
		}
	}
}
