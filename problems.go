package failmail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/report"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/store"
)

type (
	// A Problem is an error, or the bad state of a monitored thing, with its life; see
	// [Proxy.Problems].
	Problem = problem.Problem
	// A ProblemAction is what a person does about a problem; see [Proxy.Act].
	ProblemAction = store.EventKind
)

// What a person does about a problem.
const (
	Acknowledge   = store.Acked    // somebody has seen it, until it is over
	Unacknowledge = store.Unacked  // nobody has, after all
	Note          = store.Noted    // write something about it
	Own           = store.Owned    // somebody has it from now on; with an empty text nobody
	Resolve       = store.Resolved // it is over, though no mail says so
)

// Problems returns those that a question is about, the one that was seen last first, at
// most limit from offset on, and how many there are. A question has words, which are all looked for,
// and fields such as host:db1, is:open or since:7d (see [problem.Parse]); the empty one
// asks for all. A [problem.Mistake] says where a question is wrong.
func (p *Proxy) Problems(ctx context.Context, question string, offset, limit int) (list []Problem, total int, err error) {
	parts, err := p.running()
	if err != nil {
		return nil, 0, err
	}
	return askProblems(ctx, parts.store, p.settings, question, offset, limit)
}

// Problem returns the one with the ID, or the one it became part of, with its samples, its
// history, and the last summaries that told of it; nil if there is none.
func (p *Proxy) Problem(ctx context.Context, id string) (*Problem, error) {
	parts, err := p.running()
	if err != nil {
		return nil, err
	}
	found, samples, err := parts.store.Problem(ctx, id)
	if err != nil || found == nil {
		return nil, err
	}
	if samples == nil {
		samples = []store.ProblemSample{}
	}
	view := viewerOf(p.settings).ShowAll(found, samples, time.Now())
	sent, err := p.recent.About(ctx, maxToldIn, found.Names()...)
	for _, s := range sent {
		view.Summaries = append(view.Summaries, problem.Summary{MessageID: s.MessageID, Subject: s.Subject, Made: s.Made, Result: s.Result})
	}
	return &view, err
}

// maxToldIn bounds how many summaries are named that told of a problem.
const maxToldIn = 20

// Act does something about the problem with the ID, or the one it became part of: by says
// who does it, and text is the note, the new owner, or why. It is in the problem's history
// when Act returns. A nil problem says that there is none with the ID, a [problem.Mistake]
// what is wrong with the action.
func (p *Proxy) Act(ctx context.Context, id string, action ProblemAction, by, text string) (*Problem, error) {
	view, err := p.change(ctx, id, func(found *store.Problem) error { return found.Do(action, by, text, time.Now()) })
	if view != nil {
		p.log.Info("somebody acted on a problem", "problem", view.ID, "action", action, "by", by)
	}
	return view, err
}

// A MuteEnd says when a mute of a problem ends; see [Proxy.MuteProblem].
type MuteEnd = problem.MuteEnd

// MuteProblem keeps the mails of the problem with the ID out of the summaries until an end,
// as [Proxy.Mute] does; the zero end unmutes it. It is about the things of the problem that
// were seen so far; the history says which. A nil problem says that there is none with the ID.
func (p *Proxy) MuteProblem(ctx context.Context, id, by, reason string, until MuteEnd) (*Problem, error) {
	parts, err := p.running()
	if err != nil {
		return nil, err
	}
	found, _, err := parts.store.Problem(ctx, id)
	if err != nil || found == nil {
		return nil, err
	}
	if until == (MuteEnd{}) {
		return p.unmuteProblem(ctx, parts, found, by, reason)
	}
	m := Mute{Name: viewerOf(p.settings).Show(found, time.Now()).Title(), Problem: found.ID, Reason: content.Line(reason), Created: time.Now()}
	if !found.OfThing {
		m.Things = batch.MutedThings(found)
	}
	if m.Until, m.UntilOver = until.At, until.Over; until.More > 0 {
		m.UntilCount = found.Count + until.More
	}
	if m.Until.IsZero() {
		m.Until = m.Created.Add(remember)
	}
	switch {
	case m.Until.Before(m.Created):
		return nil, &problem.Mistake{Err: fmt.Errorf("the mute would end at %s, which is over", m.Until.Format(time.RFC3339))}
	case m.UntilOver && !found.IsOpen(m.Created):
		return nil, &problem.Mistake{Err: errors.New("the problem is over already; mute it for a time, or for so many more mails")}
	}
	if m.ID, err = parts.store.Mute(ctx, m); err != nil {
		return nil, err
	}
	if _, err := endMutesOf(ctx, parts.store, found, m.ID); err != nil { // a problem has one mute, the last one
		return nil, err
	}
	p.log.Info("muted a problem", "mute", m.ID, "problem", found.ID, "by", by, "reason", reason, "until", until.String())
	if things := phrase.Things(m.Objects()); things != "" {
		reason = strings.TrimSuffix(things+": "+reason, ": ")
	}
	return p.noteMute(ctx, parts, found.ID, store.Muted, by, reason, m.Until, until)
}

