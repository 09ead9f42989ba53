// Package render turns a batch into the summary mail that people read.
//
//	standard, err := render.NewStandard(render.Options{
//		Subject:   `{{.Count}} x {{.Top}}`,
//		Templates: os.DirFS("templates"), // summary.txt, summary.html or both
//	})
//	p, err := failmail.New(failmail.Config{Renderer: standard})
//
// [Standard] writes text and HTML with templates, which see a [View]; [WriteTemplates]
// writes those to begin from, and NewStandard finds their mistakes. A [Renderer] of your
// own is one method that gets a [Summary], with secrets removed by the [Redactor]; [Notice]
// makes a plain mail.
//
// Standard is safe for concurrent use; a Proxy calls a Renderer from one goroutine at a
// time. What it returns is in the store before it is sent, so that after a crash the same
// mail is sent again.
package render

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// A Renderer writes the summary mail. Where it leaves From, To or MessageID of
// the mail empty, those of the summary are used. When it fails or panics, the
// Standard renderer is used instead and the error is logged, so that a mistake
// in a renderer never holds a summary back.
//
// Render is called from one goroutine at a time by a Proxy.
type Renderer interface {
	Render(ctx context.Context, s *Summary) (*message.Mail, error)
}

// RendererFunc adapts a function to a Renderer.
type RendererFunc func(ctx context.Context, s *Summary) (*message.Mail, error)

var _ Renderer = RendererFunc(nil)

// Render calls f.
func (f RendererFunc) Render(ctx context.Context, s *Summary) (*message.Mail, error) {
	return f(ctx, s)
}

// A Summary is what a Renderer can say about a batch. Counts are exact; what
// the batch did not keep is counted by the Omitted fields.
type Summary struct {
	BatchID   int64     // in the store
	Due       time.Time // when it was due
	MessageID string    // without angle brackets
	Thread    string    // message-id that all summaries of an incident refer to
	From      string    // envelope and header sender
	To        []string  // union of the recipients, sorted
	Hostname  string    // where this Failmail runs
	Mark      string    // tells this Failmail's mails when they come back
	Batch     string    // batch key, empty when there is only one
	Created   time.Time // when the summary was made, in the zone to show times in
	Count     int       // mails it stands for
	First     time.Time // arrival of the first mail
	Last      time.Time // arrival of the last mail
	Groups    []Group   // the most alarming first, see Foremost
	New       int       // groups with an error never seen before
	Omitted   int       // mails of groups that were not kept
	// Early says that it is the first mail of a group that was quiet, sent at
	// once.
	Early bool
	// HeldSince is since when the summary could not be delivered; zero if it
	// could.
	HeldSince time.Time
	// HeldWhy is what the relay did meanwhile, as in "was deferring mail"; empty if
	// that is not known.
	HeldWhy string
	// Elsewhere is how many problems are open that the summary says nothing of.
	Elsewhere int
	// Well are the entries that say that nothing is wrong, by count.
	Well []Well
	// Muted are the mails that nobody wants to see for now.
	Muted []Muted
	// MaxBytes is how large a mail the relay takes, as far as that is known; 0 if
	// it is not. The whole summary mail should be smaller.
	MaxBytes int
}

// Muted counts what one mute kept from being shown.
type Muted struct {
	What        string // the pattern, until when, and why
	Count       int    // mails, and each part of a digest
	Parts       int    // of Count, those of mails that count elsewhere
	First, Last time.Time
}

// Noun is what Count counts: "mail", or "alert" where there are digests.
func (m Muted) Noun() string { return noun(m.Parts) }

func noun(parts int) string {
	if parts > 0 {
		return "alert"
	}
	return "mail"
}

// A Group is one headline.
type Group struct {
	Number int // from 1
	key    string
	Title  string
	// News is the most alarming of its variants.
	News News
	// NewsCount counts the mails that News is about; 0 if that is all of them.
	NewsCount int
	// Ahead is what was sent of it at once, before this summary.
	Ahead    Ahead
	Count    int // mails, and each part of a digest
	Parts    int // of Count, those of mails that count elsewhere
	First    time.Time
	Last     time.Time
	Hosts    []Host    // ordered by count
	Minutes  []int     // how many of Count came in each minute from First to Last, at most 60
	Variants []Variant // the most alarming first, see Foremost
	Omitted  int       // mails of variants that were not kept
}

// Noun is what Count counts: "mail", or "alert" where there are digests.
func (g Group) Noun() string { return noun(g.Parts) }

// A Host is a machine that sent mails.
type Host struct {
	Name  string
	Count int
}

// A Variant is a set of mails with the same content.
type Variant struct {
	Reason      string // what the mails share, with placeholders such as <num> for what varies
	Fingerprint string
	Source      string   // who says it
	Object      string   // what it is about; empty if that is not known
	Open, Over  int      // how many problems it is that are not over, and that are
	New         int      // of Open, those never seen before
	OpenThings  []string // what those are about that are not over, as far as that is known
	OverThings  []string // and those that are
	News        News
	Count       int
	First       time.Time
	Last        time.Time
	Varying     []store.Variation // what differs from mail to mail
	NewValues   []string          // of what varies in its family, never seen before
	Problem     string            // the ID of its problem; of several that of the first one that is open
	Page        string            // the address of its problem's page; empty if that is not known
	Remarks     []string          // what people said of its problem: who has it, what to know
	Sample      Sample
}

