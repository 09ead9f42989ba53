// Package storm generates the alert mails of a shop whose database ran out of
// disk space: thousands of words of mail that come down to half a dozen causes;
// and single mails of such a shop.
//
// The mails imitate the headers and bodies of the clients that send such mail
// in practice, and vary in the places where real ones do (ids, pids,
// addresses, durations), so that what they show about grouping and rendering
// carries over to a real mailbox. Everything is derived from the arguments,
// which keeps previews and benchmarks comparable between runs.
package storm

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// span is the length of the storm.
const span = 4 * time.Minute

// Mail is one generated message with its envelope.
type Mail struct {
	// Helo is the name of the sending host.
	Helo string
	From string
	To   []string
	// Data is the message as it goes over the wire, with CRLF line ends but
	// without dot-stuffing.
	Data []byte
}

// Mails returns n mails as four hosts would send them in a bad few minutes
// ending at end. The same seed, n and end give the same mails.
//
// The mails come in the order of their Date headers, which are written in the
// time zone of end.
func Mails(seed uint64, n int, end time.Time) []Mail {
	if n <= 0 {
		return nil
	}
	rng := rand.New(rand.NewPCG(seed, uint64(n)))
	alerts := deal(n)
	rng.Shuffle(n, func(i, j int) { alerts[i], alerts[j] = alerts[j], alerts[i] })

	// Date headers carry whole seconds. Starting on one keeps a header, which
	// drops the fraction, from falling before the start of the storm.
	start := end.Truncate(time.Second).Add(-span)
	mails := make([]Mail, n)
	for i, offset := range offsets(rng, n) {
		a := alerts[i]
		mails[i] = write(Letter{Template: a.kind.template, Host: a.host, Sender: a.kind.sender, To: a.kind.to},
			&scene{At: start.Add(offset), elapsed: float64(offset) / float64(span), rng: rng})
	}
	return mails
}

// A Letter is a mail yet to be written.
type Letter struct {
	Template string // a file of templates, such as "cron.eml"
	Host     string // which sends it
	Sender   string // local part of the address that it comes from
	To       []string
	// Facts are what the template asks for by name, such as the state of a check. One that it
	// asks for in vain is a mistake.
	Facts map[string]string
	// Over makes it the mail that says that what the Letter tells of is over.
	Over bool
}

// Write writes a mail of a time, in whose zone its dates are. What varies is drawn from rng.
// It panics if there is no such template or a fact is missing.
func Write(l Letter, at time.Time, rng *rand.Rand) Mail {
	return write(l, &scene{At: at, rng: rng})
}

func write(l Letter, s *scene) Mail {
	s.Host, s.From, s.To = l.Host, l.Sender+"@"+l.Host, strings.Join(l.To, ", ")
	s.Over, s.facts = l.Over, l.Facts
	return Mail{Helo: l.Host, From: s.From, To: slices.Clone(l.To), Data: render(l.Template, s)}
}

// offsets returns n ascending times since the start of the storm. They are
// drawn independently rather than spaced evenly, because lulls and bursts are
// what a summary has to cope with.
func offsets(rng *rand.Rand, n int) []time.Duration {
	drawn := make([]time.Duration, n)
	for i := range drawn {
		drawn[i] = time.Duration(rng.Int64N(int64(span)))
	}
	slices.Sort(drawn)
	return drawn
}
