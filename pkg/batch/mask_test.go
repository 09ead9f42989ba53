package batch_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hut8labs/failmail/pkg/batch"
)

func TestMaskReplacesWhatChangesAndKeepsTheRest(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing stays nothing", "", ""},
		{"words stay", "connection refused by peer", "connection refused by peer"},
		{"white space and line ends stay", " a\t b\r\n\n c ", " a\t b\r\n\n c "},
		{"characters beyond ASCII stay", "Ärger mit 12 Grüßen, 日本語", "Ärger mit <num> Grüßen, 日本語"},
		{"digits beyond ASCII are not numbers", "１２３", "１２３"},

		{"a log4j time with milliseconds is one time", "2026-03-09 03:17:42,987 ERROR", "<time> ERROR"},
		{"an ISO 8601 time with fraction and Z is one time", "at 2026-03-09T03:17:42.123456Z", "at <time>"},
		{"an ISO 8601 time with a zone is one time", "2026-03-09T03:17:42+01:00 up", "<time> up"},
		{"a zone without a colon belongs to the time", "2026-03-09T03:17:42-0700;", "<time>;"},
		{"a Go log time is one time", "2026/03/09 03:17:42 http: superfluous", "<time> http: superfluous"},
		{"a date stands alone", "backup of 2026-03-09.", "backup of <date>."},
		{"a time of day stands alone", "until 23:59:59", "until <time>"},
		{"a time in brackets is found", "[03:17:42] [main/INFO]", "[<time>] [main/INFO]"},
		{"the time of an access log follows its date", "09/Mar/2026:03:17:42 +0100", "<num>/Mar/<num>:<time> +<num>"},

		{"an address is an address", "from 203.0.113.7 denied", "from <ip> denied"},
		{"a port belongs to its address", "203.0.113.7:8443", "<ip>"},
		{"a network keeps its slash", "10.0.0.0/8", "<ip>/<num>"},
		{"three numbers are a version, not an address", "nginx/1.24.0", "nginx/<num>"},
		{"five numbers are no address", "1.2.3.4.5", "<num>"},

		{"a UUID in lower case", "request 550e8400-e29b-41d4-a716-446655440000 failed", "request <uuid> failed"},
		{"a UUID in upper case in a path", "/v/550E8400-E29B-41D4-A716-446655440000/x", "/v/<uuid>/x"},
		{"a pointer", "at 0x7ffee4c3a1b0:", "at <hex>:"},
		{"a hash after its algorithm", "sha256:9f86d081884c7d659a2feaa0c55ad015", "sha256:<hex>"},
		{"a short commit", "commit 3f2a9bc", "commit <hex>"},
		{"an English word of hexadecimal letters stays", "facade deadbeef", "facade deadbeef"},
		{"an instance id keeps its prefix", "i-0abcd1234ef567890", "i-<hex>"},

		{"a mail address", "mail to <anna.k+shop@mail.example.co.uk>, failed", "mail to <<email>>, failed"},
		{"a mail address at the end of a sentence", "ask ops@shop.example.", "ask <email>."},
		{"a local user is no mail address", "Cron <root@db1>", "Cron <root@db1>"},
		{"a mention is no mail address", "@channel see below", "@channel see below"},
		{"a login and its host before a port", "app@db.shop.example:5432 refused", "<email>:<num> refused"},

		{"a duration keeps its unit", "after 3001 ms, 250ms, 1.5s", "after <num> ms, <num>ms, <num>s"},
		{"a size keeps its unit", "5GB of 1.2TB", "<num>GB of <num>TB"},
		{"thousands separators belong to the number", "1,200.50 €", "<num> €"},
		{"a list of numbers after blanks", "1, 2, 3", "<num>, <num>, <num>"},
		{"percent", "97% used", "<num>% used"},
		{"a sign is not part of a number", "-5 +5", "-<num> +<num>"},
		{"a process id", "sshd[4242]: Failed", "sshd[<num>]: Failed"},
		{"a thread keeps its pool", "[http-nio-8080-exec-12]", "[http-nio-<num>-exec-<num>]"},
		{"an HDFS block", "blk_-1608999687919862906", "blk_-<num>"},
		{"an order id after a dash", "KeyError: 'order-4211'", "KeyError: 'order-<num>'"},
		{"an error code keeps its vendor", "ORA-12154: TNS", "ORA-<num>: TNS"},
		{"a name with few digits stays", "utf8 S3 k8s web1 md5sum", "utf8 S3 k8s web1 md5sum"},
		{"a name with many digits is an id", "session s4711abcz", "session <id>"},
		{"the variable parts of a URL", "https://x.example/a/123?id=456&t=abc123def", "https://x.example/a/<num>?id=<num>&t=<hex>"},
		{"a placeholder stays", "<num> <time> <email>", "<num> <time> <email>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := batch.Mask(tt.text)
			if got != tt.want {
				t.Errorf("Mask(%q)\n got %q\nwant %q", tt.text, got, tt.want)
			}
			if again := batch.Mask(got); again != got {
				t.Errorf("masking %q again gave %q", got, again)
			}
		})
	}
}

