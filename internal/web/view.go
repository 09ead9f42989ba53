package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// Bounds on what the page shows; the rest is counted. The page is sent again
// whenever something changes.
const (
	maxBatches   = 20
	maxGroups    = 25  // of a batch
	maxAllGroups = 200 // of all batches
	maxHosts     = 4   // of a group
	maxAddresses = 3   // of a summary
	maxOutbox    = 50
	maxFailed    = 20
	maxExpected  = 50
	maxProposed  = 20
)

// A view is a snapshot prepared for the templates, which only lay it out. It holds
// nothing that changes from one second to the next by itself: countdowns are the
// browser's.
type view struct {
	now                 time.Time
	Base                string // of the links, for templates that other pages share
	Problem             string // why mails are refused
	Unknown             string // why the store cannot be read
	Zone                string
	Relay               deliver.State
	SendTo              string // option of failmail send for where mails are taken
	LastHour            int
	Rate                plot
	Mails               int // in open batches
	OpenCount           int // also of the one whose summary is being made
	FlushCount          int
	NextDue             time.Time
	Batches             []batchView
	MoreBatches         int
	Outbox              []outgoingView
	Waiting, MoreOutbox int
	Failing             int
	Failed              []failedView
	FailedCount         int
	MoreFailed          int
	FailedProblem       string
	Sent                []sentView
	Mutes               []store.Mute
	Problems            []problem.Problem
	ProblemCount        int
	MoreProblems        int
	Expected, Proposed  []expect.State
	MoreExpected        int
	MoreProposed        int
}

type batchView struct {
	*render.Summary
	Summarizing bool
	What        string // the mails and errors
	Recipients  string
	Shown       []groupView
	More        int // groups that are not shown
}

type groupView struct {
	render.Group
	ID       string // in the document
	Spark    spark
	From     string
	Variants []render.Variant
}

type failedView struct {
	deliver.Stored
	ID               string // in the document
	What, Addressees string
}

type outgoingView struct {
	store.Outgoing
	What       string
	Recipients string
}

type sentView struct {
	render.Sent
	ID         string // in the document, and of the preview
	What       string
	Recipients string
}

func newView(s *snapshot) *view {
	v := &view{
		now: s.now, Zone: s.now.Format("MST"), Relay: s.relay, SendTo: sendTo(s.addr),
		LastHour: s.lastHour(), Rate: newPlot(s.minutes, s.now), Mails: s.openMails(), OpenCount: len(s.pending()), FlushCount: len(s.open), FailedCount: s.failedAll, MoreFailed: max(s.failedAll-maxFailed, 0),
		Mutes: s.mutes, Problems: s.problems, ProblemCount: s.problemsAll, MoreProblems: s.problemsAll - len(s.problems), Waiting: len(s.outbox),
	}
	v.Expected, v.Proposed = splitProposed(s.expected)
	v.Expected, v.MoreExpected = firstOf(v.Expected, maxExpected)
	v.Proposed, v.MoreProposed = firstOf(v.Proposed, maxProposed)
	if s.problem != nil {
		v.Problem = s.problem.Error()
	}
	if s.unknown != nil {
		v.Unknown = s.unknown.Error()
	}
	if len(s.open) > 0 {
		v.NextDue = s.open[0].Due
	}
	room := maxAllGroups
	for i, b := range s.pending() {
		if i == maxBatches {
			v.MoreBatches = v.OpenCount - i
			break
		}
		v.Batches = append(v.Batches, newBatchView(b, min(room, maxGroups)))
		v.Batches[i].Summarizing = b == s.summarizing
		room -= len(v.Batches[i].Shown)
	}
	if s.failedErr != nil {
		v.FailedProblem = s.failedErr.Error()
	}
	for _, f := range s.failed[:min(len(s.failed), maxFailed)] {
		v.Failed = append(v.Failed, failedView{
			Stored: f, ID: idOf(f.Name), What: cmp.Or(f.Subject, f.Name), Addressees: addressesOf(f.To, f.Recipients),
		})
	}
	subjects := make(map[string]string)
	for _, sent := range s.sent {
		subjects[sent.MessageID] = sent.Subject
		v.Sent = append(v.Sent, sentView{
			Sent: sent, ID: idOf(sent.MessageID), Recipients: addresses(sent.To),
			What: what(sent.Count, sent.Groups),
		})
	}
	for i, o := range s.outbox {
		if o.LastError != "" {
			v.Failing++
		}
		if i >= maxOutbox {
			v.MoreOutbox++
			continue
		}
		view := outgoingView{Outgoing: o, What: subjects[o.MessageID], Recipients: addresses(o.To)}
		switch {
		case view.What != "":
		case o.Groups > 0:
			view.What = "a summary of " + what(o.Count, o.Groups)
		default:
			view.What = "a mail" // a page, or one that is passed on unchanged
		}
		v.Outbox = append(v.Outbox, view)
	}
	return v
}