func (p *Proxy) unmuteProblem(ctx context.Context, parts *parts, found *store.Problem, by, reason string) (*Problem, error) {
	ended, err := endMutesOf(ctx, parts.store, found, 0)
	if err != nil {
		return nil, err
	}
	if ended == 0 && !found.MutedUntil.After(time.Now()) {
		return nil, &problem.Mistake{Err: errors.New("the problem is not muted; there is nothing to undo")}
	}
	return p.noteMute(ctx, parts, found.ID, store.Unmuted, by, reason, time.Time{}, MuteEnd{})
}

// endMutesOf ends the mutes of a problem but one, and returns how many.
func endMutesOf(ctx context.Context, s store.Memory, found *store.Problem, but int64) (ended int, err error) {
	mutes, err := s.Mutes(ctx, time.Now())
	if err != nil {
		return 0, err
	}
	for _, m := range mutes {
		isOfProblem := m.Problem == found.ID || m.Problem == "" && m.Fingerprint != "" && m.Fingerprint == found.Fingerprint
		if m.ID == but || !isOfProblem {
			continue
		}
		if _, err := s.Unmute(ctx, m.ID); err != nil {
			return ended, err
		}
		ended++
	}
	return ended, nil
}

// noteMute has the history of a problem tell of a mute, and puts that in force.
func (p *Proxy) noteMute(ctx context.Context, parts *parts, id string, kind store.EventKind, by, reason string, until time.Time, end MuteEnd) (*Problem, error) {
	text := reason
	if kind == store.Muted {
		text = strings.TrimSuffix("until "+end.String()+": "+reason, ": ")
	}
	view, err := p.change(ctx, id, func(found *store.Problem) error {
		if found.MutedUntil, found.MutedEnd = until, ""; end.Over || end.More > 0 {
			found.MutedEnd = end.String()
		}
		return found.Do(kind, by, text, time.Now())
	})
	return view, errors.Join(err, parts.keeper.refresh(ctx))
}

// change changes the problem with the ID. A nil one says that there is none.
func (p *Proxy) change(ctx context.Context, id string, change func(found *store.Problem) error) (*Problem, error) {
	parts, err := p.running()
	if err != nil {
		return nil, err
	}
	var wrong error
	changed, err := parts.store.ChangeProblem(ctx, id, func(found *store.Problem) error {
		wrong = change(found)
		return wrong
	})
	switch {
	case wrong != nil:
		return nil, &problem.Mistake{Err: wrong}
	case err != nil || changed == nil:
		return nil, err
	}
	view := viewerOf(p.settings).ShowAll(changed, nil, time.Now())
	return &view, nil
}

// Report returns what a report of the time since then would say now: the subject and the text
// of the mail. Nothing is sent.
func (p *Proxy) Report(ctx context.Context, since time.Time) (subject, text string, err error) {
	parts, err := p.running()
	if err != nil {
		return "", "", err
	}
	figures, err := report.Collect(ctx, parts.reported, since, time.Now())
	if err != nil {
		return "", "", err
	}
	return figures.Subject(), figures.Text(p.settings.origin().URL), nil
}
