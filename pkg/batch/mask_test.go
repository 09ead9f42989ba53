package batch_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
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
		{"a number behind a no-break space", "zusammen\u00a01.234,50\u00a0€, 订单123失败", "zusammen\u00a0<num>\u00a0€, 订单<num>失败"},
		{"digits beyond ASCII are not numbers", "１２３", "１２３"},

		{"a log4j time with milliseconds is one time", "2026-03-09 03:17:42,987 ERROR", "<time> ERROR"},
		{"an ISO 8601 time with fraction and Z is one time", "at 2026-03-09T03:17:42.123456Z", "at <time>"},
		{"an ISO 8601 time with a zone is one time", "2026-03-09T03:17:42+01:00 up", "<time> up"},
		{"a zone without a colon belongs to the time", "2026-03-09T03:17:42-0700;", "<time>;"},
		{"a Go log time is one time", "2026/03/09 03:17:42 http: superfluous", "<time> http: superfluous"},
		{"a date stands alone", "backup of 2026-03-09.", "backup of <date>."},
		{"a time of day stands alone", "until 23:59:59", "until <time>"},
		{"a time in brackets is found", "[03:17:42] [main/INFO]", "[<time>] [main/INFO]"},
		{"the date and time of an access log are one time", "09/Mar/2026:03:17:42 +0100", "<time>"},

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
		{"codes of four digits", "failed with error 1045, return code: 1146, error 20171", "failed with error 1045, return code: 1146, error <num>"},
		{"sizes in small letters", "heap [505.4mb], free 58 gb of 2tb", "heap [<size>], free <size> of <size>"},
		{"any mail address in brackets", "from=<A6f8+x2_110==_FYm=x@in.shop.example>, id=<f85-28-jdent=a.example@0290.b.example>", "from=<<email>>, id=<<email>>"},
		{"a name with its address, whatever it ends in", "from dns-z2.z2.barn.hier[192.0.2.7]: x.y.z[1]", "from <host>: x.y.z[<num>]"},
		{"a mail address at the end of a sentence", "ask ops@shop.example.", "ask <email>."},
		{"a local user is no mail address", "Cron <root@db1>", "Cron <root@db<num>>"},
		{"a mention is no mail address", "@channel see below", "@channel see below"},
		{"a login and its host before a port", "app@db.shop.example:5432 refused", "<email>:<num> refused"},

		{"a duration may have any unit", "after 3001 ms, 250ms, 1.5s", "after <duration>, <duration>, <duration>"},
		{"a size may have any unit", "5GB of 1.2 TB, 93.0 B", "<size> of <size>, <size>"},
		{"a size without its B, as df writes it", "48G of 1.2Ti, 3Go, 5 M", "<size> of <size>, <num>Go, <num> M"},
		{"an ordinal has the ending of its number", "1st, 22nd, 3rd, 4th attempt", "<num>, <num>, <num>, <num> attempt"},
		{"thousands separators belong to the number", "1,200.50 €", "<num> €"},
		{"a list of numbers after blanks", "1, 2, 3", "<num>, <num>, <num>"},
		{"percent", "97% used", "<num>% used"},
		{"a sign belongs to its number", "-5 +5 (-7) x=-8", "<num> <num> (<num>) x=<num>"},
		{"a process id", "sshd[4242]: Failed", "sshd[<num>]: Failed"},
		{"a thread keeps its pool", "[http-nio-8080-exec-12]", "[http-nio-<num>-exec-<num>]"},
		{"an HDFS block", "blk_-1608999687919862906", "blk_<num>"},
		{"a quoted key", "KeyError: 'order-4211'", "KeyError: '<value>'"},
		{"the number of an error of a database stays", "ORA-12154: TNS, ORA-01555 of host web-12154", "ORA-12154: TNS, ORA-01555 of host web-<num>"},
		{"so do HRESULTs, replies and events", "update failed (0x80070005), segfault at 0x80070005; mx said: 550 no, 17 times; Event ID: 4625", "update failed (0x80070005), segfault at <hex>; mx said: 550 no, <num> time; Event ID: 4625"},
		{"but not what others count", "anna said 17 items, Event ID 17, Original event ID: 4711", "anna said <num> item, Event ID <num>, Original event ID: <num>"},
		{"a term whose digits belong to it stays", "utf8 S3 k8s SHA256 md5sum", "utf8 S3 k8s SHA256 md5sum"},
		{"a machine is no term", "web2 db2 s3 and S3, DB2", "web<num> db<num> s<num> and S3, DB2"},
		{"a name with many digits is an id", "session s4711abcz", "session <id>"},
		{"the variable parts of a URL", "https://x.example/a/123?id=456&t=abc123def", "https://<host>/a/<num>?<query>"},
		{"a machine with a number", "web1 and node-17b, app_02", "web<num> and node-<num>b, app_<num>"},
		{"an id of letters and digits", "token x7f3k9q2, ref 04DN8IQ", "token <id>, ref <id>"},
		{"an exponent belongs to the number", "loss 1.5e-05", "loss <num>"},
		{"a Go duration is one", "after 1h30m0.5s", "after <duration>"},

		{"a duration in words is one", "up 2 hours, 5 minutes and 1 second, 3 days", "up <duration>, <duration>"},
		{"a day and a time of day are a duration", "up 2 days, 03:04:05", "up <duration>"},
		{"parts that do not become smaller are several", "5s 5s, 3 s and 2 min", "<duration> <duration>, <duration> and <duration>"},
		{"a unit that is part of a name is none", "3 hr@shop.example, 2 day-old, 7 s.js", "<num> <email>, <num> day-old, <num> s.js"},
		{"how long something took is no time of day", "took 00:01:30, elapsed: 1:02, at 00:01:30", "took <duration>, elapsed: <duration>, at <time>"},
		{"a place in a file is no time", "a.js:24:20, b.js:12:20", "a.js:<num>:<num>, b.js:<num>:<num>"},
		{"a noun behind a number is in the singular", "3 errors, 2 retries, 5 matches: 2 boxes.", "<num> error, <num> retry, <num> match: <num> box."},
		{"so is one with an adjective", "2 failed jobs, 3 oom_kill events, 4 node alerts.", "<num> failed job, <num> oom_kill event, <num> node alerts."},
		{"a hexadecimal number without a digit behind its noun", "snapshot aabbccdd saved, commit deadbeef: facade", "snapshot <hex> saved, commit <hex>: facade"},
		{"a number behind a word that makes it a code", "HTTP 503, exit code: 137, HTTP/1.1 404 in 7 tries, error 0x80070005", "HTTP 503, exit code: 137, HTTP/<num> 404 in <num> try, error 0x80070005"},
		{"a code of Active Directory", "AcceptSecurityContext error, data 775, v2580; after an error, 775 bytes of data", "AcceptSecurityContext error, data 775, v<num>; after an error, <size> of data"},
		{"words in s that are no plurals stay", "443 https 3 status 2 access 1 this 4 tls-certs", "<num> https <num> status 2 access <num> this <num> tls-certs"},
		{"a time of JavaScript", "Mon Mar 09 2026 03:17:42 GMT-0800 (Pacific Standard Time)", "<time>"},
		{"a time of Python", "at datetime.datetime(2026, 3, 9, 3, 17, tzinfo=x), f(2026, 3, 9)", "at datetime.datetime(<time>, tzinfo=x), f(<num>, <num>, <num>)"},
		{"seconds in a log of Linux", "[    5.125] a [12345.678901] b [ 7]", "[<num>] a [<num>] b [ <num>]"},
		{"a date with the name of a month", "on 9 Mar 2026, March 9, 2026", "on <date>, <date>"},
		{"a day without its year before a time", "09-Mar 03:17 job 9-Mar", "<time> job <num>-Mar"},
		{"a date that begins with a month", "Mar/09/2026 03:17:42 Mar/9/2026, mar/9/26", "<time> <date>, mar/<num>/<num>"},
		{"a time of RFC 5322", "Mon, 09 Mar 2026 03:17:42 +0100 sent", "<time> sent"},
		{"a time of ctime", "at Mon Mar  9 03:17:42 2026", "at <time>"},
		{"a time of date(1)", "Mon Mar  9 03:17:42 UTC 2026: ok", "<time>: ok"},
		{"a time of the syslog", "Mar  9 03:17:42 web sshd", "<time> web sshd"},
		{"a time with half of the day", "03/09/2026 3:17:42 AM failed", "<time> failed"},
		{"the hour of half a day may have one digit", "at 9:05 AM, 10:05 pm", "at <time>, <time>"},
		{"a time joined by a dash", "dump 2026-03-09-03:17:42 of 2026-03-09-4", "dump <time> of <num>-<num>-<num>-<num>"},
		{"a short date", "on 3/9/26 and 12/10/26, not 1/2/3", "on <date> and <date>, not <num>/<num>/<num>"},
		{"a compact time", "dump-20260309T031742Z", "dump-<time>"},
		{"hours and minutes", "until 23:59, port :80", "until <time>, port :<num>"},
		{"words that begin like a month stay", "May I march? Maria Sunday", "May I march? Maria Sunday"},

		{"a host", "no route to db1.shop.example.com", "no route to <host>"},
		{"a host with its port", "dial db.internal:5432 failed", "dial <host> failed"},
		{"a host in upper case", "MSRA-41.CORP.EXAMPLE.COM down", "<host> down"},
		{"a host at the end of a sentence", "ask mail.example.org.", "ask <host>."},
		{"a host under any top-level domain", "db-1.shop.berlin, web2.acme.systems: down", "<host>, <host>: down"},
		{"a host that a word announces", "from mail.acme.network, host acme.store, server=acme.shop", "from <host>, host <host>, server=<host>"},
		{"a host that a port or a scheme shows", "acme.store:443, https://acme.shop/x", "<host>, https://<host>/x"},
		{"a service of a cluster", "dial db.prod.svc:5432, db.prod.svc.cluster.local", "dial <host>, <host>"},
		{"a key under a top-level domain is no host", "redis.store app.session.network user.email from app.user.name", "redis.store app.session.network user.email from app.user.name"},
		{"a file is no host", "main.go x.py lib.so index.html app.js README.md", "main.go x.py lib.so index.html app.js README.md"},
		{"a package is no host", "java.net.Socket org.example.net com.example.app.Main", "java.net.Socket org.example.net com.example.app.Main"},
		{"the end of a sentence is no host", "It failed.In the end", "It failed.In the end"},
		{"a configuration key is no host", "spring.datasource.id mapred.job.id user.name", "spring.datasource.id mapred.job.id user.name"},
		{"an address with its name", "from 192.0.2.7 (a-1.example.net), mx.example.com[192.0.2.8]:25", "from <ip>, <host>"},
		{"an address that resolves to nothing", "connection from 192.0.2.7 () at", "connection from <ip> at"},
		{"a Java address with its name", "to db.example.com/192.0.2.7:5432 refused", "to <host> refused"},
		{"an IPv6 address that begins with colons", "dial [::1]:5432, from ::1", "dial <ip>, from <ip>"},
		{"an address in brackets without a port keeps them", "[::1] [192.0.2.7]", "[<ip>] [<ip>]"},
		{"octets of a command", "cmd 61/08:00:d8:1f:a0/00:00:57:00:00/40 tag 3, 12:30:45:00 1/2/3", "cmd <hex> tag <num>, <time> <num>/<num>/<num>"},
		{"a plural of initials", "1 pg, 2 pgs, 3 vms, 4 gas", "<num> pg, <num> pg, <num> vm, <num> gas"},
		{"a date in another language", "le lundi 2 novembre 2026, 08:14 vom Montag, den 2. November 2026", "le <time> vom <date>"},
		{"a date with prepositions", "el martes 3 de noviembre de 2026 a las 03:17:42, dia 9 de maio", "el <date> a las <time>, dia <date>"},
		{"the first of a month", "le 1er mars 2026, backup_montag 3.5.2026, 2 dns servers, 3 tls", "le <date>, backup_montag <date>, <num> dns servers, <num> tls"},
		{"a number before another word is no date", "2 maisons, 3 de los discos, lundi 9 fois", "<num> maison, <num> de los discos, lundi <num> fois"},
		{"a list of machines is one of them", "c[00-03]=c4, x[1], a[2-] [3-4] y[5,6", "c<num>=c<num>, x[<num>], a[<num>-] [<num>-<num>] y[<num>"},
		{"an address belongs to the name before it", "from unknown[192.0.2.7]:25, nas.lan[::1] and web.biz[192.0.2.8]; a[b.c], sshd[17], blocked[192.0.2.7]", "from <host>, <host> and <host>; a[b.c], sshd[<num>], blocked[<ip>]"},
		{"a hardware address as Windows and Cisco write it", "00-1A-2b-3c-4d-5e, 001a.2b3c.4d5e; 26-03-09-03-17-42", "<mac>, <mac>; <num>-<num>-<num>-<num>-<num>-<num>"},
		{"a JSON Web Token", "invalid token eyJhbGciOiJI.eyJzdWIiOiIx.abc-DEF_123.", "invalid token <id>."},
		{"a class and its method are no address", "A::B ::std::x", "A::B ::std::x"},

		{"a quoted name stays", `column "email" of 'orders', method "pages"`, `column "email" of 'orders', method "pages"`},
		{"a quoted path", `host "10.0.0.1", "db1.example.com", cannot open "/tmp/a b" or '/tmp/ab'`, `host "<ip>", "<host>", cannot open "/tmp/a b" or '<value>'`},
		{"any address, and a machine that is dialled", "listening at [::]:8080, dial tcp accounts.svc:8080 failed", "listening at <ip>, dial tcp <host> failed"},
		{"a port before a colon", "error from [2001:db8::7]:33210: EOF, 192.0.2.7:5122: EOF", "error from <ip>: EOF, <ip>: EOF"},
		{"a quoted class stays", `Class "App\Mailer" not found by 'Shop\Anna'`, `Class "App\Mailer" not found by '<value>'`},
		{"a quoted name of several parts stays", `unit "nginx.service", check 'ping-db'`, `unit "nginx.service", check 'ping-db'`},
		{"a quoted sentence stays", `said "connection refused"`, `said "connection refused"`},
		{"an apostrophe opens no quote", "can't open the user's file 'x-1'", "can't open the user's file '<value>'"},
		{"keys and values of JSON stay", `{"error": "timeout", "id": 7}`, `{"error": "timeout", "id": <num>}`},
		{"keys and values of a Python dict stay", `{'error': 'timeout'}`, `{'error': 'timeout'}`},
		{"a query of a path", "GET /cart?id=5&x=y HTTP/1.1", "GET /cart?<query> HTTP/<num>"},
		{"a question is no query", "why? because x=5", "why? because x=<num>"},

		{"the name of a user", "Failed password for root from 192.0.2.7 port 22", "Failed password for <user> from <ip> port <num>"},
		{"an unknown user", "Invalid user test9 from 192.0.2.7", "Invalid user <user> from <ip>"},
		{"a quoted user", "Login failed for user 'sa'. authentication for user \"shop-1\" failed", "Login failed for user '<user>'. authentication for user \"<user>\" failed"},
		{"a user in a field", "uid=0 user=anna rhost=", "uid=<num> user=<user> rhost="},
		{"a session of a user", "session opened for user cyrus by (uid=0)", "session opened for user <user> by (uid=<num>)"},
		{"what is done with users stays", "for user authentication, user not found, by user request", "for user authentication, user not found, by user request"},

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
		"web-7d4b9c6f5d-x2x8z 1tQ2kD-0005aB-2f V1StGXR8_Z5jdHi6B-myT a/q+Xa81kQz0Pw== WD-WMAZA1234567 v1-17-g3f2a9bc deadbeefcafe",
		"3 errors, 2 passwords for bob from x, 4 users", "2 days, 3:04 and 5 minutes in 1:30 5 MB 3s 2s", "[   1.5] datetime.datetime(2026, 3, 9)",
		"from db-1.shop, host mail.berlin to a.svc:80", "Mon Mar 09 2026 03:17:42 GMT-0800 (Pacific Standard Time)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		masked := batch.Mask(text)
		if again := batch.Mask(masked); again != masked {
			t.Errorf("masking is not idempotent: %q, then %q, then %q", text, masked, again)
		}
		if !strings.ContainsAny(text, "0123456789@.'\"`?=</-ABCDEFGHIJKLMNOPQRSTUVWXYZ") && !hasLongWord(text) && !strings.Contains(strings.ToLower(text), "user") && !strings.Contains(text, "for ") && masked != text {
			t.Errorf("%q has no value, but became %q", text, masked)
		}
		if utf8.ValidString(text) && !utf8.ValidString(masked) {
			t.Errorf("%q became %q, which is not UTF-8", text, masked)
		}
	})
}