func newBatchView(b *render.Summary, room int) batchView {
	v := batchView{Summary: b, What: what(b.Count, b.Errors()-b.OverErrors()), Recipients: addresses(b.To)}
	switch {
	case len(b.Groups) == 0 && b.MutedCount() > 0:
		v.What = phrase.Count(b.Count, "mail") + ", all muted"
	case b.NewErrors() > 0:
		v.What += fmt.Sprintf(", %d new", b.NewErrors())
	}
	if n := b.OverErrors(); n > 0 {
		v.What += fmt.Sprintf(", %s over", phrase.Number(n))
	}
	if text := b.WellStanding(); text != "" {
		v.What += ", " + text
	}
	ids := make(map[string]int)
	for _, g := range b.Groups[:min(len(b.Groups), room)] {
		id := idOf(fmt.Sprint(b.BatchID, " ", g.Title))
		// Groups may differ in what their titles do not say.
		if ids[id]++; ids[id] > 1 {
			id = fmt.Sprint(id, "-", ids[id])
		}
		v.Shown = append(v.Shown, groupView{Group: g, ID: id, Spark: newSpark(g.Minutes), From: hosts(g.Hosts), Variants: g.Variants})
	}
	v.More = len(b.Groups) - len(v.Shown)
	return v
}

// what counts mails and errors in words.
func what(mails, groups int) string {
	return phrase.Count(mails, "mail") + ", " + phrase.Count(groups, "error")
}

// idOf makes an identifier of any text that is safe in a URL and in a document.
func idOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

func addresses(to []string) string { return addressesOf(to, len(to)) }

// addressesOf names the first of so many addresses.
func addressesOf(to []string, count int) string {
	if count <= maxAddresses {
		return cmp.Or(strings.Join(to, ", "), "nobody")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(to[:maxAddresses], ", "), count-maxAddresses)
}

func hosts(list []render.Host) string {
	var names []string
	for i, h := range list {
		if i == maxHosts {
			names = append(names, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		names = append(names, fmt.Sprintf("%s (%s)", h.Name, phrase.Number(h.Count)))
	}
	return strings.Join(names, ", ")
}

// sendTo returns the option that failmail send needs to reach addr.
func sendTo(addr string) string {
	switch {
	case addr == "", strings.HasSuffix(addr, ":2525"): // its default
		return ""
	case strings.HasPrefix(addr, "/"):
		return " -S unix:" + addr
	}
	return " -S " + addr
}

// Stamp writes when something was or will be, as short as is clear now, in the zone
// of the proxy, which is also that of the summaries.
func (v *view) Stamp(t time.Time) string {
	now := v.now
	t = t.In(now.Location())
	switch {
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return t.Format("15:04:05")
	case t.Sub(now).Abs() < 300*24*time.Hour:
		return t.Format("Jan 2, 15:04")
	}
	return t.Format("2006-01-02 15:04")
}
