package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// A result is what was found out about one file of labels.
type result struct {
	kind, of string // the folder and the file
	figures  []figure
	mistakes []mistake
}

// A figure is a count or, with digits, a share or a mean; of nothing, it is not a number.
type figure struct {
	name   string
	value  float64
	digits int
}

func count(name string, n int) figure { return figure{name, float64(n), 0} }

func share(name string, value float64) figure { return figure{name, value, 3} }

func mean(name string, values []float64) figure {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return share(name, sum/float64(len(values)))
}

func (f figure) String() string {
	if math.IsNaN(f.value) {
		return "-"
	}
	return fmt.Sprintf("%.*f", f.digits, f.value)
}

// A mistake is something that came out wrong, for people to look at.
type mistake struct {
	sort  string
	lines []string
}

// printFigures prints a table. Several results of a kind end with their means.
func printFigures(w io.Writer, results []result) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "kind\tfigure\tvalue")
	for len(results) > 0 {
		n := 1
		for n < len(results) && results[n].kind == results[0].kind {
			n++
		}
		same := results[:n]
		results = results[n:]
		for _, r := range same {
			for _, f := range r.figures {
				name := f.name
				if n > 1 {
					name += ", " + r.of
				}
				fmt.Fprintf(table, "%s\t%s\t%s\n", r.kind, name, f)
			}
		}
		if n > 1 {
			printMeans(table, same)
		}
	}
	return table.Flush()
}

func printMeans(w io.Writer, results []result) {
	for i, f := range results[0].figures {
		var values []float64
		for _, r := range results {
			values = append(values, r.figures[i].value)
		}
		fmt.Fprintf(w, "%s\t%s, mean\t%s\n", results[0].kind, f.name, mean("", values))
	}
}

// printMistakes prints the first most mistakes of each sort, and how many there are.
func printMistakes(w io.Writer, results []result, most int) error {
	if most == 0 {
		return nil
	}
	var out strings.Builder
	for _, r := range results {
		var sorts []string
		bySort := make(map[string][]mistake)
		for _, m := range r.mistakes {
			if bySort[m.sort] == nil {
				sorts = append(sorts, m.sort)
			}
			bySort[m.sort] = append(bySort[m.sort], m)
		}
		for _, sort := range sorts {
			all := bySort[sort]
			shown := all[:min(most, len(all))]
			fmt.Fprintf(&out, "\n%s/%s, %s: %d of %d\n", r.kind, r.of, sort, len(shown), len(all))
			for _, m := range shown {
				fmt.Fprintf(&out, "  %s\n", strings.Join(m.lines, "\n    "))
			}
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}
