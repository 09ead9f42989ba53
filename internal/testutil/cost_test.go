package testutil

import (
	"strings"
	"testing"
)

func TestACostThatGrowsFasterThanTheInputIsAnError(t *testing.T) {
	sink := 0
	tests := []struct {
		name, want string
		size       int
		read       func(input string)
	}{
		{"linear", "", FuzzSize, func(input string) {
			for range 20 {
				sink += len(strings.ToUpper(input))
			}
		}},
		{"too cheap to tell", "", FuzzSize, func(input string) { sink += len(input) }},
		{"memory for the garbage collector", "", FuzzSize, func(input string) {
			for range len(input) / 1000 {
				sink += len(make([]byte, 10000))
			}
		}},
		{"quadratic", "in proportion", FuzzSize, func(input string) {
			for i := range len(input) / 16 { // byte by byte: some processors count too fast to be measured
				for j := 16 * i; j < len(input); j += 4 {
					sink += int(input[j])
				}
			}
		}},
		{"linear and much too dear", "steps for each byte", 1 << 10, func(input string) {
			for range len(input) / 64 {
				sink += len(strings.ToTitle(strings.Repeat("ä", 1<<18)))
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := costError(tt.size, Shape{Open: "ab"}.Grow, tt.read)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAShapeGrowsToItsLength(t *testing.T) {
	s := Shape{Prefix: "<", Open: "(a", Close: ")", Suffix: ">"}
	if got, want := s.Grow(11), "<(a(a(a)))>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (Shape{Prefix: "x"}).Grow(100); got != "x" {
		t.Errorf("without a fragment: %q", got)
	}
}
