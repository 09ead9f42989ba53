package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
)

// scope says of which mails s tells: of those with a batch key, or of those that
// one recipient gets.
func scope(s *Summary) (lines []string) {
	key, own := s.Batch, false
	if len(s.To) == 1 {
		key, own = strings.CutSuffix(s.Batch, "for "+s.To[0]) // see batch.Classifier.EachRecipient
	}
	if key = strings.TrimSpace(key); key != "" {
		lines = append(lines, "Batch: "+key)
	}
	if own {
		lines = append(lines, "For "+s.To[0]+" only")
	}
	return lines
}

// maxHeadlineTitle keeps the first line short: the title follows in full.
const maxHeadlineTitle = 80

func headline(s *Summary) string {
	muted := ""
	switch n := s.MutedCount(); {
	case n > 0 && n == s.Count:
		return fmt.Sprintf("%s, all muted, since %s", phrase.Count(s.Count, "mail"), clock(s.First))
	case n > 0:
		muted = fmt.Sprintf(" (and %s muted)", phrase.Number(n))
	}
	if len(s.Groups) == 0 && s.Omitted == 0 && len(s.Well) > 0 {
		return fmt.Sprintf("%s; %s%s since %s", s.WellStanding(), phrase.Count(s.LoudCount(), "mail"), muted, clock(s.firstLoud()))
	}
	if s.LoudCount() == 1 && len(s.Groups) == 1 {
		return fmt.Sprintf("%s at %s%s: %s", standing(s, "error"), clock(s.firstLoud()), muted, phrase.Shorten(s.Groups[0].Headline(), maxHeadlineTitle))
	}
	well := ""
	if text := s.WellStanding(); text != "" {
		well = ", " + text
	}
	return fmt.Sprintf("%s%s; %s%s since %s", standing(s, "error"), well, phrase.Count(s.LoudCount(), "mail"), muted, clock(s.firstLoud()))
}

// standing says how many errors there are in each state, as in "1 new error, 18
// ongoing"; noun may be empty.
func standing(s *Summary, noun string) string {
	var parts []string
	for _, state := range []State{New, Back, Ongoing} {
		n := s.inState(state)
		if n == 0 {
			continue
		}
		part := phrase.Number(n) + " " + strings.ToLower(string(state))
		if len(parts) == 0 && noun != "" {
			part = phrase.Count(n, strings.ToLower(string(state))+" "+noun)
			if state == Back {
				part = phrase.Count(n, noun) + " back"
			}
		}
		switch fresh := s.withNewValues(); {
		case state != Ongoing || fresh == 0:
		case fresh == n:
			part += " with new values"
		default:
			part += " (" + phrase.Number(fresh) + " with new values)"
		}
		parts = append(parts, part)
	}
	over := s.OverErrors()
	switch n := s.Errors() - over; {
	case len(parts) == 0 && n > 0:
		parts = append(parts, phrase.Count(n, "error"))
	case n == 0 && over > 0 && s.Elsewhere == 0 && noun == "":
		return "all over"
	case n == 0 && over > 0 && s.Elsewhere == 0:
		return "All over: " + phrase.Count(over, noun) + " came and went"
	}
	if over > 0 {
		parts = append(parts, phrase.Number(over)+" over")
		if s.Elsewhere > 0 && len(parts) == 1 {
			parts = append(parts, phrase.Number(s.Elsewhere)+" still open")
		}
	}
	switch {
	case len(parts) == 0 && noun == "":
		return ""
	case len(parts) == 0:
		return noun + "s whose details were not kept"
	case s.Omitted > 0 || slices.ContainsFunc(s.Groups, func(g Group) bool { return g.Omitted > 0 }):
		parts = append(parts, "and more")
	}
	return strings.Join(parts, ", ")
}

// withNewValues returns how many errors that are ongoing have a value, or are about a thing, that was
// never seen.
func (s *Summary) withNewValues() int {
	return s.sum(func(v *Variant) int {
		if v.News.State == Ongoing && (len(v.NewValues) > 0 || v.New > 0) {
			return 1
		}
		return 0
	})
}

// firstLoud returns when the first mail came that is not muted.
func (s *Summary) firstLoud() time.Time {
	if len(s.Muted) == 0 || s.Omitted > 0 {
		return s.First
	}
	first := s.Last
	for _, g := range s.Groups {
		if g.First.Before(first) {
			first = g.First
		}
	}
	return first
}

// notes are what the reader has to know before the rest.
func notes(s *Summary) (notes []string) {
	if s.Early {
		notes = append(notes, "This is the first mail of its kind for a while, sent at once. What follows comes as a summary.")
	}
	if !s.HeldSince.IsZero() {
		notes = append(notes, fmt.Sprintf("The relay %s from %s to %s; this summary covers all of it.",
			cmp.Or(s.HeldWhy, "took no mail"), s.HeldSince.Format("15:04:05"), clock(s.Created)))
	}
	return notes
}
