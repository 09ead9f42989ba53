package store

import "time"

// A Lesson is what was learned of which texts are one error: a text, or what a person
// has decided.
type Lesson struct {
	ID   int64 // grows
	Kind LessonKind
	// Fingerprint is that of the text, or of what was merged with Other, or split off.
	Fingerprint, Other string
	Lines              []string // of a text, masked
	At                 time.Time
}

// A LessonKind says what a Lesson is.
type LessonKind string

// The kinds of lessons.
const (
	LessonText  LessonKind = "text"  // the fingerprint stands for the lines
	LessonMerge LessonKind = "merge" // both fingerprints are one error
	LessonSplit LessonKind = "split" // the fingerprint is an error of its own
)
