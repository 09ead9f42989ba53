package telling

import "testing"

func TestTheTimeInFrontOfALineIsNoPartOfWhatItSays(t *testing.T) {
	for name, test := range map[string]struct{ line, want string }{
		"a date and a time":             {"2026-11-14 02:00:07 pump7 is down", "pump7 is down"},
		"of loggers, with fractions":    {"2026-11-14 02:00:07,123 - pump7 is down", "pump7 is down"},
		"in brackets":                   {"[2026-11-14 02:00:07] pump7 is down", "pump7 is down"},
		"of RFC 3339":                   {"2026-11-14T02:00:07.123+01:00 pump7 is down", "pump7 is down"},
		"of RFC 3339 in UTC":            {"2026-11-14T02:00:07Z pump7 is down", "pump7 is down"},
		"as in Germany":                 {"14.11.2026 02:00 - pump7 is down", "pump7 is down"},
		"as in Spain":                   {"14/11/2026 2:00 | pump7 is down", "pump7 is down"},
		"as it is masked":               {"[<time>] pump7 is down", "pump7 is down"},
		"a time alone":                  {"02:00:07 pump7 is down", "pump7 is down"},
		"masked ones at the end":        {"copy of pump7 failed on <date> at <time>.", "copy of pump7 failed"},
		"one behind a dash":             {"copy of pump7 failed - <date> <time>", "copy of pump7 failed"},
		"but not until when":            {"the licence is valid until <date>", "the licence is valid until <date>"},
		"nor the value of a field":      {"last success: <time>", "last success: <time>"},
		"nor from when to when":         {"down from <time> to <time>", "down from <time> to <time>"},
		"but an address is none":        {"192.168.100.7 is down", "192.168.100.7 is down"},
		"nor an address with a port":    {"192.168.100.7:8080 is down", "192.168.100.7:8080 is down"},
		"nor an address of version 6":   {"2001:db8::17 is down", "2001:db8::17 is down"},
		"nor a hardware address":        {"00:11:22:33:44:55 is down", "00:11:22:33:44:55 is down"},
		"nor a number":                  {"20261114 is the last one", "20261114 is the last one"},
		"nor a version":                 {"1.2.3 was installed", "1.2.3 was installed"},
		"nor anything that is all":      {"2026-11-14 02:00:07", "2026-11-14 02:00:07"},
		"nor what stands in the middle": {"down since 2026-11-14 02:00:07", "down since 2026-11-14 02:00:07"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := WithoutTime(test.line); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
