package storm

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// scene is what a template knows about the mail it writes. Its methods draw
// the parts that differ from mail to mail, so that a template shows in place
// what varies and within which bounds.
type scene struct {
	Host string
	From string
	To   string
	At   time.Time
	// Over is that of the Letter.
	Over bool

	facts map[string]string
	// elapsed is the fraction of the storm that has passed.
	elapsed float64
	rng     *rand.Rand
}

// Fact returns that of the Letter. One that is missing fails the template.
func (s *scene) Fact(name string) (string, error) {
	fact, known := s.facts[name]
	if !known {
		return "", fmt.Errorf("the letter has no fact %q", name)
	}
	return fact, nil
}

// Between returns a number from low to high, both included.
func (s *scene) Between(low, high int) int {
	return low + s.rng.IntN(high-low+1)
}

// Pick returns one of the choices.
func (s *scene) Pick(choices ...string) string {
	return choices[s.rng.IntN(len(choices))]
}

// User returns the login of a customer.
func (s *scene) User() string {
	return s.Pick("anna", "ben", "carla", "david", "elif", "farid", "greta", "hugo", "ines", "jonas",
		"katja", "liam", "mia", "noah", "olga", "pavel")
}

// Hex returns up to 16 hexadecimal digits, the first of which is not zero: the
// programs imitated here print pointers and hashes without leading zeros.
func (s *scene) Hex(digits int) string {
	drawn := fmt.Sprintf("%016x", s.rng.Uint64())[:digits-1]
	return fmt.Sprintf("%x", s.Between(1, 15)) + drawn
}

// UUID returns a random UUID (version 4).
func (s *scene) UUID() string {
	return fmt.Sprintf("%s-%s-4%s-%s%s-%s", s.Hex(8), s.Hex(4), s.Hex(3), s.Pick("8", "9", "a", "b"), s.Hex(3), s.Hex(12))
}

// QueueMessageID returns a Message-ID as Postfix makes it from the time and
// the queue id. Programs that submit through the local sendmail command or
// leave the header out get theirs this way.
func (s *scene) QueueMessageID() string {
	return fmt.Sprintf("<%s.%s@%s>", s.At.UTC().Format("20060102150405"), strings.ToUpper(s.Hex(11)), s.Host)
}

// DiskFree returns the percentage of the database volume that is left, which
// falls in the course of the storm.
func (s *scene) DiskFree() int {
	return 5 - int(5*s.elapsed)
}

// DiskFreeMB returns what is left of the database volume of 200 GB.
func (s *scene) DiskFreeMB() int {
	return s.DiskFree()*2000 - s.Between(0, 1900)
}
