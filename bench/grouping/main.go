// Command grouping measures how well mails are grouped and named, on material that
// people have labelled. What it measures is what "failmail explain --json" prints, with
// the default settings.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// kinds are the sorts of material: where the labels are, and what measures a file of them.
var kinds = []struct {
	labels  string
	measure func(ctx context.Context, labels string) (result, error)
}{
	{"loghub*/*.jsonl", measureLog},
	{"errors*/labels.jsonl", measureErrors},
	{"pairs*/sets.jsonl", measureSets},
	{"senders*/labels.jsonl", measureSenders},
}

func main() {
	mistakes := flag.Int("mistakes", 0, "show `N` mistakes of each kind")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: grouping [-mistakes N] DIR\n\nDIR has the folders of labelled material that docs/grouping.md describes.")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || *mistakes < 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(context.Background(), os.Stdout, flag.Arg(0), *mistakes); err != nil {
		fmt.Fprintln(os.Stderr, "grouping:", err)
		os.Exit(1)
	}
}

// run prints the figures of everything in dir, and the first mistakes of each sort.
func run(ctx context.Context, w io.Writer, dir string, mistakes int) error {
	var results []result
	for _, kind := range kinds {
		files, err := fs.Glob(os.DirFS(dir), kind.labels)
		if err != nil {
			return err
		}
		for _, file := range files {
			r, err := kind.measure(ctx, filepath.Join(dir, file))
			if err != nil {
				return err
			}
			r.kind, r.of = path.Dir(file), strings.TrimSuffix(path.Base(file), ".jsonl")
			results = append(results, r)
		}
	}
	if len(results) == 0 {
		var places []string
		for _, kind := range kinds {
			places = append(places, kind.labels)
		}
		return fmt.Errorf("nothing to measure in %q; give the folder that has %s", dir, strings.Join(places, ", "))
	}
	if err := printFigures(w, results); err != nil {
		return err
	}
	return printMistakes(w, results, mistakes)
}