// ID is what v is called in commands: its fingerprint, or the ID of its problem where it has
// several errors of one thing.
func (v Variant) ID() string {
	if v.Sample.IsLast && v.Problem != "" {
		return v.Problem
	}
	return v.Fingerprint
}

// A Sample is one mail of a variant, decoded.
type Sample struct {
	Subject     string
	From        string
	Text        string       // UTF-8 with LF line ends
	Attachments []Attachment // what of it is not in Text
	Raw         []byte       // as received, possibly cut
	Size        int          // bytes as received
	IsLast      bool         // it is of what came last, not first
	Problem     string       // what could not be decoded
	Redacted    bool         // a secret stands in Raw, or was removed from Text or Subject
	Cleaned     bool         // a secret was removed from Text or Subject
}

// An Attachment is a part of a mail that is not read as text, without its bytes.
type Attachment struct {
	Name string // file name, subject of a mail, or the media type where there is none
	Type string // media type such as "application/pdf"
	Size int    // decoded bytes
}

// Cut reports whether the store kept only the beginning of the sample.
func (s Sample) Cut() bool { return len(s.Raw) < s.Size }

// Origin is what a summary says about the Failmail that sends it.
type Origin struct {
	From     string
	Hostname string
	Mark     string // tells this Failmail's mails when they come back; may be empty
	URL      string // where people find its page, without a slash at the end; empty if they do not
}

// NewSummary describes b, as [batch.Present] lays it out, which was claimed at now.
// Times are shown in now's zone.
func NewSummary(b *store.Batch, origin Origin, now time.Time) *Summary {
	s := &Summary{
		BatchID:   b.ID,
		Due:       b.Due.In(now.Location()),
		MessageID: messageID(b, origin.Hostname),
		Thread:    threadID(b, origin.Hostname),
		From:      origin.From,
		To:        slices.Sorted(maps.Keys(b.Recipients)),
		Hostname:  origin.Hostname,
		Mark:      origin.Mark,
		Batch:     b.Key,
		Created:   now,
		Count:     b.Count,
		First:     b.First.In(now.Location()),
		Last:      b.Last.In(now.Location()),
		Omitted:   b.Omitted(),
		Early:     b.Early,
	}
	if !b.HeldSince.IsZero() {
		s.HeldSince = b.HeldSince.In(now.Location())
	}
	settled := settle(b)
	for _, g := range b.Groups {
		if g.Muted {
			s.Muted = append(s.Muted, Muted{g.Title, g.Count, g.Parts, g.First.In(now.Location()), g.Last.In(now.Location())})
			continue
		}
		group, well := newGroup(g, settled, origin.URL, now.Location())
		if s.Well = append(s.Well, well...); group.Count > 0 {
			s.Groups = append(s.Groups, group)
		}
	}
	slices.SortStableFunc(s.Well, func(a, b Well) int { return cmp.Compare(b.Count, a.Count) })
	s.sortNews()
	return s
}

// sortNews puts the most alarming news first.
func (s *Summary) sortNews() {
	slices.SortStableFunc(s.Groups, func(a, b Group) int { return compareNews(a.News.State, a.Count, b.News.State, b.Count) })
	s.New = 0
	for i := range s.Groups {
		s.Groups[i].Number = i + 1
		if s.Groups[i].News.State == New {
			s.New++
		}
	}
}

// Errors returns how many different errors s shows: the variants of all groups.
func (s *Summary) Errors() (count int) {
	for i := range s.Groups {
		count += max(len(s.Groups[i].Variants), 1)
	}
	return count
}

// NewErrors returns how many of them were never seen before.
func (s *Summary) NewErrors() int { return s.inState(New) }

// inState returns how many errors are in a state.
func (s *Summary) inState(state State) (count int) {
	for i := range s.Groups {
		for j := range s.Groups[i].Variants {
			if s.Groups[i].Variants[j].News.State == state {
				count++
			}
		}
		if len(s.Groups[i].Variants) == 0 && s.Groups[i].News.State == state {
			count++
		}
	}
	return count
}

// Problems returns the IDs of the problems of what s shows, at most so many.
func (s *Summary) Problems(most int) (ids []string) {
	for i := range s.Groups {
		for _, v := range s.Groups[i].Variants {
			if v.Problem != "" && len(ids) < most {
				ids = append(ids, v.Problem)
			}
		}
	}
	return ids
}

// LoudCount returns how many mails are not muted.
func (s *Summary) LoudCount() int { return s.Count - s.MutedCount() }

// MutedCount returns how many mails are muted.
func (s *Summary) MutedCount() (count int) {
	for _, m := range s.Muted {
		count += m.Count - m.Parts
	}
	return count
}
