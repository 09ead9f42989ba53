package deliver

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What is known of a failure beyond its text. An error may carry several marks;
// without any it is a temporary failure of this one mail.
type (
	permanentError     struct{ marked }
	unreachableError   struct{ marked }
	misconfiguredError struct{ marked }
	throttledError     struct{ marked }
	uncertainError     struct{ marked }
	tooLargeError      struct{ marked }
)

type marked struct{ err error }

func (e *marked) Error() string { return e.err.Error() }
func (e *marked) Unwrap() error { return e.err }

// Permanent marks err as one that trying again will not mend. Permanent(nil) is
// nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{marked{err}}
}

// IsPermanent reports whether err or one it wraps was marked with Permanent.
func IsPermanent(err error) bool {
	_, is := errors.AsType[*permanentError](err)
	return is
}

// Unreachable marks err as a failure to get as far as a mail: the relay was not
// found, did not answer, turned the connection away, or took neither our TLS nor
// our credentials. The next mail would fare the same. Unreachable(nil) is nil.
func Unreachable(err error) error {
	if err == nil {
		return nil
	}
	return &unreachableError{marked{err}}
}

// IsUnreachable reports whether err or one it wraps was marked with Unreachable.
// The mail itself was not judged, even if the error is permanent as well, which
// it is after a 5xx in place of the greeting (RFC 5321 section 3.1).
func IsUnreachable(err error) bool {
	_, is := errors.AsType[*unreachableError](err)
	return is
}

// Misconfigured marks err as one between us and a relay that is there: our login, its
// certificate, the protocol. Waiting does not mend it, a setting does. Misconfigured(nil)
// is nil.
func Misconfigured(err error) error {
	if err == nil {
		return nil
	}
	return &misconfiguredError{marked{err}}
}

// IsMisconfigured reports whether err or one it wraps was marked with Misconfigured.
func IsMisconfigured(err error) bool {
	_, is := errors.AsType[*misconfiguredError](err)
	return is
}

// Throttled marks err as the relay's wish to be left alone for a while.
// Throttled(nil) is nil.
func Throttled(err error) error {
	if err == nil {
		return nil
	}
	return &throttledError{marked{err}}
}

// IsThrottled reports whether err or one it wraps was marked with Throttled, as
// the replies 421, 432, 450, 451, 452 and 454 are. A *RefusedError is throttled if the
// reasons for all its recipients are.
func IsThrottled(err error) bool { return isMarked[*throttledError](err) }

// TooLarge marks err as one that a smaller mail would not meet. TooLarge(nil) is nil.
func TooLarge(err error) error {
	if err == nil {
		return nil
	}
	return &tooLargeError{marked{err}}
}

// IsTooLarge reports whether err or one it wraps was marked with TooLarge. A
// *RefusedError is if the reasons for all its recipients are.
func IsTooLarge(err error) bool { return isMarked[*tooLargeError](err) }

// isMarked reports whether err has a mark, or all the reasons of a *RefusedError do.
func isMarked[M error](err error) bool {
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		for _, reason := range refused.Refused {
			if !isMarked[M](reason) {
				return false
			}
		}
		return len(refused.Refused) > 0
	}
	_, is := errors.AsType[M](err)
	return is
}

// Uncertain marks err as one after which the other side may have the mail all
// the same: the whole mail was handed over and no answer came. Sending it again
// may make a copy. Uncertain(nil) is nil.
func Uncertain(err error) error {
	if err == nil {
		return nil
	}
	return &uncertainError{marked{err}}
}

// IsUncertain reports whether err or one it wraps was marked with Uncertain. A
// *RefusedError is uncertain if the reason for any of its recipients is.
func IsUncertain(err error) bool {
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		for _, reason := range refused.Refused {
			if IsUncertain(reason) {
				return true
			}
		}
		return false
	}
	_, is := errors.AsType[*uncertainError](err)
	return is
}

// A RefusedError says that a mail was accepted for its other recipients but
// refused for these. Each error is temporary unless marked with Permanent.
type RefusedError struct {
	Refused map[string]error
}

// maxReasons bounds how many reasons an error names: a relay may have one for each of
// 10,000 recipients, and the text goes into the log, the store and the page.
const maxReasons = 5

// Error names the reasons, the most frequent first, and for each its first recipient
// and how many there are. It is a few KB long at most.
func (e *RefusedError) Error() string {
	type reason struct {
		text, first string
		count       int
	}
	known := make(map[string]*reason)
	for address, err := range e.Refused {
		text := err.Error()
		r := known[text]
		if r == nil {
			r = &reason{text: text, first: address}
			known[text] = r
		}
		r.count++
		r.first = min(r.first, address)
	}
	reasons := slices.SortedFunc(maps.Values(known), func(a, b *reason) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.first, b.first))
	})
	var texts []string
	unnamed := len(e.Refused)
	for _, r := range reasons[:min(len(reasons), maxReasons)] {
		who := "<" + r.first + ">"
		if r.count > 1 {
			who = fmt.Sprintf("%d recipients, the first <%s>", r.count, r.first)
		}
		texts = append(texts, who+": "+r.text)
		unnamed -= r.count
	}
	if unnamed > 0 {
		texts = append(texts, fmt.Sprintf("and %d more recipients for other reasons", unnamed))
	}
	return "refused for " + strings.Join(texts, "; ")
}
