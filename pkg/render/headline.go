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
const maxHeadlineTitle = 60

func headline(s *Summary) string {
	muted := ""
	switch n := s.MutedCount(); {
	case n > 0 && n == s.Count:
		return fmt.Sprintf("%s, all muted, since %s", phrase.Count(s.Count, "mail"), clock(s.First))
	case n > 0:
		muted = fmt.Sprintf(" (and %s muted)", phrase.Number(n))
	}
	mails := phrase.Count(s.LoudCount(), "mail")
	if s.LoudCount() == 1 && len(s.Groups) == 1 {
		return fmt.Sprintf("%s%s, at %s: %s", mails, muted, clock(s.firstLoud()), phrase.Shorten(s.Groups[0].Title, maxHeadlineTitle))
	}
	return fmt.Sprintf("%s, %s%s, since %s", mails, errorsOf(s), muted, clock(s.firstLoud()))
}

// errorsOf says how many errors there are, and how many of them are new.
func errorsOf(s *Summary) string {
	if len(s.Groups) == 0 {
		return "of errors whose details were not kept"
	}
	count, fresh := s.Errors(), s.NewErrors()
	cut := s.Omitted > 0 || slices.ContainsFunc(s.Groups, func(g Group) bool { return g.Omitted > 0 })
	errors := phrase.Count(count, "error")
	if count > len(s.Groups) {
		errors = fmt.Sprintf("%s different errors under %s", phrase.Number(count), phrase.Count(len(s.Groups), titles(s)))
	}
	if cut {
		errors = "more than " + errors
	}
	switch {
	case fresh == 0:
	case fresh == count && !cut && count == 1:
		return "1 new error"
	case fresh == count && !cut:
		errors += ", all new"
	default:
		errors += fmt.Sprintf(", %s of them new", phrase.Number(fresh))
	}
	return errors
}

// titles names what the titles of the groups are.
func titles(s *Summary) string {
	for _, g := range s.Groups {
		for _, v := range g.Variants {
			if v.Sample.Subject != "" && v.Sample.Subject != g.Title {
				return "headline"
			}
		}
	}
	return "subject"
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
