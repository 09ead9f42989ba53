package render

import (
	"bytes"
	"sync"
)

// maxHTMLBytes bounds the HTML part as it is sent. Gmail shows the first 102 kB of one and
// hides the rest, and does not say whether it counts before or after decoding.
const maxHTMLBytes = 90_000

// A draft is a summary that is being fitted into the bounds of its mail.
type draft struct {
	options   Options
	templates *templates
	summary   *Summary
	weights   weights
}

// A part is what one of the two versions of a summary says.
type part struct {
	view *View
	body []byte
	size int // in bytes of the mail
}

// fit returns the richest mail that fits into room bytes, without attachments, and what
// its text part says. The HTML part comes first, since it has bounds of its own; the
// text part gets what it leaves.
func (d *draft) fit(room int) (*View, *composition, error) {
	html, err := d.fitHTML(room * 2 / 3)
	if err != nil {
		return nil, nil, err
	}
	frame, err := d.compose(part{view: html.view}, part{})
	if err != nil {
		return nil, nil, err
	}
	header, err := frame.compose()
	if err != nil {
		return nil, nil, err
	}
	text, err := d.richest(textLadder(len(d.summary.Groups)), room-len(header)-html.size, d.executeText)
	if err != nil {
		return nil, nil, err
	}
	if html.view.Text != nil {
		// It was measured with a text part that keeps everything.
		html.view.Text = nil
		if text.view.showsMoreThan(html.view) {
			html.view.Text = text.view
		}
		if html.body, err = d.executeHTML(html.view); err != nil {
			return nil, nil, err
		}
	}
	m, err := d.compose(text, html)
	return text.view, m, err
}

// fitHTML returns the richest HTML part. One that is too large for Gmail at its least,
// as with a template that has a picture in it, gets all of its share of the mail.
func (d *draft) fitHTML(share int) (html part, err error) {
	groups := len(d.summary.Groups)
	whole := sync.OnceValue(func() *View { return newView(d.summary, fullPlan(groups)) })
	execute := func(v *View) ([]byte, error) {
		if !v.plan.isFull(groups) {
			v.Text = whole()
		}
		return d.executeHTML(v)
	}
	html, err = d.richest(htmlLadder(groups), min(maxHTMLBytes, share), execute)
	if err != nil || html.size <= maxHTMLBytes {
		return html, err
	}
	return d.richest(htmlLadder(groups), share, execute)
}

// richest returns the richest part of a ladder that fits into room bytes; the least one
// if none fits.
func (d *draft) richest(l ladder, room int, execute func(v *View) ([]byte, error)) (part, error) {
	tried := make(map[int]part) // few
	number, err := search{
		plans: l.plans(), room: room,
		weight: func(number int) int { return d.weights.of(l.plan(number)) },
		size: func(number int) (int, error) {
			v := newView(d.summary, l.plan(number))
			body, err := execute(v)
			tried[number] = part{v, body, encodedSize(body)}
			return tried[number].size, err
		},
	}.run()
	return tried[number], err
}

func (d *draft) executeText(v *View) ([]byte, error) {
	var text bytes.Buffer
	err := d.templates.text.Execute(&text, v)
	return text.Bytes(), templateError(err)
}

func (d *draft) executeHTML(v *View) ([]byte, error) {
	var html bytes.Buffer
	err := d.templates.html.Execute(&html, v)
	return html.Bytes(), templateError(err)
}

func templateError(err error) error {
	if err == nil {
		return nil
	}
	return &OptionError{"Templates", "", explainTemplate(err)}
}

// compose makes a mail of both parts.
func (d *draft) compose(text, html part) (*composition, error) {
	var subject bytes.Buffer
	if err := d.templates.subject.Execute(&subject, newSubjectView(text.view)); err != nil {
		return nil, &OptionError{"Subject", d.options.Subject, explainTemplate(err)}
	}
	return &composition{
		summary: d.summary, subject: oneLine(subject.String()), replyTo: d.options.ReplyTo,
		text: text.body, html: html.body,
	}, nil
}
