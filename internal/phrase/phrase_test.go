package phrase

import (
	"testing"
	"time"
)

func TestNumbersAreWrittenAsPeopleReadThem(t *testing.T) {
	for want, got := range map[string]string{
		"0": Number(0), "999": Number(999), "1,204": Number(1204), "1,000,000": Number(1_000_000), "-1,000": Number(-1000),
		"0 mails": Count(0, "mail"), "1 mail": Count(1, "mail"), "1,204 mails": Count(1204, "mail"),
		"short": Shorten("short", 5), "shor…": Shorten("shorter", 5), "größ…": Shorten("größer als", 5), "a…": Shorten("a  b", 3),
		"5m": Duration(5 * time.Minute), "1h": Duration(time.Hour), "1h30m": Duration(90 * time.Minute), "1m30s": Duration(90 * time.Second), "0s": Duration(0),
		"a": Or([]string{"a"}), "a or b": Or([]string{"a", "b"}), "a, b or c": Or([]string{"a", "b", "c"}),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
