package batch

import (
	"os"
	"strings"
	"testing"
)

// The frames in docs/grouping.md count as it says.
func TestGroupingShowsWhatFramesCountAs(t *testing.T) {
	raw, err := os.ReadFile("../../docs/grouping.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(raw), "| printed by | a frame | counts as |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	if !found || len(rows) < 10 {
		t.Fatalf("docs/grouping.md has no table of frames, or one of %d rows", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		if len(cells) != 3 {
			t.Fatalf("the row %q has %d cells", row, len(cells))
		}
		t.Run(cells[0], func(t *testing.T) {
			line, want := strings.Trim(cells[1], "`"), strings.Trim(cells[2], "`")
			frame, ok := scanFrame(line)
			if got := frame.frame(); !ok || got != want {
				t.Errorf("%q counts as %q (%t), want %q", line, got, ok, want)
			}
		})
	}
}
