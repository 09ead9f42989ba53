package main

import (
	"context"
	"fmt"
	"slices"
)

// measureLog measures lines of a log of which people said what each is an occurrence of.
func measureLog(ctx context.Context, file string) (result, error) {
	labels, err := readLabels[struct{ Content, Group string }](file)
	if err != nil {
		return result{}, err
	}
	texts := make([]string, len(labels))
	for i, l := range labels {
		texts[i] = l.Content
	}
	all, err := linesTold(ctx, texts)
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", file, err)
	}
	items := make([]item, len(labels))
	for i, l := range labels {
		items[i] = item{name: l.Group + "  " + shown(l.Content), truth: l.Group, told: all[i]}
	}
	accuracy, f1 := agreement(items)
	return result{
		figures:  []figure{share("grouping accuracy", accuracy), share("F1 of groups", f1)},
		mistakes: slices.Concat(splits(items), wrongMerges(items)),
	}, nil
}

// repeats is how often each text of a set occurs: an error that is summarized has occurred
// more than once.
const repeats = 3

// measureSets measures sets of texts, each an input of its own, of which each text is
// to be an entry (apart), or all are to be one (merge).
func measureSets(ctx context.Context, file string) (result, error) {
	sets, err := readLabels[struct {
		Want  string
		Texts []string
	}](file)
	if err != nil {
		return result{}, err
	}
	var merged []float64 // of each set that is to merge, 1 if it does
	var wrong, split []mistake
	for i, set := range sets {
		all, err := linesTold(ctx, slices.Repeat(set.Texts, repeats))
		if err != nil {
			return result{}, fmt.Errorf("%s, line %d: %w", file, i+1, err)
		}
		items := make([]item, len(all))
		for k, t := range all {
			text := set.Texts[k%len(set.Texts)]
			items[k] = item{name: shown(text), truth: text, told: t}
			if set.Want == "merge" {
				items[k].truth = "one"
			}
		}
		switch set.Want {
		case "apart":
			wrong = append(wrong, wrongMerges(items)...)
		case "merge":
			missed := splits(items)
			merged = append(merged, float64(1-len(missed)))
			split = append(split, missed...)
		default:
			return result{}, fmt.Errorf("%s, line %d: want is %q; use apart or merge", file, i+1, set.Want)
		}
	}
	return result{
		figures:  []figure{count("wrong merges", len(wrong)), mean("wanted merges", merged)},
		mistakes: slices.Concat(wrong, split),
	}, nil
}

// shown makes a line for people of a text.
func shown(text string) string { return fmt.Sprintf("%.150s", text) }
