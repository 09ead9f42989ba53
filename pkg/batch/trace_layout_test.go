package batch_test

import (
	"regexp"
	"strings"
	"testing"
)

// wrapped is text with its lines broken at a blank where they have more than width
// bytes, as mail programs do; a word that is longer stays.
func wrapped(text string, width int) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		for len(line) > width {
			indent := len(line) - len(strings.TrimLeft(line, " \t"))
			end := strings.LastIndexByte(line[:width+1], ' ')
			if end <= indent {
				if end = strings.IndexByte(line[indent:], ' ') + indent; end < indent {
					break
				}
			}
			out.WriteString(line[:end] + "\n")
			line = line[end+1:]
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

// folded is text with its lines cut where they have width bytes.
func folded(text string, width int) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		for len(line) > width {
			out.WriteString(line[:width] + "\n")
			line = line[width:]
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

var rootFolder = regexp.MustCompile(`/(srv|opt|home|var/www)/[a-z_-]+\b`)

func TestATraceIsTheSameInAnotherLayout(t *testing.T) {
	texts := knownTraces(t)
	for name, change := range map[string]func(string) string{
		"installed in another folder":  func(text string) string { return rootFolder.ReplaceAllString(text, "/usr/src/app") },
		"with tabs expanded":           func(text string) string { return strings.ReplaceAll(text, "\t", "        ") },
		"with blanks in place of tabs": func(text string) string { return strings.ReplaceAll(text, "\t", "  ") },
		"indented by four":             func(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") },
		"without empty lines":          func(text string) string { return strings.ReplaceAll(text, "\n\n", "\n") },
	} {
		t.Run(name, func(t *testing.T) {
			for file, text := range texts {
				wantSame(t, file, text, change(text))
			}
		})
	}
}

func TestATraceOfGoIsTheSameWithBrokenLines(t *testing.T) {
	texts := knownTraces(t)
	for name, change := range map[string]func(string) string{
		"at a blank before column 72":  func(text string) string { return wrapped(text, 72) },
		"at a blank before column 76":  func(text string) string { return wrapped(text, 76) },
		"at a blank before column 120": func(text string) string { return wrapped(text, 120) },
		"at column 76":                 func(text string) string { return folded(text, 76) },
		"at column 80":                 func(text string) string { return folded(text, 80) },
	} {
		t.Run(name, func(t *testing.T) {
			for file, text := range texts {
				if strings.Contains(text, "\ngoroutine ") || strings.Contains(text, "DATA RACE\n") {
					wantSame(t, file, text, change(text))
				}
			}
		})
	}
}

// listings are texts with numbers, files, lines and addresses in columns that are no
// traces: taken for one, what they say would not count.
var listings = map[string]string{
	"a numbered list":             "Errors of this night:\n1. checkout: card declined\n2. feed.xml: not found\n3. main.go: build failed\n",
	"a numbered list with hosts":  "Failed hosts:\n1: db1.example.com:5432\n2: db2.example.com:5432\n3: cache.example.com:6379\n",
	"a list of addresses":         "#0 0x1f00 reserved\n#1 0x2f00 reserved for the bus\n#2 0x3f00 unused since the error\n",
	"a changelog":                 "shop (2.14.1) stable; urgency=medium\n\n  * Fix crash in Cart.total() (#4711)\n  * cart.c:88: do not fail on an empty cart\n  * checkout.c:41: report the error\n",
	"a configuration":             "server {\n  listen 0.0.0.0:8080;\n  error_log /var/log/nginx/error.log warn;\n  location /cart { proxy_pass http://127.0.0.1:9000; }\n}\n",
	"a YAML file":                 "error:\n  handler: shop.Error.handle\n  file: app.yml\n  line: 12\nlog:\n  file: /var/log/shop.log:12\n",
	"warnings of a compiler":      "src/cart.c:88:17: error: 'total' undeclared (first use in this function)\nsrc/cart.c:91:5: error: expected ';' before 'return'\nmake: *** [Makefile:12: cart.o] Error 1\n",
	"hits of grep":                "Found in error handling:\nsrc/cart.c:88: return total(cart);\nsrc/cart.c:91: return total(order);\nsrc/main.c:12: int t = total(c);\n",
	"failures of a linter":        "internal/a.go:12:3: exported function Total should have comment\ninternal/b.go:30:1: error return value not checked\n",
	"libraries of a program":      "error while loading\n\tlinux-vdso.so.1 (0x00007ffd5a3b2000)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f3a1c600000)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f3a1c9a2000)\n",
	"a map of memory":             "fault in\n55d0c1b00000-55d0c1b29000 r--p 00000000 08:01 131 /srv/bin/shopd\n55d0c1b29000-55d0c1c00000 r-xp 00029000 08:01 131 /srv/bin/shopd\n",
	"registers":                   "general protection fault\nRAX: 0000000000000000 RBX: ffff8881 RCX: 0x0000\nRDX: 0000000000000001 RSI: ffff8882 RDI: 0x0001\n",
	"a dump in hexadecimal":       "bad frame, error 5:\n0x0000: 4500 0034 1c46 4000\n0x0010: 4006 b1e6 c0a8 0001\n0x0020: c0a8 00c7 0050 c5b2\n",
	"a table":                     "host    errors  since\nweb1    12      03:17:42\nweb2    0       04:02:11\ndb1     3       00:00:01\n",
	"a table with files":          "file            errors\ncart.py:88      12\ncheckout.py:41  3\nmain.py:12      1\n",
	"a table of ports":            "nmap: errors below\nssh     22/tcp   open  db1.example.com:22\nhttp    80/tcp   open  db1.example.com:80\n",
	"open files":                  "lsof: error, still open\nshopd 14107 app 3u IPv4 0x4711 0t0 TCP web1:8080\nshopd 14107 app 4u IPv4 0x4712 0t0 TCP web1:8081\n",
	"processes":                   "killed:\n  PID COMMAND\n14107 /srv/bin/shopd --port 8080\n14108 /srv/bin/feedd --port 8081\n",
	"commits":                     "The build failed after\n3f2a9bc Fix total in cart.go:88 at last\n77e0aa1 Do not fail at start\n",
	"tests":                       "--- FAIL: TestTotal (0.01s)\n    cart_test.go:88: got 3, want 4\n    cart_test.go:91: got 0, want 1\nFAIL\n",
	"log lines with their source": "W0309 03:17:42.987654   14107 cart.go:88] cannot lock\nW0309 03:17:43.118204   14107 cart.go:88] cannot lock\nE0309 03:17:44.001002   14107 main.go:12] giving up\n",
	"log lines with a class":      "03:17:42 ERROR shop.Cart: total failed\n03:17:43 ERROR shop.Cart: total failed\n03:17:44 WARN shop.Main: retry at 03:18\n",
	"a message in a quoted mail":  "> The job failed at 03:17:42 in the shop.\n> Please look at it (see main.go:88).\n> Anna\n",
	"a record of JSON with a message of lines": `{"level":"error","msg":"cannot do this:\\nno space at /srv\\nno rights at /opt"}` + "\n",
	"calls in prose":   "Error in the export.\nCalls: 17 from Berlin, 3 from Hamburg\n",
	"steps with times": "step 1: build (3s)\nstep 2: test (12s) failed at test.sh:12\nstep 3: deploy (0s)\n",
	"an agenda":        "1: intro (Anna)\n2: errors of the week (Ben)\n3: outlook (Carl)\n",
}

func TestAListingIsNoTrace(t *testing.T) {
	for name, text := range listings {
		t.Run(name, func(t *testing.T) {
			if isTrace(text) {
				t.Errorf("%q is taken for a trace: %s", text, fingerprint("s", text).Reason)
			}
			if prefixed := linePrefixes["of syslog"](1) + strings.ReplaceAll(text, "\n", "\n"+linePrefixes["of syslog"](2)); isTrace(prefixed) {
				t.Errorf("%q is taken for a trace: %s", prefixed, fingerprint("s", prefixed).Reason)
			}
		})
	}
}