// hasLongWord reports whether text has a word that may be a random value though
// it has neither digits nor capitals.
func hasLongWord(text string) bool {
	return slices.ContainsFunc(strings.Fields(text), func(word string) bool { return len(word) >= 12 })
}

// A sentence is made of words and values at random.
type sentence struct {
	random *rand.Rand
	words  []string // "" where a value stands
	kinds  []int
}

func newSentence(random *rand.Rand) *sentence {
	s := &sentence{random: random}
	for range 3 + random.IntN(12) {
		if random.IntN(3) == 0 {
			s.words, s.kinds = append(s.words, ""), append(s.kinds, random.IntN(len(valueKinds)))
			continue
		}
		s.words, s.kinds = append(s.words, randomWord(random)), append(s.kinds, -1)
	}
	return s
}

func randomWord(random *rand.Rand) string {
	word := make([]byte, 2+random.IntN(9))
	for i := range word {
		word[i] = "abcdefghijklmnopqrstuvwxyz"[random.IntN(26)]
	}
	return string(word)
}

// text renders the sentence with values that differ at each call.
func (s *sentence) text() string {
	var parts []string
	for i, word := range s.words {
		if word == "" {
			word = valueKinds[s.kinds[i]](s.random)
		}
		parts = append(parts, word)
	}
	return strings.Join(parts, " ")
}

