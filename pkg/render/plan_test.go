package render

import (
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
	for _, groups := range []int{0, 1, 3, 40} {
		last := planOf(0, groups)
		if !last.isFull() {
			t.Errorf("of %d groups the first plan is %+v, which cuts", groups, last)
		}
		if groups == 0 {
			continue
		}
		for number := 1; number < plans(groups); number++ {
			p := planOf(number, groups)
			less, before := shownBy(p, groups), shownBy(last, groups)
			if p.index > last.index || less.variants > before.variants || less.samples > before.samples || less.lines > before.lines ||
				less.runes > before.runes || less.hosts > before.hosts || less == before && p.index == last.index {
				t.Fatalf("of %d groups plan %d shows %+v with an index of %d, the one before %+v with %d", groups, number, less, p.index, before, last.index)
			}
			last = p
		}
		if least := shownBy(last, groups); least != (detail{}) || last.index != indexes[len(indexes)-1] {
			t.Errorf("of %d groups the last plan still shows %+v and an index of %d", groups, least, last.index)
		}
	}
}

func TestTheRichestPlanThatFitsIsTaken(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 1005} {
		for fitting := range n + 1 { // n: none fits
			chosen, calls := -1, 0
			err := richest(n, func(number int, last bool) (bool, error) {
				chosen = number
				calls++
				return number >= fitting, nil
			})
			if want := min(fitting, n-1); err != nil || chosen != want {
				t.Fatalf("of %d plans of which those from %d on fit, %d was taken (%v)", n, fitting, chosen, err)
			}
			if calls > 13 {
				t.Fatalf("%d plans were tried of %d", calls, n)
			}
		}
	}
}

// DESIGN section 6: the mail is small, whatever came.
func TestAMailWithManyErrorsFitsAndSaysWhatItCuts(t *testing.T) {
	letters := make([]letter, 0, 300)
	for i := range 300 {
		letters = append(letters, plain(fmt.Sprintf("shard %d is unreachable", i), javaLike+strings.Repeat("\nat more", 70), i))
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
