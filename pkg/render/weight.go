package render

import "strings"

// To render a summary of a thousand groups takes a while, so that of the thousands
// of plans only a few are tried: those of which the weight says that they may fit.
// Weights are in bytes of a part of the mail, about; the first try shows how far they
// are off, which in one part is less than in the other.

const (
	pageWeight   = 3000 // of style sheet and footer
	indexWeight  = 150  // of a line of the index
	groupWeight  = 500  // of a group without what follows
	namedWeight  = 250  // of a variant without its sample
	sampleWeight = 250  // of a sample without its lines
	lineWeight   = 8    // of a line without what it says
)

// weights are those of the groups of a summary: of each level of details, the sum
// of the groups before an index.
type weights [][]int

func weigh(s *Summary) weights {
	w := make(weights, len(details))
	for level := range w {
		w[level] = make([]int, len(s.Groups)+1)
	}
	for i := range s.Groups {
		of := s.Groups[i].weigh()
		for level := range w {
			w[level][i+1] = w[level][i] + of[level]
		}
	}
	return w
}

// of returns the weight of a plan.
func (w weights) of(p plan) int {
	last := min(p.detailed, len(w[0])-1) // group with details
	sum := pageWeight + min(p.index, len(w[0])-1)*indexWeight + w[p.level][last] - w[p.level][p.rich]
	if p.rich > 0 {
		sum += w[p.level-1][p.rich]
	}
	return sum
}

// weigh returns the weight of g at each level of details.
func (g *Group) weigh() []int {
	levels := make([]int, len(details))
	for level, d := range details {
		if d.variants > 0 {
			levels[level] = groupWeight + min(len(g.Variants), d.variants)*namedWeight
		}
	}
	for i := range g.Variants[:min(len(g.Variants), details[0].samples)] {
		line := 0
		for text := range strings.Lines(g.Variants[i].Sample.Text) {
			if line++; line > details[0].lines {
				break
			}
			for level, d := range details {
				if i < d.samples && line <= d.lines {
					levels[level] += lineWeight + min(len(text), d.runes)
				}
			}
		}
		for level, d := range details {
			if i < d.samples {
				levels[level] += sampleWeight
			}
		}
	}
	return levels
}
