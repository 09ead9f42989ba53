// Command grouping measures how well fingerprints agree with people. It reads
// labelled log lines, one JSON object a line with "content" and "group", from
// the files *.jsonl of a folder, such as those made from Loghub-2k
// (https://github.com/logpai/loghub), and prints the grouping accuracy of each:
// the share of lines whose predicted group holds exactly the lines of their
// true group.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/pkg/message"

	"github.com/hut8labs/failmail/pkg/batch"
)

func main() {
	mistakes := flag.Int("mistakes", 0, "show so many groups of each file that came out wrong")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: grouping [-mistakes N] DIR\n\nDIR holds *.jsonl with \"content\" and \"group\".")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *mistakes); err != nil {
		fmt.Fprintln(os.Stderr, "grouping:", err)
		os.Exit(1)
	}
}

func run(dir string, mistakes int) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no *.jsonl in %q; give the folder that holds the labelled lines", dir)
	}
	sum := 0.0
	fmt.Printf("%-24s %6s %6s %10s %9s\n", "file", "lines", "groups", "predicted", "accuracy")
	for _, file := range files {
		lines, err := read(file)
		if err != nil {
			return err
		}
		predicted, truth := partition(lines, func(l line) string { return l.id }), partition(lines, func(l line) string { return l.Group })
		right := 0
		var wrong [][]int
		for _, group := range truth {
			if slices.Equal(predicted[lines[group[0]].id], group) {
				right += len(group)
			} else {
				wrong = append(wrong, group)
			}
		}
		accuracy := float64(right) / float64(len(lines))
		sum += accuracy
		name := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		fmt.Printf("%-24s %6d %6d %10d %9.3f\n", name, len(lines), len(truth), len(predicted), accuracy)
		explain(lines, wrong, predicted, mistakes)
	}
	fmt.Printf("%-24s %33.3f\n", "mean", sum/float64(len(files)))
	return nil
}

// A line is one labelled line and what the fingerprint makes of it.
type line struct {
	Content string `json:"content"`
	Group   string `json:"group"`

	id, masked string
}

func read(file string) ([]line, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []line
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 10<<20)
	for scanner.Scan() {
		var l line
		if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", file, len(lines)+1, err)
		}
		m := message.New("", nil, []byte("\r\n"+l.Content+"\r\n"))
		f := batch.FingerprintOf(m)
		l.id, l.masked = f.ID, f.Reason
		lines = append(lines, l)
	}
	if scanner.Err() != nil {
		return nil, fmt.Errorf("%s: %w", file, scanner.Err())
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s is empty; leave it out", file)
	}
	return lines, nil
}

// partition returns the indices of the lines of each group, in order.
func partition(lines []line, key func(line) string) map[string][]int {
	groups := make(map[string][]int)
	for i, l := range lines {
		groups[key(l)] = append(groups[key(l)], i)
	}
	return groups
}

// explain shows the largest groups that came out wrong.
func explain(lines []line, wrong [][]int, predicted map[string][]int, most int) {
	slices.SortFunc(wrong, func(a, b []int) int { return len(b) - len(a) })
	for _, group := range wrong[:min(most, len(wrong))] {
		fmt.Printf("  %s, %d lines:\n", lines[group[0]].Group, len(group))
		shown := make(map[string]bool)
		for _, i := range group {
			if id := lines[i].id; !shown[id] && len(shown) < 4 {
				shown[id] = true
				fmt.Printf("    %4d  %.150s\n          %.150s\n", len(predicted[id]), lines[i].Content, lines[i].masked)
			}
		}
	}
}
