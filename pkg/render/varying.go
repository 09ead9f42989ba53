package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/store"
)

// messages lists the messages of an exception that is raised with several ones:
// they say more than its type.
func messages(v store.Variation) []string {
	var lines []string
	for _, top := range surest(v.Top) {
		lines = append(lines, countOf(top)+" × "+phrase.Shorten(top.Text, 160))
	}
	if more := v.Distinct - len(v.Top); more > 0 {
		lines = append(lines, "and "+about(v)+phrase.Count(more, "more message"))
	}
	return lines
}

// surest returns values with those in front that came most often for sure.
func surest(top []store.CountedValue) []store.CountedValue {
	top = slices.Clone(top)
	slices.SortStableFunc(top, func(a, b store.CountedValue) int { return (b.Count - b.Over) - (a.Count - a.Over) })
	return top
}

// countOf returns how often a value came: at least so often where there are too many to count each.
func countOf(v store.CountedValue) string {
	if v.Over > 0 {
		return "at least " + phrase.Number(v.Count-v.Over)
	}
	return phrase.Number(v.Count)
}

func about(v store.Variation) string {
	if v.Exact {
		return ""
	}
	return "about "
}

// labelWords returns the label of a place. Between two values there may be no word
// to tell which place it is; then it takes those in front of both.
func labelWords(label, reason string) string {
	bare := strings.TrimLeft(label, " :=,;|/-")
	if !strings.HasPrefix(bare, "<") {
		return label
	}
	reason = asLabel.Replace(reason)
	at := placeOf(bare, reason)
	if at < 0 {
		return bare
	}
	words := strings.Fields(reason[:at])
	text := strings.Join(words[max(0, len(words)-3):], " ")
	if strings.HasSuffix(reason[:at], " ") {
		text += " "
	}
	return strings.TrimLeft(text+bare, " ,;.()[]{}")
}

// asLabel makes a reason look as labels do, see package batch.
var asLabel = strings.NewReplacer(`"`, "", "'", "", "`", "", "<hex>", "<num>", "<id>", "<num>")

// placeOf returns where in reason a value without a word in front of it stands:
// best behind another value; -1 if it does not.
func placeOf(bare, reason string) int {
	first := strings.Index(reason, bare)
	for at := first; at >= 0; {
		if strings.HasSuffix(strings.TrimRight(reason[:at], " :=,;|/-.()[]{}"), ">") {
			return at
		}
		next := strings.Index(reason[at+1:], bare)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return first
}

// under says how many subjects an error came under.
func under(v store.Variation) string {
	var examples []string
	for _, top := range v.Top[:min(len(v.Top), maxExamples)] {
		examples = append(examples, shortenLeft(top.Text, 60)) // the beginning they often share
	}
	such := ", such as "
	if v.Distinct <= len(examples) {
		such = ": "
	}
	return "under " + about(v) + phrase.Count(v.Distinct, "subject") + such + strings.Join(examples, "; ")
}

// shortenLeft cuts the beginning of text.
func shortenLeft(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return "…" + string(runes[len(runes)-width+1:])
}

// freshValues names values that were never seen before.
func freshValues(values []string) string {
	text := "new value: "
	if len(values) > 1 {
		text = "new values: "
	}
	named := values[:min(len(values), maxTopValues)]
	for i, value := range named {
		if i > 0 {
			text += ", "
		}
		text += phrase.Shorten(value, 60)
	}
	if more := len(values) - len(named); more > 0 {
		text += fmt.Sprintf(" and %s more", phrase.Number(more))
	}
	return text
}

// maxTopValues bounds the new values that are named.
const maxTopValues = 5

// maxExamples bounds the values of a place that are shown.
const maxExamples = 3

// varies says what differs from mail to mail at one place.
func varies(v store.Variation, reason string) string {
	v.Top = surest(v.Top)[:min(len(v.Top), maxExamples)]
	label := labelWords(v.Label, reason)
	values := make([]string, len(v.Top))
	repeated := false // for sure
	for i, top := range v.Top {
		values[i] = fmt.Sprintf("%s (%s)", phrase.Shorten(top.Text, 60), countOf(top))
		repeated = repeated || top.Count-top.Over > 1
	}
	switch {
	case v.Distinct <= len(v.Top):
		return fmt.Sprintf("%s: %s", label, strings.Join(values, ", "))
	case repeated:
		return fmt.Sprintf("%s: %s%s values, mostly %s", label, about(v), phrase.Number(v.Distinct), strings.Join(values, ", "))
	}
	for i, top := range v.Top {
		values[i] = phrase.Shorten(top.Text, 60)
	}
	return fmt.Sprintf("%s: %s%s values, such as %s", label, about(v), phrase.Number(v.Distinct), strings.Join(values, ", "))
}
