// Command torture kills, stops and starves a real failmail under load, round
// after round, and counts: every mail that was acknowledged must be in a summary,
// and none twice. See docs/reliability.md and make torture.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("torture: ")
	binary := flag.String("failmail", "bin/failmail", "the binary to torture")
	rounds := flag.Int("rounds", 200, "how many rounds")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the instants, to repeat a run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *binary, *rounds, *seed); err != nil {
		log.Fatal(err)
	}
}

// A tally adds up the rounds of one fault.
type tally struct {
	rounds, acknowledged, unanswered, counted, summaries, repeated int
	missing, doubled                                               int
}

func run(ctx context.Context, binary string, rounds int, seed uint64) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(seed, 0))
	fmt.Printf("%d rounds, -seed=%d\n", rounds, seed)
	tallies := make(map[string]*tally)
	var bad []error
	for n := range rounds {
		if ctx.Err() != nil {
			break
		}
		f := faults[n%len(faults)]
		r := &round{binary: binary, random: random}
		outcome, err := r.run(ctx, f)
		if err != nil {
			return fmt.Errorf("round %d (%s): %w", n, f.name, err)
		}
		t := tallies[f.name]
		if t == nil {
			t = &tally{}
			tallies[f.name] = t
		}
		t.add(outcome)
		if outcome.missing > 0 || outcome.doubled > 0 {
			bad = append(bad, fmt.Errorf("round %d (%s): %d missing, %d doubled; the store is in %s", n, f.name, outcome.missing, outcome.doubled, r.folder))
		}
	}
	fmt.Printf("%-24s %7s %12s %10s %9s %9s %9s %8s %8s\n", "fault", "rounds", "acknowledged", "unanswered", "counted", "summaries", "repeated", "missing", "doubled")
	for _, f := range faults {
		if t := tallies[f.name]; t != nil {
			fmt.Printf("%-24s %7d %12d %10d %9d %9d %9d %8d %8d\n", f.name, t.rounds, t.acknowledged, t.unanswered, t.counted, t.summaries, t.repeated, t.missing, t.doubled)
		}
	}
	return errors.Join(bad...)
}

func (t *tally) add(o outcome) {
	t.rounds++
	t.acknowledged += o.acknowledged
	t.unanswered += o.unanswered
	t.counted += o.counted
	t.summaries += o.summaries
	t.repeated += o.repeated
	t.missing += o.missing
	t.doubled += o.doubled
}
