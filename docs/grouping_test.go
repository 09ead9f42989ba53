// Package docs runs the examples of the documentation.
package docs

import (
	"os"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/message"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/receive"
)

func TestTheMasksAreAsGroupingSays(t *testing.T) {
	count := 0
	for _, row := range tables(t, "grouping.md", "in", "out", "why") {
		count++
		if got := batch.Mask(row[0]); got != row[1] {
			t.Errorf("%q becomes %q, grouping.md says %q", row[0], got, row[1])
		}
	}
	if count < 70 {
		t.Errorf("only %d examples were found", count)
	}
}

func TestTheExpressionsAreAsGroupingSays(t *testing.T) {
	raw := block(t, "grouping.md", "mail")
	mail := message.New("app@web1", []string{"ops@example.com"}, []byte(raw))
	count := 0
	for _, row := range tables(t, "grouping.md", "expression", "key") {
		count++
		check(t, mail, row[0], row[1])
	}
	for _, row := range tables(t, "grouping.md", "subject", "`--group`", "headline") {
		count++
		check(t, message.New("", nil, []byte("Subject: "+row[0]+"\n\nx\n")), row[1], row[2])
	}
	if count < 15 {
		t.Errorf("only %d examples were found", count)
	}
}

func check(t *testing.T, mail *receive.Message, expression, want string) {
	t.Helper()
	grouper, err := batch.Compile(expression)
	if err != nil {
		t.Errorf("%s: %v", expression, err)
		return
	}
	if got, err := grouper.Group(mail); err != nil || got != want {
		t.Errorf("%s gives %q (%v), the documentation says %q", expression, got, err, want)
	}
}

// tables returns the rows of all tables in file with the given head. Cells that are
// one piece of code are returned without the marks.
func tables(t *testing.T, file string, head ...string) (rows [][]string) {
	t.Helper()
	inTable := false
	for line := range strings.Lines(read(t, file)) {
		cells := cellsOf(strings.TrimSpace(line))
		switch {
		case len(cells) != len(head):
			inTable = false
		case strings.Join(cells, "|") == strings.Join(head, "|"):
			inTable = true
		case inTable && strings.Trim(cells[0], "-") != "":
			for i, cell := range cells {
				cells[i] = uncode(cell)
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

func cellsOf(line string) []string {
	line, isRow := strings.CutPrefix(line, "|")
	if !isRow {
		return nil
	}
	const bar = "\x00"
	cells := strings.Split(strings.TrimSuffix(strings.ReplaceAll(line, `\|`, bar), "|"), "|")
	for i := range cells {
		cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), bar, "|")
	}
	return cells
}

func uncode(cell string) string {
	if len(cell) > 2 && strings.Count(cell, "`") == 2 && cell[0] == '`' && cell[len(cell)-1] == '`' {
		return cell[1 : len(cell)-1]
	}
	return cell
}

// block returns the first block of file in the given language.
func block(t *testing.T, file, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, file), "\n```"+language+"\n")
	text, _, ended := strings.Cut(rest, "```\n")
	if !found || !ended {
		t.Fatalf("%s has no block of %s", file, language)
	}
	return text
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
