package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// measureErrors measures occurrences of errors, as mails: what they are called, and
// whether those of one case are one entry.
func measureErrors(ctx context.Context, file string) (result, error) {
	labels, err := readLabels[struct {
		File, Case string
		Best       string `json:"best_headline_regex"`
		Acceptable string `json:"acceptable_headline_regex"`
	}](file)
	if err != nil {
		return result{}, err
	}
	folder := filepath.Dir(file)
	mails, err := mailsTold(ctx, folder)
	if err != nil {
		return result{}, err
	}
	var items []item
	var scores []float64
	var headlines []mistake
	for _, l := range labels {
		t, err := toldOf(mails, l.File, folder)
		if err != nil {
			return result{}, err
		}
		items = append(items, item{name: l.File, truth: l.Case, told: t})
		score, err := scoreOf(t.Headline, l.Best, l.Acceptable)
		if err != nil {
			return result{}, fmt.Errorf("%s, %s: %w", file, l.File, err)
		}
		scores = append(scores, float64(score))
		if score < 2 {
			headlines = append(headlines, headlineMistake(l.File, score, t.Headline))
		}
	}
	wrong := wrongMerges(items)
	return result{
		figures: []figure{
			mean("headline, 0 to 2", scores),
			mean("occurrences together", together(items)),
			count("wrong merges", len(wrong)),
		},
		mistakes: slices.Concat(headlines, splits(items), wrong),
	}, nil
}

// scoreOf returns 2 for a headline that best matches, 1 if acceptable does.
func scoreOf(headline, best, acceptable string) (int, error) {
	for i, pattern := range []string{best, acceptable} {
		if pattern == "" {
			continue // it would match anything
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return 0, err
		}
		if re.MatchString(headline) {
			return 2 - i, nil
		}
	}
	return 0, nil
}

// measureSenders measures mails of programs that send alerts: what they are called.
func measureSenders(ctx context.Context, file string) (result, error) {
	labels, err := readLabels[struct {
		File     string
		Headline string `json:"headline_regex"`
	}](file)
	if err != nil {
		return result{}, err
	}
	folder := filepath.Dir(file)
	mails, err := mailsTold(ctx, folder)
	if err != nil {
		return result{}, err
	}
	var matches []float64
	var headlines []mistake
	for _, l := range labels {
		t, err := toldOf(mails, l.File, folder)
		if err != nil {
			return result{}, err
		}
		matched, err := matchesMasked(t.Headline, l.Headline)
		if err != nil {
			return result{}, fmt.Errorf("%s, %s: %w", file, l.File, err)
		}
		if matched {
			matches = append(matches, 1)
			continue
		}
		matches = append(matches, 0)
		headlines = append(headlines, headlineMistake(l.File, 0, t.Headline))
	}
	return result{figures: []figure{mean("headline matches", matches)}, mistakes: headlines}, nil
}

var (
	alternative = regexp.MustCompile(`(?:\\.|[^|\\])+`)
	escaped     = regexp.MustCompile(`\\(.)`)
	twoLetters  = regexp.MustCompile(`\p{L}{2}|[^\x00-\x7f]`)
)

// matchesMasked reports whether a headline matches pattern or, word by word, one of its
// alternatives of which some words, but not all, are masked in the headline.
func matchesMasked(headline, pattern string) (bool, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return false, err
	}
	headline = strings.Join(strings.Fields(headline), " ")
	if headline == "" || re.MatchString(headline) {
		return headline != "", nil
	}
	for _, text := range alternative.FindAllString(pattern, -1) {
		var words []string
		for _, word := range strings.Fields(escaped.ReplaceAllString(text, "$1")) {
			words = append(words, `(?:(`+regexp.QuoteMeta(word)+`)|\S*<\w+>\S*)`)
		}
		re, err := regexp.Compile(strings.Join(words, `\s*`))
		if err != nil {
			return false, err
		}
		for _, match := range re.FindAllStringSubmatch(headline, -1) {
			if slices.ContainsFunc(match[1:], twoLetters.MatchString) {
				return true, nil
			}
		}
	}
	return false, nil
}

// toldOf returns what was said of a mail that has a label.
func toldOf(mails map[string]told, file, folder string) (told, error) {
	t, found := mails[file]
	if !found {
		return t, fmt.Errorf("no mail %q in %q, which has a label; add the file or remove the label", file, folder)
	}
	return t, nil
}

func headlineMistake(file string, score int, headline string) mistake {
	return mistake{"headline", []string{fmt.Sprintf("%s, score %d: %s", file, score, shown(headline))}}
}
