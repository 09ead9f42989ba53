package explain

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
)

// isTerminal reports whether someone sits behind a reader or a writer.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// A progress says on standard error that a long run goes on: in place on a
// terminal, with a line now and then elsewhere.
type progress struct {
	w        io.Writer
	terminal bool
	next     time.Time
	every    time.Duration
	shown    bool
}

func newProgress(stderr, stdout io.Writer) *progress {
	p := &progress{w: stderr, every: 10 * time.Second, next: time.Now().Add(5 * time.Second)}
	// What is printed meanwhile would mix with it.
	if isTerminal(stderr) && !isTerminal(stdout) {
		p.terminal, p.every, p.next = true, 200*time.Millisecond, time.Now().Add(time.Second)
	}
	return p
}

func (p *progress) at(n int, noun string) {
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next, p.shown = now.Add(p.every), true
	if p.terminal {
		fmt.Fprintf(p.w, "\r%s …", phrase.Count(n, noun))
		return
	}
	p.say(phrase.Count(n, noun) + " so far")
}

// say prints a line for the person who waits.
func (p *progress) say(text string) { fmt.Fprintln(p.w, "failmail:", text) }

// end removes what was shown in place.
func (p *progress) end() {
	if p.terminal && p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
