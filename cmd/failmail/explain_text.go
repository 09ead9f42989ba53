package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// thousands writes 1,234,567.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// amount writes "1 mail" or "1,234 mails".
func amount(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}

// shorten cuts the end of text so that it has at most width characters.
func shorten(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:max(width-1, 0)]) + "…"
}

// shortenLeft cuts the beginning: the end of a path tells more.
func shortenLeft(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	runes := []rune(text)
	return "…" + string(runes[len(runes)-max(width-1, 0):])
}

// wrap breaks text into at most most lines of width characters, all but the
// first of which are to be indented by two.
func wrap(text string, width, most int) (lines []string) {
	for rest := []rune(text); len(rest) > 0; {
		room := width
		if len(lines) > 0 {
			room -= 2
		}
		if len(rest) <= room {
			return append(lines, string(rest))
		}
		if len(lines) == most-1 {
			return append(lines, string(rest[:room-1])+"…")
		}
		end := room
		for end > room/2 && rest[end] != ' ' {
			end--
		}
		if rest[end] != ' ' {
			end = room // one long word
		}
		lines = append(lines, string(rest[:end]))
		rest = []rune(strings.TrimLeft(string(rest[end:]), " "))
	}
	return lines
}

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
		fmt.Fprintf(p.w, "\r%s …", amount(n, noun))
		return
	}
	p.say(amount(n, noun) + " so far")
}

// say prints a line for the person who waits.
func (p *progress) say(text string) { fmt.Fprintln(p.w, "failmail:", text) }

// end removes what was shown in place.
func (p *progress) end() {
	if p.terminal && p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
