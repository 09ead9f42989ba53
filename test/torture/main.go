//go:build linux

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
	"regexp"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("torture: ")
	binary := flag.String("failmail", "bin/failmail", "the binary to torture")
	rounds := flag.Int("rounds", 200, "how many rounds, over all faults; 0 for one of each")
	only := flag.String("faults", "", "only the faults whose name matches this pattern")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the instants, to repeat a run")
	load := flag.Duration("load", 2*time.Second, "how long clients send in a round")
	bounds := flag.Int("bounds", 0, "instead of faults: send so many mails of each kind, and measure store and memory")
	soak := flag.Duration("soak", 0, "instead of faults: so long of storms and quiet, to see that nothing grows")
	flag.Parse()
	// What is not stopped is left behind.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	pattern, err := regexp.Compile(*only)
	if err == nil {
		err = run(ctx, *binary, plan{*rounds, *bounds, *load, *soak, *seed, pattern})
	}
	if err != nil {
		log.Fatal(err)
	}
}

// A plan is what the flags ask for.
type plan struct {
	rounds, bounds int
	load, soak     time.Duration
	seed           uint64
	only           *regexp.Regexp // of faults or storms
}

func run(ctx context.Context, binary string, p plan) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	if p.bounds > 0 {
		return p.runStorms(ctx, binary)
	}
	if p.soak > 0 {
		return runSoak(ctx, binary, p.soak)
	}
	chosen := p.faults()
	if len(chosen) == 0 {
		return fmt.Errorf("no fault has a name that matches %q", p.only)
	}
	if p.rounds == 0 {
		p.rounds = len(chosen)
	}
	if err := adopt(); err != nil {
		return err
	}
	db := &database{}
	fmt.Printf("%d rounds, -seed=%d\n", p.rounds, p.seed)
	random := rand.New(rand.NewPCG(p.seed, 0))
	tallies := make([]outcome, len(chosen))
	var bad []error
	for n := 0; n < p.rounds && ctx.Err() == nil; n++ {
		i := n % len(chosen)
		r := &round{random: random, load: p.load, db: db}
		o, err := r.run(ctx, binary, chosen[i])
		tallies[i].add(o)
		if err != nil {
			bad = append(bad, fmt.Errorf("round %d (%s): %w", n, chosen[i].name, err))
			log.Print(bad[len(bad)-1])
		}
	}
	report(chosen, tallies)
	for i, f := range chosen {
		if f.fills && tallies[i].rounds >= 5 && tallies[i].refused == 0 {
			bad = append(bad, fmt.Errorf("%s: no mail was refused, so it was not", f.name))
		}
	}
	return errors.Join(append(bad, db.remove())...)
}

func (p plan) runStorms(ctx context.Context, binary string) error {
	var bad []error
	for _, s := range storms {
		if p.only.MatchString(s.name) && ctx.Err() == nil {
			bad = append(bad, s.bounds(ctx, binary, p.bounds))
		}
	}
	if p.only.MatchString("large mails") && ctx.Err() == nil {
		bad = append(bad, boundLarge(ctx, binary))
	}
	return errors.Join(bad...)
}

// faults returns those that are asked for and that this user can bring about.
func (p plan) faults() (chosen []fault) {
	for _, f := range faults {
		switch {
		case !p.only.MatchString(f.name):
		case f.fills && os.Geteuid() != 0:
			fmt.Printf("NOT RUN, since only root may mount a disk to fill: %s\n", f.name)
		default:
			chosen = append(chosen, f)
		}
	}
	return chosen
}

func report(chosen []fault, tallies []outcome) {
	var total outcome
	fmt.Printf("%-28s %s\n", "fault", rowHeader)
	for i, f := range chosen {
		fmt.Printf("%-28s %s\n", f.name, tallies[i].row())
		total.add(tallies[i])
	}
	fmt.Printf("%-28s %s\n", "all", total.row())
}
