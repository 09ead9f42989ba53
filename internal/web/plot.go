package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
)

// A plot shows the mails of the last minutes as bars.
type plot struct {
	Bars  []bar
	Width int // of all bars
	Label string
	Peak  int
	// Start and Middle are the times below the bars.
	Start, Middle time.Time
}

// A bar is one minute. Coordinates are those of an SVG of the height plotHeight.
type bar struct {
	X, Y, Height int
	Note         string
}

const (
	plotHeight  = 100
	barWidth    = 10 // with the gap
	sparkHeight = 24
	sparkWidth  = 4  // of a bar, with the gap
	minSlots    = 10 // so that the bars of two minutes are not blocks
)

func newPlot(minutes []int, now time.Time) plot {
	p := plot{Width: len(minutes) * barWidth, Label: "no mails in the last hour"}
	if len(minutes) == 0 {
		return p
	}
	p.Peak = slices.Max(minutes)
	at := func(i int) time.Time {
		return now.Truncate(time.Minute).Add(time.Duration(i-len(minutes)+1) * time.Minute)
	}
	p.Start, p.Middle = at(0), at(len(minutes)/2)
	sum := 0
	for i, n := range minutes {
		sum += n
		b := bar{X: i * barWidth, Note: fmt.Sprintf("%s: %s", at(i).Format("15:04"), phrase.Count(n, "mail"))}
		b.Height = barHeight(n, p.Peak, plotHeight)
		b.Y = plotHeight - b.Height
		p.Bars = append(p.Bars, b)
	}
	if sum > 0 {
		p.Label = fmt.Sprintf("%s in the last hour, at most %s in a minute, at %s",
			phrase.Count(sum, "mail"), phrase.Number(p.Peak), at(slices.Index(minutes, p.Peak)).Format("15:04"))
	}
	return p
}

// barHeight makes one mail visible beside a thousand.
func barHeight(n, peak, height int) int {
	if n == 0 {
		return 0
	}
	return max(n*height/peak, height/12)
}

// A spark is a plot without numbers; empty for a single minute, which says
// nothing.
type spark struct {
	Path  string
	Width int
	Label string
}

func newSpark(minutes []int) spark {
	if len(minutes) < 2 {
		return spark{}
	}
	peak := slices.Max(minutes)
	var path strings.Builder
	for i, n := range minutes {
		if h := barHeight(n, peak, sparkHeight); h > 0 {
			fmt.Fprintf(&path, "M%d %dv-%dh%dv%dz", i*sparkWidth, sparkHeight, h, sparkWidth-1, h)
		}
	}
	return spark{
		Path: path.String(), Width: max(len(minutes), minSlots) * sparkWidth,
		Label: fmt.Sprintf("over %d minutes, at most %s in a minute", len(minutes), phrase.Count(peak, "mail")),
	}
}
