package batch

import (
	"strings"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/wordlist"
)

// messageFields are what the reports of web frameworks call the message of an exception, of which
// they write the type alone.
var messageFields = wordlist.Set(`message value`)

// withMessage returns headline with the message of its exception, if it is a bare type and text has
// a field for the message: "Exception Value: duplicate key".
func withMessage(headline, text string) string {
	kind := headline
	if before, place, found := strings.Cut(headline, " at "); found && !strings.Contains(place, " ") {
		kind = before // IntegrityError at /cart/
	}
	if strings.ContainsAny(kind, " :(") || !isException(kind) {
		return headline
	}
	isType := false // the field before is the type of this exception
	for line := range strings.Lines(text) {
		key, value, found := strings.Cut(strings.TrimSpace(line), ": ")
		first, last, _ := strings.Cut(strings.ToLower(key), " ")
		if at := strings.LastIndex(key, content.Inside); at >= 0 { // err > message
			first, last = "exception", strings.ToLower(key[at+len(content.Inside):])
		}
		switch {
		case !found || first != "exception":
		case last == "type":
			isType = value == headline || strings.HasPrefix(value, kind+" ") || value == kind
		case messageFields[last] && isType && len(value) > len("None"):
			return kind + ": " + value
		}
	}
	return headline
}