// Whatever the placeholder, two occurrences of one error have to look alike.
func TestMaskMakesTwoOccurrencesEqual(t *testing.T) {
	tests := []struct{ name, one, other string }{
		{"two times of a log", "2026-03-09 03:17:42,987 x", "2026-12-31 23:59:59,001 x"},
		{"times with and without a fraction", "2026-03-09T03:17:42Z x", "2026-03-09T03:17:42.5Z x"},
		{"IPv4 addresses of different lengths", "peer 10.0.0.1:80", "peer 203.0.113.254:60999"},
		{"IPv6 addresses", "peer 2001:db8::1 left", "peer 2001:db8:0:7::beef left"},
		{"hardware addresses", "port 00:1a:2b:3c:4d:5e down", "port ac:de:48:00:11:22 down"},
		{"numbers of different lengths", "order 7 of 1,234", "order 123456 of 9"},
		{"hashes with and without a letter in front", "commit 1f2a9bc0", "commit cf2a91b0"},
		{"mail addresses", "to a@b.example failed", "to long.name@mail.shop.example failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if one, other := batch.Mask(tt.one), batch.Mask(tt.other); one != other {
				t.Errorf("%q became %q\n%q became %q", tt.one, one, tt.other, other)
			}
		})
	}
}

func FuzzMask(f *testing.F) {
	for _, seed := range []string{
		"", "2026-03-09 03:17:42,987 ERROR [http-nio-8080-exec-12] x", "2026-03-09T03:17:42+01:00",
		"from 203.0.113.7:8443 to anna@shop.example:25, id 550e8400-e29b-41d4-a716-446655440000",
		"0x7ffee4c3a1b0 3f2a9bc 1.5s 1,200.50 € blk_-1608", "a@b.c:1 a@b@c.d :1:a@b.c:", "Ärger ä1ß2 \xff\xfe1", "1.2.3.4.5 1.2.3.4:é",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		masked := batch.Mask(text)
		if again := batch.Mask(masked); again != masked {
			t.Errorf("masking is not idempotent: %q, then %q, then %q", text, masked, again)
		}
		if !strings.ContainsAny(text, "0123456789@") && masked != text {
			t.Errorf("%q has neither digit nor @, but became %q", text, masked)
		}
		if utf8.ValidString(text) && !utf8.ValidString(masked) {
			t.Errorf("%q became %q, which is not UTF-8", text, masked)
		}
		rest := words(withoutPlaceholders(masked))
		for _, word := range words(withoutAddresses(withoutPlaceholders(text))) {
			for len(rest) > 0 && rest[0] != word {
				rest = rest[1:]
			}
			if len(rest) == 0 {
				t.Fatalf("the word %q of %q is not where it was in %q", word, text, masked)
			}
			rest = rest[1:]
		}
	})
}

var (
	placeholders = regexp.MustCompile(`<(uuid|time|date|ip|email|hex|id|num)>`)
	// What an e-mail address or UUID may cover, generously.
	addresses = regexp.MustCompile(`[-0-9A-Za-z_.:+\x{80}-\x{10ffff}]*@[-0-9A-Za-z_.:+@\x{80}-\x{10ffff}]*` +
		`|(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	wordRuns = regexp.MustCompile(`[0-9A-Za-z_\x{80}-\x{10ffff}]+`)
	pure     = regexp.MustCompile(`^[A-Za-z]+$`)
)

func withoutPlaceholders(text string) string { return placeholders.ReplaceAllString(text, " ") }

// withoutAddresses leaves a digit in their place, so that what touched them
// does not become a word.
func withoutAddresses(text string) string { return addresses.ReplaceAllString(text, "0") }

// words returns the runs of ASCII letters that touch no digit, underscore or
// other letter.
func words(text string) []string {
	var found []string
	for _, run := range wordRuns.FindAllString(text, -1) {
		if pure.MatchString(run) {
			found = append(found, run)
		}
	}
	return found
}
