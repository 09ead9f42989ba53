package render

import "sort"

// A detail says how much a part of a summary shows of a group. Whatever it cuts is
// counted and said.
type detail struct {
	variants int // named
	samples  int // of them that are shown
	lines    int // shown of a sample
	runes    int // characters shown of a line
	hosts    int // named
}

// details are from the richest to nothing: first long samples are cut, then
// samples of the same group, then what is said without them.
var details = []detail{
	{20, 20, 400, 1000, 10},
	{20, 20, 200, 500, 10},
	{20, 20, 100, 300, 10},
	{20, 20, 60, 300, 10},
	{20, 20, 30, 200, 10},
	{20, 20, 15, 160, 10},
	{20, 10, 8, 160, 5},
	{20, 5, 5, 120, 5},
	{10, 3, 3, 100, 3},
	{5, 1, 3, 80, 3},
	{5, 0, 0, 0, 3},
	{1, 0, 0, 0, 1},
	{}, // in the index only
}

// indexes are how many groups the index names, when even that is too much. Each is about
// half of the one before, so that no summary leaves more than half of its room unused.
var indexes = []int{1000, 500, 250, 120, 60, 30, 15, 5}

// A plan says how much a part of a summary shows of all its groups.
type plan struct {
	index    int // groups in the index
	detailed int // groups with details
	level    int // of details, for the groups from rich on
	rich     int // groups in front that have one level more
}

// of returns the details of the group at an index.
func (p plan) of(i int) detail {
	switch {
	case i >= p.detailed:
		return detail{}
	case i < p.rich:
		return details[p.level-1]
	}
	return details[p.level]
}

// isFull reports whether p cuts nothing of so many groups because of the size of the mail.
func (p plan) isFull(groups int) bool {
	return p.level == 0 && p.detailed >= groups && p.index >= min(groups, indexes[0])
}

// A ladder is the plans of a part of a summary. They are numbered from the richest on;
// each one shows a little less than the one before: of a further group, the last of
// those that still have more.
type ladder struct {
	groups   int // of the summary
	detailed int // groups with details, once all of them are too much
	indexes  []int
}

// textLadder leaves something of every group as long as it can.
func textLadder(groups int) ladder { return ladder{groups, groups, indexes} }

// htmlDetailed and htmlIndexes are for an HTML part that has no room for all: it shows
// the first groups well, rather than a little of each, and leaves the rest to the text
// part.
const htmlDetailed = 30

var htmlIndexes = indexes[4:]

func htmlLadder(groups int) ladder { return ladder{groups, min(groups, htmlDetailed), htmlIndexes} }

// fullPlan shows all that a summary of so many groups ever does.
func fullPlan(groups int) plan { return plan{index: indexes[0], detailed: groups} }

// plans returns how many plans there are.
func (l ladder) plans() int { return l.steps() + len(l.indexes) }

// steps returns how many of them show details.
func (l ladder) steps() int { return (len(details) - 1) * l.detailed }

func (l ladder) plan(number int) plan {
	switch steps := l.steps(); {
	case number == 0:
		return fullPlan(l.groups)
	case number >= steps:
		return plan{index: l.indexes[number-steps]}
	}
	p := plan{index: l.indexes[0], detailed: l.detailed, level: number / l.detailed}
	if less := number % l.detailed; less > 0 {
		p.level++
		p.rich = l.detailed - less
	}
	return p
}

// A search looks for the richest plan that fits into room bytes.
type search struct {
	plans  int
	room   int
	weight func(number int) int // falls from plan to plan
	// size renders a plan, and returns how many bytes that are.
	size func(number int) (int, error)
}

// maxTries bounds how often a summary is rendered for a little more of its samples.
const maxTries = 4

// run returns the number of the plan to take: one that fits, and uses most of the
// room; the last one if none fits.
func (s search) run() (best int, err error) {
	low, high := -1, s.plans // low does not fit, high does, as far as is known
	ratio := 1.0             // of sizes to weights
	for tries := 1; ; tries++ {
		number := low + 1 + sort.Search(high-low-1, func(i int) bool {
			return float64(s.weight(low+1+i))*ratio <= float64(s.room)
		})
		if number == high {
			number--
		}
		if tries > maxTries {
			number = (low + high) / 2 // the weights are of no use here
		}
		size, err := s.size(number)
		if err != nil {
			return number, err
		}
		ratio = float64(size) / float64(max(s.weight(number), 1))
		if size > s.room {
			if low = number; low == s.plans-1 {
				return low, nil
			}
			ratio *= 1.02
		} else if high = number; size > s.room*9/10 || tries >= maxTries {
			return high, nil
		}
		if high-low <= 1 {
			return high, nil
		}
	}
}
