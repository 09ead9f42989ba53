package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// A result is one load against all peers.
type result struct {
	load  load
	peers map[string]measurement
}

// baseline is what the others are compared with.
const baseline = "discard"

func (r result) line(name string) string {
	m := r.peers[name]
	return fmt.Sprintf("%-18s %7.0f mails/s %5.2f | CPU %5.0f µs %5.2f | %4.0f MB | store %5.1f MB | p50 %s p99 %s max %s",
		name, m.rate, r.rateRatio(name), micros(m.cpu), r.cpuRatio(name), mega(m.memory), mega(m.store), short(m.p50), short(m.p99), short(m.max))
}

func (r result) rateRatio(name string) float64 { return r.peers[name].rate / r.peers[baseline].rate }

func (r result) cpuRatio(name string) float64 {
	return float64(r.peers[name].cpu) / float64(max(r.peers[baseline].cpu, 1))
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
func mega(bytes int64) float64       { return float64(bytes) / 1e6 }
func short(d time.Duration) string   { return d.Round(10 * time.Microsecond).String() }

// report writes RESULTS.md and one plot for each load.
func report(folder string, peers []peer, results []result, rounds int) error {
	var out strings.Builder
	fmt.Fprintf(&out, "# Results\n\nWritten by `make bench` on %s: %s/%s, %d processors, %s; the load generator runs on the same machine.\n",
		time.Now().Format("2006-01-02"), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	fmt.Fprintf(&out, "The peers take turns, %d each; the turn with the median rate is shown. Ratios are to `%s` in the same run.\n\n", rounds, baseline)
	for _, p := range peers {
		fmt.Fprintf(&out, "- **%s**: %s\n", p.name, p.about)
	}
	for i, r := range results {
		plot := fmt.Sprintf("plot-%d.svg", i+1)
		fmt.Fprintf(&out, "\n## %s\n\n![mails per second](%s)\n\n", r.load, plot)
		out.WriteString("| | mails/s | ratio | CPU a mail | ratio | memory | store | p50 | p99 | max |\n|---|---|---|---|---|---|---|---|---|---|\n")
		for _, p := range peers {
			m := r.peers[p.name]
			fmt.Fprintf(&out, "| %s | %.0f | %.2f | %.0f µs | %.2f | %.0f MB | %.1f MB | %s | %s | %s |\n",
				p.name, m.rate, r.rateRatio(p.name), micros(m.cpu), r.cpuRatio(p.name), mega(m.memory), mega(m.store), short(m.p50), short(m.p99), short(m.max))
		}
		if err := os.WriteFile(filepath.Join(folder, plot), []byte(bars(peers, r)), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(folder, "RESULTS.md"), []byte(out.String()), 0o644)
}

// bars draws the rates.
func bars(peers []peer, r result) string {
	const width, bar, gap, left = 640, 22, 8, 150
	top := 1.0
	for _, m := range r.peers {
		top = max(top, m.rate)
	}
	height := len(peers)*(bar+gap) + gap
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`, width, height)
	fmt.Fprintf(&svg, `<rect width="%d" height="%d" fill="#ffffff"/>`, width, height)
	for i, p := range peers {
		m := r.peers[p.name]
		y := gap + i*(bar+gap)
		fill := "#9aa2ad"
		if strings.HasPrefix(p.name, "failmail") {
			fill = "#c62828"
		}
		fmt.Fprintf(&svg, `<text x="%d" y="%d" text-anchor="end" fill="#1c1e21">%s</text>`, left-8, y+16, p.name)
		fmt.Fprintf(&svg, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`, left, y, max(m.rate/top*(width-left-110), 1), bar, fill)
		fmt.Fprintf(&svg, `<text x="%.1f" y="%d" fill="#1c1e21">%.0f/s</text>`, left+m.rate/top*(width-left-110)+6, y+16, m.rate)
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}
