// Command bench measures Failmail beside its peers: the same load, in one run, on
// one machine, in turns, so that the ratios hold where absolute numbers do not.
// It writes bench/RESULTS.md and plots. See make bench.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	if len(os.Args) == 4 && os.Args[1] == "serve" {
		log.Fatal(serve(os.Args[2], os.Args[3]))
	}
	binary := flag.String("failmail", "bin/failmail", "the binary to measure")
	out := flag.String("out", "bench", "the folder for RESULTS.md and the plots")
	rounds := flag.Int("rounds", 3, "turns of each peer; the median counts")
	mails := flag.Int("mails", 6000, "mails of each turn")
	only := flag.String("peers", "", "measure only these peers, separated by commas")
	postgres := flag.String("postgres", os.Getenv("FAILMAIL_TEST_POSTGRES"), "URL of a database for the store postgres; without it, one is started and thrown away")
	servers := flag.Int("fleet", 0, "instead: reckon what so many application servers in a storm cost on nodes that share a database")
	cores := flag.Int("cores", 2, "of a node, with -fleet")
	cpu := flag.Duration("cpu", 500*time.Microsecond, "of a node for a mail and its connection, with -fleet: see RESULTS.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	url, end, err := database(*postgres)
	switch {
	case *servers > 0 && err == nil:
		err = fleet{*servers, *cores, *cpu}.forecast(ctx, url)
	case *servers == 0:
		if err != nil {
			log.Printf("the store postgres is not measured: %v", err)
		}
		err = run(ctx, *binary, *out, *only, url, *rounds, *mails)
	}
	if err := errors.Join(err, end()); err != nil {
		log.Fatal(err)
	}
}

// database returns the one that is given, or starts one, which end removes.
func database(given string) (url string, end func() error, err error) {
	if given != "" {
		return given, func() error { return nil }, nil
	}
	cluster, err := testutil.OpenCluster()
	if err != nil {
		return "", func() error { return nil }, err
	}
	return cluster.URL(), cluster.Remove, nil
}

func run(ctx context.Context, binary, out, only, postgres string, rounds, mails int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if binary, err = filepath.Abs(binary); err != nil {
		return err
	}
	if _, err := os.Stat(binary); err != nil {
		return fmt.Errorf("%w; run make build first", err)
	}
	peers := choose(allPeers(self, binary, postgres), only)
	var results []result
	for _, l := range loads(mails) {
		fmt.Printf("%s\n", l)
		runs := make(map[string][]measurement)
		for range rounds {
			for _, p := range peers {
				m, err := measure(ctx, p, l)
				if err != nil {
					return fmt.Errorf("%s: %w", p.name, err)
				}
				runs[p.name] = append(runs[p.name], m)
			}
		}
		r := result{load: l, peers: make(map[string]measurement)}
		for _, p := range peers {
			r.peers[p.name] = median(runs[p.name])
			fmt.Printf("  %s\n", r.line(p.name))
		}
		results = append(results, r)
	}
	return report(out, peers, results, rounds)
}
