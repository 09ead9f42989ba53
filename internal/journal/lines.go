package journal

import "strings"

// EncodeLines writes the lines of a lesson down for an engine to keep.
func EncodeLines(lines []string) string { return strings.Join(lines, "\n") }

// DecodeLines is the inverse of EncodeLines.
func DecodeLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