var valueKinds = []func(*rand.Rand) string{
	func(r *rand.Rand) string { return fmt.Sprint(r.IntN(1_000_000)) },
	func(r *rand.Rand) string { return fmt.Sprintf("%.2f", r.Float64()*1000) },
	func(r *rand.Rand) string { return fmt.Sprintf("%#x", r.Uint32()) },
	func(r *rand.Rand) string { return fmt.Sprintf("10.%d.%d.%d", r.IntN(256), r.IntN(256), r.IntN(256)) },
	func(r *rand.Rand) string {
		return fmt.Sprintf("web%d.shop.example.com:%d", r.IntN(100), 1+r.IntN(65535))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("2026-%02d-%02d %02d:%02d:%02d", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<16), r.IntN(1<<16), r.Uint64N(1<<48))
	},
	func(r *rand.Rand) string { return fmt.Sprintf("%s@example.com", randomWord(r)) },
	func(r *rand.Rand) string { return fmt.Sprintf("%dms", r.IntN(5000)) },
	func(r *rand.Rand) string { return fmt.Sprintf("'%s-%d'", randomWord(r), r.IntN(100)) },
}

func TestMaskingJoinsWhatDiffersInValuesAndNothingThatDiffersInAWord(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		s := newSentence(random)
		one := s.text()
		masked := batch.Mask(one)
		if other := s.text(); batch.Mask(other) != masked {
			t.Fatalf("%q became %q\n%q became %q", one, masked, other, batch.Mask(other))
		}
		i := random.IntN(len(s.words))
		if s.words[i] == "" {
			continue
		}
		s.words[i] += "x"
		if other := s.text(); batch.Mask(other) == masked {
			t.Fatalf("%q and %q both became %q", one, other, masked)
		}
	}
}
