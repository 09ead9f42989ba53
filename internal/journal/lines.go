package journal

import (
	"encoding/json"
	"strings"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// EncodeLines writes the lines of a lesson down for an engine to keep.
func EncodeLines(lines []string) string { return strings.Join(lines, "\n") }

// DecodeLines is the inverse of EncodeLines.
func DecodeLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// EncodeThings writes the things of a mute down for an engine to keep.
func EncodeThings(things []meaning.Thing) string {
	if len(things) == 0 {
		return ""
	}
	text, err := json.Marshal(things)
	if err != nil {
		panic(err) // strings only
	}
	return string(text)
}

// DecodeThings is the inverse of EncodeThings. What cannot be read stands for all things.
func DecodeThings(text string) (things []meaning.Thing) {
	if json.Unmarshal([]byte(text), &things) != nil {
		return nil
	}
	return things
}
