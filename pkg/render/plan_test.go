package render

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// shownBy adds up what a plan shows of so many groups.
func shownBy(p plan, groups int) (sum detail) {
	for i := range groups {
		d := p.of(i)
		sum.variants += d.variants
		sum.samples += d.samples
		sum.lines += d.lines
		sum.runes += d.runes
		sum.hosts += d.hosts
	}
	return sum
}

func TestEachPlanShowsLessThanTheOneBefore(t *testing.T) {
	for name, ladderOf := range map[string]func(groups int) ladder{"text": textLadder, "HTML": htmlLadder} {
		for _, groups := range []int{0, 1, 3, 40, 1200} {
			t.Run(fmt.Sprintf("%s of %d groups", name, groups), func(t *testing.T) { checkLadder(t, ladderOf(groups)) })
		}
	}
}

func checkLadder(t *testing.T, l ladder) {
	t.Helper()
	last := l.plan(0)
	if !last.isFull(l.groups) {
		t.Errorf("the first plan is %+v, which cuts", last)
	}
	for number := 1; number < l.plans(); number++ {
		p := l.plan(number)
		less, before := shownBy(p, l.groups), shownBy(last, l.groups)
		if p.index > last.index || less.variants > before.variants || less.samples > before.samples || less.lines > before.lines ||
			less.runes > before.runes || less.hosts > before.hosts || less == before && p.index == last.index {
			t.Fatalf("plan %d shows %+v with an index of %d, the one before %+v with %d", number, less, p.index, before, last.index)
		}
		last = p
	}
	if least := shownBy(last, l.groups); least != (detail{}) || last.index != indexes[len(indexes)-1] {
		t.Errorf("the last plan still shows %+v and an index of %d", least, last.index)
	}
}

func TestAPlanThatFitsIsTakenAndFewAreTried(t *testing.T) {
	const top = 100_000
	for _, plans := range []int{1, 2, 3, 10, 12_005} {
		falling := func(number int) int { return top - number*top/plans }
		for name, size := range map[string]func(number int) int{
			"as the weight says":      falling,
			"twice the weight":        func(number int) int { return 2 * falling(number) },
			"a tenth of the weight":   func(number int) int { return falling(number) / 10 },
			"with steps":              func(number int) int { return falling(number - number%100) },
			"nothing the weight says": func(number int) int { return top - falling(plans-1-number)/2 },
			"always the same":         func(int) int { return 70_000 },
		} {
			for room := 1; room < 3*top; room += 9_999 {
				tried := make(map[int]bool)
				number, err := search{plans, room, falling, func(number int) (int, error) {
					tried[number] = true
					return size(number), nil
				}}.run()
				if err != nil || !tried[number] {
					t.Fatalf("%s, room for %d: took %d of %d plans, untried (%v)", name, room, number, plans, err)
				}
				if len(tried) > 20 {
					t.Fatalf("%s, room for %d: %d plans were tried", name, room, len(tried))
				}
				switch last := size(plans - 1); {
				case size(number) <= room && number > 0 && size(number) < room/2 && size(number-1) <= room && len(tried) < maxTries:
					t.Fatalf("%s, room for %d: took %d of %d bytes, though there is a richer one", name, room, number, size(number))
				case size(number) > room && (last <= room || number != plans-1):
					t.Fatalf("%s, room for %d: took %d of %d bytes, though the last has %d", name, room, number, size(number), last)
				}
			}
		}
	}
}

func TestAMistakeEndsTheSearch(t *testing.T) {
	want := errors.New("no such field")
	if _, err := (search{10, 100, func(int) int { return 1 }, func(int) (int, error) { return 0, want }}).run(); err != want {
		t.Errorf("got %v", err)
	}
}

// DESIGN section 6: the mail is small, whatever came.
func TestAMailWithManyErrorsFitsAndSaysWhatItCuts(t *testing.T) {
	letters := make([]letter, 0, 300)
	for i := range 300 {
		letters = append(letters, plain("shard "+named(i)+" is unreachable", strings.ReplaceAll(javaLike, "charge", named(i))+strings.Repeat("\nat more", 70), i))
	}
	s := summaryOf(t, letters...)
	for _, limit := range []int{MinMaxBytes, 64 << 10, DefaultMaxBytes} {
		r, err := NewStandard(Options{MaxBytes: limit})
		if err != nil {
			t.Fatal(err)
		}
		m, err := r.Render(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := parts(t, m.Raw)
		if len(m.Raw) > limit || len(m.Raw) < limit/2 {
			t.Errorf("%d bytes within %d", len(m.Raw), limit)
		}
		if !strings.Contains(text, "Details were shortened") {
			t.Errorf("nothing says that a mail of %d bytes was cut", limit)
		}
		if limit == MinMaxBytes && !strings.Contains(text, "more errors\n") {
			t.Errorf("the index does not say how many it leaves out:\n%s", text)
		}
	}
}
