package render

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/store"
)

func TestNumbersHaveThousandsSeparators(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 12345: "12,345", 999999: "999,999", 1234567: "1,234,567",
		-1: "-1", -999: "-999", -1000: "-1,000", -123456: "-123,456",
	} {
		if got := phrase.Number(n); got != want {
			t.Errorf("phrase.Number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestNounsAgreeWithTheirNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0 mails", 1: "1 mail", 2: "2 mails", 1000: "1,000 mails"} {
		if got := phrase.Count(n, "mail"); got != want {
			t.Errorf("phrase.Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSizesAreReadable(t *testing.T) {
	for bytes, want := range map[int]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 262144: "262.1 kB", 1000000: "1.0 MB", 2 << 20: "2.1 MB",
		999999: "1.0 MB",
	} {
		if got := size(bytes); got != want {
			t.Errorf("size(%d) = %q, want %q", bytes, got, want)
		}
	}
}

func TestSparklines(t *testing.T) {
	tests := []struct {
		name    string
		minutes []int
		want    string
	}{
		{"nothing", nil, ""},
		{"a single minute says nothing", []int{7}, ""},
		{"equal minutes are full", []int{3, 3, 3}, "███"},
		{"one to eight is each step", []int{1, 2, 3, 4, 5, 6, 7, 8}, "▁▂▃▄▅▆▇█"},
		{"a minute without mails is a dot", []int{1, 0, 8}, "▁·█"},
		{"one among a million is still seen", []int{1000000, 1, 1}, "█▁▁"},
		{"no mails at all", []int{0, 0, 0}, "···"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := sparkline(tt.minutes); got != tt.want {
				t.Errorf("sparkline(%v) = %q, want %q", tt.minutes, got, tt.want)
			}
		})
	}
}

func TestTextsAreShortenedToCharacters(t *testing.T) {
	tests := []struct {
		name, text string
		limit      int
		want       string
	}{
		{"what fits stays", "abcde", 5, "abcde"},
		{"what does not fit ends in an ellipsis", "abcdef", 5, "abcd…"},
		{"characters count, not bytes", "äöüß€", 5, "äöüß€"},
		{"characters are not cut", "日本語日本語", 4, "日本語…"},
		{"no blank before the ellipsis", "abc def", 5, "abc…"},
		{"the indent of a long line stays", "    return x", 8, "    ret…"},
		{"a single character", "abc", 1, "…"},
		{"nothing", "", 3, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := phrase.Shorten(tt.text, tt.limit)
			if got != tt.want {
				t.Errorf("phrase.Shorten(%q, %d) = %q, want %q", tt.text, tt.limit, got, tt.want)
			}
			if utf8.RuneCountInString(got) > tt.limit {
				t.Errorf("%q has more than %d characters", got, tt.limit)
			}
		})
	}
}

func TestSpansSayNoMoreThanNeeded(t *testing.T) {
	tests := []struct {
		name  string
		later time.Duration
		want  string
	}{
		{"one moment", 0, "2026-03-09 03:17:42 CET"},
		{"the same second", 999 * time.Millisecond, "2026-03-09 03:17:42 CET"},
		{"the same day", time.Minute, "2026-03-09 03:17:42 to 03:18:42 CET"},
		{"the next day", 24 * time.Hour, "2026-03-09 03:17:42 to 2026-03-10 03:17:42 CET"},
		{"the same day of another year", 365 * 24 * time.Hour, "2026-03-09 03:17:42 to 2027-03-09 03:17:42 CET"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := span(night, night.Add(tt.later)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestHeadlinesSayWhatHappened(t *testing.T) {
	groups := make([]Group, 1203)
	groups[0].Title = "disk full"
	tests := []struct {
		name    string
		summary Summary
		want    string
	}{
		{"one mail", Summary{Count: 1, Groups: groups[:1]}, "1 error at 03:17:42 CET: disk full"},
		{"many mails of one error", Summary{Count: 482, Groups: groups[:1]}, "1 error; 482 mails since 03:17:42 CET"},
		{"many mails of many errors", Summary{Count: 12345, Groups: groups}, "1,203 errors; 12,345 mails since 03:17:42 CET"},
		{"more errors than kept", Summary{Count: 5, Groups: groups[:2], Omitted: 3}, "2 errors, and more; 5 mails since 03:17:42 CET"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.summary.First = night
			if got := headline(&tt.summary); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestHostListsEndAfterTen(t *testing.T) {
	hosts := strings.Split("abcdefghijkl", "")
	var list []Host
	for _, name := range hosts {
		list = append(list, Host{name, 1000})
	}
	if got, want := hostList(Group{Count: 1007, Hosts: list[:1]}, 10), "a (1,000), and 7 mails from other hosts, not kept"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for n, want := range map[int]string{
		0: "", 1: "a", 2: "a (1,000), b (1,000)",
		11: "a (1,000), b (1,000), c (1,000), d (1,000), e (1,000), f (1,000), g (1,000), h (1,000), i (1,000), j (1,000), and 1 other host",
		12: "a (1,000), b (1,000), c (1,000), d (1,000), e (1,000), f (1,000), g (1,000), h (1,000), i (1,000), j (1,000), and 2 other hosts",
	} {
		if got := hostList(Group{Count: 1000 * n, Hosts: list[:n]}, 10); got != want {
			t.Errorf("of %d hosts: %q, want %q", n, got, want)
		}
	}
}

func TestSamplesAreShownWithinBounds(t *testing.T) {
	variant := Variant{Count: 2, Sample: Sample{
		From: "app@web1", Subject: "other", Text: strings.Repeat("long "+strings.Repeat("x", 1400)+"\n", 440), Raw: []byte("x"), Size: 3,
		Attachments: []Attachment{{Name: "a.pdf", Type: "application/pdf", Size: 1500}}, Problem: "unknown charset",
	}}
	v := newVariantView(variant, Group{Title: "title"}, details[0])
	if len(v.Lines) != details[0].lines+1 || v.Dropped != 40 {
		t.Errorf("%d lines and %d dropped", len(v.Lines), v.Dropped)
	}
	for _, line := range v.Lines {
		if utf8.RuneCountInString(line) > details[0].runes {
			t.Errorf("a line of %d characters", utf8.RuneCountInString(line))
		}
	}
	if want := "the first one from app@web1, subject: other"; v.Origin != want {
		t.Errorf("origin %q, want %q", v.Origin, want)
	}
	if got, want := strings.Join(v.Notes, "|"), "attachment: a.pdf (application/pdf, 1.5 kB)|1 byte of 3 bytes were kept|problem: unknown charset"; got != want {
		t.Errorf("notes %q\nwant  %q", got, want)
	}
	if empty := newVariantView(Variant{Count: 1}, Group{Title: "title"}, details[0]); len(empty.Lines) != 0 || empty.Origin != "" {
		t.Errorf("a sample without text shows %q %q", empty.Origin, empty.Lines)
	}
}

func TestNoRedactorRemovesNothing(t *testing.T) {
	for _, none := range []*Redactor{nil, {}} {
		if got := none.Text("password=x"); got != "password=x" {
			t.Errorf("got %q", got)
		}
	}
}

func TestWhatIsNotCountedExactlyIsSaidAsTheLeastThereIs(t *testing.T) {
	v := store.Variation{Label: "of <…>", Distinct: 40, Top: []store.CountedValue{{Text: "anna", Count: 71, Over: 66}, {Text: "ben", Count: 9, Over: 1}, {Text: "carl", Count: 4}}}
	if got, want := strings.Join(messages(v), "|"), "at least 8 × ben|at least 5 × anna|4 × carl|and about 37 more messages"; got != want {
		t.Errorf("messages: %q, want %q", got, want)
	}
	if got, want := varies(v, ""), "of <…>: about 40 values, mostly ben (at least 8), anna (at least 5), carl (4)"; got != want {
		t.Errorf("values: %q, want %q", got, want)
	}
}
