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
	"slices"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("torture: ")
	binary := flag.String("failmail", "bin/failmail", "the binary to torture")
	rounds := flag.Int("rounds", 200, "how many rounds, over all faults")
	only := flag.String("faults", "", "only the faults whose name matches this pattern")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the instants, to repeat a run")
	bounds := flag.Int("bounds", 0, "instead of faults: send so many mails of each kind, and measure store and memory")
	flag.Parse()
	// What is not stopped is left behind.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	pattern, err := regexp.Compile(*only)
	if err == nil {
		err = run(ctx, *binary, *rounds, *bounds, *seed, pattern)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, binary string, rounds, bounds int, seed uint64, only *regexp.Regexp) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	if bounds > 0 {
		var bad []error
		for _, s := range storms {
			if only.MatchString(s.name) && ctx.Err() == nil {
				bad = append(bad, s.bounds(ctx, binary, bounds))
			}
		}
		return errors.Join(bad...)
	}
	chosen := slices.DeleteFunc(slices.Clone(faults), func(f fault) bool { return !only.MatchString(f.name) })
	if len(chosen) == 0 {
		return fmt.Errorf("no fault has a name that matches %q", only)
	}
	db := &database{}
	fmt.Printf("%d rounds, -seed=%d\n", rounds, seed)
	random := rand.New(rand.NewPCG(seed, 0))
	tallies := make([]outcome, len(chosen))
	var bad []error
	for n := 0; n < rounds && ctx.Err() == nil; n++ {
		i := n % len(chosen)
		r := &round{random: random, db: db}
		o, err := r.run(ctx, binary, chosen[i])
		tallies[i].add(o)
		if err != nil {
			bad = append(bad, fmt.Errorf("round %d (%s): %w", n, chosen[i].name, err))
			log.Print(bad[len(bad)-1])
		}
	}
	report(chosen, tallies)
	return errors.Join(append(bad, db.remove())...)
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
