package batch_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
)

func fingerprint(subject, body string) batch.Fingerprint {
	return batch.FingerprintOf(message.New("", nil, []byte("Subject: "+subject+"\nContent-Type: text/plain; charset=utf-8\n\n"+body)))
}

// edit is text with each first of a pair replaced by its second; it fails if
// there is nothing to replace, since the test would then compare equals.
func edit(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("there is no %q in\n%s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

const (
	perlDeath  = "no VAT rate for country 'CH' at /srv/shop/lib/Shop/Tax.pm line 31.\n\tShop::Tax::rate(\"CH\") called at /srv/shop/lib/Shop/Invoice.pm line 118\n"
	haskellLog = "Mar 09 03:10:42 web1 rated[1812]: rated: Map.!: given key is not an element in the map\nCallStack (from HasCallStack):\n  error, called at libraries/containers/src/Data/Map/Internal.hs:633:17 in containers-0.6:Data.Map.Internal\n"
)

func TestTheSameErrorHasTheSameFingerprint(t *testing.T) {
	tests := []struct {
		name, text string
		pairs      []string
	}{
		{"Python with another time, order, user and host", pythonTrace,
			[]string{"03:17:42,987", "04:00:00,001", "4711", "12", "anna", "ben", "10.20.0.11", "10.20.0.14", "14107", "9"}},
		{"Python with other line numbers", pythonTrace, []string{"line 88", "line 91", "line 41", "line 1041"}},
		{"Python with another message", pythonTrace, []string{"Connection refused", "timeout expired"}},
		{"Python without markers under the lines", pythonTrace, []string{"            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n", ""}},
		{"Java with another request, thread, address and object", javaTrace,
			[]string{"550e8400", "0123abcd", "exec-12", "exec-3", "203.0.113.17:8443", "198.51.100.1:443", "@3f2a9bc", "@11aa22b"}},
		{"Java with other line numbers and jars", javaTrace,
			[]string{".java:211", ".java:9", ".java:142", ".java:14", "2.14.1", "2.15.0"}},
		{"Java with another message of the cause", javaTrace, []string{"Connect timed out", "Read timed out"}},
		{"Java, uncaught in another thread of the pool", uncaughtTrace, []string{"pool-3-thread-7", "pool-3-thread-12", "4711", "12"}},
		{"Java through a generated accessor", "x.E: m\n\tat jdk.internal.reflect.GeneratedMethodAccessor45.invoke(Unknown Source)\n\tat a.B.c(B.java:1)\n",
			[]string{"Accessor45", "Accessor1207"}},
		{"Java through another way of reflection", "x.E: m\n\tat a.B.c(B.java:1)\n\tat sun.reflect.GeneratedMethodAccessor4.invoke(Unknown Source)\n\tat sun.reflect.DelegatingMethodAccessorImpl.invoke(D.java:3)\n\tat a.B.d(B.java:2)\n",
			[]string{"sun.reflect.GeneratedMethodAccessor4.invoke(Unknown Source)", "sun.reflect.NativeMethodAccessorImpl.invoke0(Native Method)\n\tat sun.reflect.NativeMethodAccessorImpl.invoke(N.java:62)"}},
		{"Clojure with other numbers of functions", "x.E: m\n\tat shop.core$order$fn__4052.invoke(core.clj:135)\n\tat shop.core$eval17.invoke(core.clj:9)\n",
			[]string{"fn__4052", "fn__981", "eval17", "eval17"}},
		{"an exception logged at another time", "2026-03-09 03:17:42,987 ERROR java.io.IOException: disk\n\tat a.B.c(B.java:1)\n",
			[]string{"03:17:42,987", "04:00:00,001"}},
		{"JavaScript with other lines and columns", javaScriptTrace, []string{":17:23", ":18:1", ":102:5", ":9:44", ":95:5", ":96:5"}},
		{"JavaScript with another property", javaScriptTrace, []string{"reading 'total'", "reading 'price'"}},
		{"Go with other addresses and goroutines", goTrace,
			[]string{"0xc00012a3f0", "0xc0009", "0x5", "0x7", "{0xc000300000, 0x1f, 0x1000}", "{0xc1, 0x2, 0x3}", "goroutine 184", "goroutine 9", "goroutine 17", "goroutine 21"}},
		{"Go with other line numbers and offsets", goTrace, []string{":74 +0x1d", ":80 +0x2", ":93 +0x17a", ":1 +0x1", ":61 +0x1a5", ":62 +0x1"}},
		{"Go with another index", goTrace, []string{"[5] with length 3", "[17] with length 12"}},
		{"Go with other idle goroutines", goTrace, []string{"goroutine 1 [chan receive, 5 minutes]", "goroutine 77 [select]", "main.main()", "main.wait()"}},
		{"Go started by a function from another goroutine", startedTrace, []string{"in goroutine 18", "in goroutine 35"}},
		{"Go with a second panic in the log", goTrace, []string{"goroutine 1 [chan receive, 5 minutes]:\n", "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [chan receive, 5 minutes]:\n"}},
		{"Haskell on another machine of the syslog", haskellLog, []string{"03:10:42 web1", "04:11:00 backup", "[1812]", "[9]"}},

		{"text of another machine of the syslog", "Mar  9 03:17:42 web1 rated[41]: no rate of EUR\n", []string{"web1", "backup", "[41]", "[7]"}},
		{"text of another user of a database", "2026-03-09 03:10:42 [19] app@erp ERROR: stock is negative\n", []string{"app@erp", "batch@crm"}},
		{"text with another time, number, address and id", "disk sda at 97% on 10.0.0.1 since 2026-03-09 03:17:42, request 550e8400-e29b-41d4-a716-446655440000\n",
			[]string{"97%", "100%", "10.0.0.1", "10.0.0.254", "03:17:42", "23:00:01", "550e8400", "0123abcd"}},
		{"text with CRLF line ends", "disk full\non sda\n", []string{"\n", "\r\n"}},
		{"text with blank lines around it", "disk full\n", []string{"disk full\n", "\n\ndisk full\n\n\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			other := edit(t, tt.text, tt.pairs...)
			one, two := fingerprint("failed", tt.text), fingerprint("failed", other)
			if one.ID != two.ID {
				t.Errorf("%q and %q are different errors:\n%s\n%s", one.Reason, two.Reason, tt.text, other)
			}
		})
	}
}

func TestAnotherErrorHasAnotherFingerprint(t *testing.T) {
	tests := []struct {
		name, text string
		pairs      []string
	}{
		{"Python with another exception", pythonTrace, []string{"psycopg2.OperationalError", "psycopg2.InterfaceError"}},
		{"Python in another function", pythonTrace, []string{"in place_order", "in cancel_order"}},
		{"Python in another file", pythonTrace, []string{"shop/db.py", "shop/pool.py"}},
		{"Python with one frame less", pythonTrace, []string{"  File \"/srv/shop/shop/checkout.py\", line 88, in place_order\n", ""}},
		{"Java with another exception", javaTrace, []string{"ChargeFailedException", "ChargeRefusedException"}},
		{"Java with another cause", javaTrace, []string{"SocketTimeoutException", "ConnectException"}},
		{"Java without a cause", javaTrace, []string{"Caused by: java.net.SocketTimeoutException: Connect timed out\n", ""}},
		{"Java in another method", javaTrace, []string{"AcquirerClient.authorize", "AcquirerClient.capture"}},
		{"JavaScript with another error", javaScriptTrace, []string{"TypeError", "RangeError"}},
		{"JavaScript in another function", javaScriptTrace, []string{"Basket.sum", "Basket.tax"}},
		{"Go with another panic", goTrace, []string{"index out of range [5] with length 3", "integer divide by zero"}},
		{"Go in another function", goTrace, []string{"(*Batch).line", "(*Batch).total"}},
		{"Go in another file", goTrace, []string{"invoice/batch.go", "invoice/lines.go"}},
		{"Perl with another value in quotes", perlDeath, []string{"'CH'", "'NO'", "(\"CH\")", "(\"NO\")"}},
		{"text of another user of what is no database", "orders@main ERROR: failed\n", []string{"orders@main", "billing@main"}},
		{"text of another unit of systemd", "Unit postgresql@main failed\n", []string{"postgresql@main", "redis@main"}},
		{"text of another level of a log", "2026-11-09 03:17:42 ERROR worker[12]: job failed\n", []string{"ERROR", "WARN"}},
		{"text of another service of a log", "2026-11-09 03:17:42 orders worker[12]: job failed\n", []string{"orders", "billing"}},
		{"text before an address", "Disk Failure (nas3@example.net)\n", []string{"Disk", "Fan"}},
		{"text of a log without a process", "2026-03-09 03:17:42 import of stock: refused\n", []string{"import", "export"}},
		{"text with another word", "disk sda full\n", []string{"full", "failing"}},
		{"text with another line", "disk sda full\n", []string{"full\n", "full\nand disk sdb is full too\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			other := edit(t, tt.text, tt.pairs...)
			if one, two := fingerprint("failed", tt.text), fingerprint("failed", other); one.ID == two.ID {
				t.Errorf("one fingerprint %s (%s) for both\n%s\n%s", one.ID, one.Reason, tt.text, other)
			}
		})
	}
}

func TestTheSubjectCountsOnlyWhereThereIsNoTrace(t *testing.T) {
	if fingerprint("a", javaTrace).ID != fingerprint("b", javaTrace).ID {
		t.Error("the subject splits equal traces")
	}
	if fingerprint("disk a full", "see console\n").ID == fingerprint("disk b full", "see console\n").ID {
		t.Error("the subject does not tell texts apart")
	}
	if fingerprint("order 17", "see console\n").ID != fingerprint("order 4711", "see console\n").ID {
		t.Error("a number in the subject splits equal texts")
	}
	if line := `upstream of "/cart" died, host: "a.example"`; fingerprint("s", line).ID != fingerprint("s", line+`, referrer: "https://a.example/"`).ID {
		t.Error("a referrer splits equal texts")
	}
	if line := "upstream of /cart died, referer: https://a.example/, error: "; fingerprint("s", line+"refused").ID == fingerprint("s", line+"no space left").ID {
		t.Error("what stands behind a referrer does not tell texts apart")
	}
	if fingerprint("ab", "c").ID == fingerprint("a", "bc").ID {
		t.Error("subject and text run together")
	}
}

func TestTheReasonIsTheLineThatTellsMost(t *testing.T) {
	tests := []struct{ name, subject, text, want string }{
		{"of a Python trace its exception", "s", pythonTrace, `psycopg2.OperationalError: connection to server at "<ip>", port <num> failed: Connection refused`},
		{"of a Java trace its first exception and its cause", "s", javaTrace, "example.shop.ChargeFailedException: acquirer <ip> gave no answer on example.shop.Connection@<hex>, caused by java.net.SocketTimeoutException: Connect timed out"},
		{"of a JavaScript trace its error", "s", javaScriptTrace, "TypeError: Cannot read properties of undefined (reading 'total')"},
		{"of a Go trace its panic", "s", goTrace, "panic: runtime error: index out of range [<num>] with length <num>"},
		{"of a bare exception its type and the field for its message", "s", "Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in pay\n    order.save()\n\nException Type: IntegrityError at /cart/\nException Value: duplicate key of 17\n", "IntegrityError: duplicate key of <num>"},
		{"of a bare exception the message beside its type in JSON", "s", `{"err":{"type":"DatabaseError","message":"deadlock of 2 detected","stack":"error: deadlock\n    at Wallet.move (/app/dist/wallet.js:88:9)\n    at Wallet.run (/app/dist/wallet.js:9:9)"}}`, "DatabaseError: deadlock of <num> detected"},
		{"of a crash in a debugger what was detected", "s", "free(): double free detected in tcache 2\nProgram terminated with signal SIGABRT, Aborted.\n#0  raise (sig=6) at ../posix/raise.c:26\n#1  0x00007fe085f1115b in abort () at ./stdlib/abort.c:79\n#2  0x00007f8fec3b9605 in printerr (str=0x7ff1e48b9662 \"%s\\n\") at ./malloc/malloc.c:5664\n", "free(): double free detected in tcache <num>"},
		{"of a group of exceptions the group and the first of them", "s", "  + Exception Group Traceback (most recent call last):\n  |   File \"/srv/a.py\", line 9, in main\n  |     async with group():\n  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File \"/srv/a.py\", line 4, in fetch\n    |     raise ValueError(n)\n    | ValueError: price is negative\n    +---------------- 2 ----------------\n    | Traceback (most recent call last):\n    |   File \"/srv/a.py\", line 5, in fetch\n    |     raise KeyError(n)\n    | KeyError: 'sku-40'\n    +------------------------------------\n", "ExceptionGroup: unhandled errors in a TaskGroup (<num> sub-exceptions), caused by ValueError: price is negative"},
		{"of an AggregateError that and the first of them", "s", "[AggregateError: All promises were rejected] {\n  [errors]: [\n    Error: connect ECONNREFUSED 192.0.2.4:6379\n        at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16) {\n      errno: -111\n    },\n    Error: connect ETIMEDOUT 192.0.2.5:6379\n        at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)\n  ]\n}\n", "AggregateError: All promises were rejected, caused by Error: connect ECONNREFUSED <ip>"},
		{"of an exception behind a list of errors its own", "s", "response {\n  errors: [\n    { field: 'email' }\n  ]\n}\njava.lang.IllegalStateException: cannot save order\n\tat shop.Order.save(Order.java:12)\nCaused by: java.net.SocketException: broken pipe\n\tat shop.Db.write(Db.java:7)\n", "java.lang.IllegalStateException: cannot save order, caused by java.net.SocketException: broken pipe"},
		{"of one that says nothing its code", "s", "AggregateError [ECONNREFUSED]: \n    at internalConnectMultiple (node:net:1117:18) {\n  code: 'ECONNREFUSED',\n  [errors]: [\n    Error: connect ECONNREFUSED ::1:5432\n        at createConnectionError (node:net:1647:14)\n    Error: connect ECONNREFUSED 192.0.2.5:5432\n        at createConnectionError (node:net:1647:14)\n  ]\n}\n", "AggregateError [ECONNREFUSED], caused by Error: connect ECONNREFUSED <ip>"},
		{"of a bare exception no message of another one", "s", "Exception Value: read timed out\nTraceback (most recent call last):\n  File \"/srv/a.py\", line 3, in pay\n    order.save()\nshop.errors.CartError\n", "shop.errors.CartError"},
		{"of a text the line with the failure", "s", "Good morning dear team,\n\nbackup FAILED after 12 s\n", "backup FAILED after <duration>"},
		{"of a text without one the first with three words", "s", "***** Nagios *****\n\nhost web1 went away\nbye\n", "host web<num> went away"},
		{"of short lines the subject", "disk 7 full", "hello\nworld\n", "disk <num> full"},
		{"of short lines without a subject all of them", "", "hello\nworld 7\n", "world <num>"},
		{"of a text without words what does not vary", "", "/srv/cache/00/00000017\n", "/srv/cache/<num>/<num>"},
		{"of nothing", "", "", "(empty message)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fingerprint(tt.subject, tt.text).Reason; got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestFingerprintsReadWhatAPersonWould(t *testing.T) {
	page := func(order string) string {
		return "Subject: failed\nContent-Type: text/html; charset=iso-8859-1\n\n<html><style>p{}</style><p>Auftr\xe4ge <b>" + order + "</b> fehlgeschlagen: timeout</p></html>\n"
	}
	one := batch.FingerprintOf(message.New("", nil, []byte(page("17"))))
	if other := batch.FingerprintOf(message.New("", nil, []byte(page("4711")))); one.ID != other.ID {
		t.Error("a number splits equal HTML mails")
	}
	if one.Reason != "Aufträge <num> fehlgeschlagen: timeout" {
		t.Errorf("the reason of an HTML mail is %q", one.Reason)
	}
	encoded := "Subject: failed\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nZGlzayBmdWxsCg==\n"
	if got, want := batch.FingerprintOf(message.New("", nil, []byte(encoded))), fingerprint("failed", "disk full\n"); got.ID != want.ID || got.Reason != want.Reason {
		t.Errorf("base64 gave %+v, plain text %+v", got, want)
	}
}

func TestFingerprintsAreVersionedAndTheSameForEver(t *testing.T) {
	got := fingerprint("disk full", "disk sda full\n")
	if !regexp.MustCompile(`^v2:[0-9a-f]{16}$`).MatchString(got.ID) {
		t.Errorf("the form is %q", got.ID)
	}
	fingerprint("another", javaTrace)
	if again := fingerprint("disk full", "disk sda full\n"); again.ID != got.ID || again.Reason != got.Reason {
		t.Errorf("the same mail gave %+v and %+v", got, again)
	}
	// Stored fingerprints outlive a release: whoever changes this changes the version.
	if want := "v2:"; got.ID != want+"cea48b6d8b897931" {
		t.Errorf("the fingerprint changed to %s without a new version", got.ID)
	}
}
