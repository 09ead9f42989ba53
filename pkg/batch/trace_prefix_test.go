package batch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/message"
)

// linePrefixes are what programs write in front of the line with the number n.
var linePrefixes = map[string]func(n int) string{
	"of syslog": func(n int) string { return fmt.Sprintf("Mar  9 03:17:%02d web1 shop[14107]: ", n%60) },
	"of syslog as RFC 5424 has it": func(n int) string {
		return fmt.Sprintf("<11>1 2026-03-09T03:17:%02d.%dZ web1 shop 14107 - - ", n%60, n)
	},
	"of the journal with a precise time": func(n int) string { return fmt.Sprintf("2026-03-09T03:17:42.%06d+0100 web1 shop[14107]: ", 37*n) },
	"of dmesg":                           func(n int) string { return fmt.Sprintf("[%5d.%06d] ", 998+n/3, 37*n) },
	"of a time and a level":              func(n int) string { return fmt.Sprintf("2026-03-09 03:17:%02d,%03d ERROR ", n%60, 37*n%1000) },
	"of log4j": func(n int) string {
		return fmt.Sprintf("2026-03-09 03:17:%02d,%03d ERROR [http-nio-8080-exec-7] shop.Charge - ", n%60, 37*n%1000)
	},
	"of Apache": func(n int) string {
		return fmt.Sprintf("[Mon Mar 09 03:17:42.%06d 2026] [wsgi:error] [pid 14107:tid 8] [remote 192.0.2.7:50412] ", 37*n)
	},
	"of docker compose":            func(int) string { return "web-1  | " },
	"of a task of docker swarm":    func(int) string { return "shop_web.1.x7f3k9q2a1b2@node3    | " },
	"of a container in Kubernetes": func(n int) string { return fmt.Sprintf("2026-03-09T03:17:42.%09dZ stderr F ", 137*n) },
	"of a quoted mail":             func(int) string { return "> " },
	"of a mail quoted twice":       func(int) string { return ">> " },
	"of a level":                   func(int) string { return "ERROR: " },
	"of four blanks":               func(int) string { return "    " },
}

// knownTraces are the texts of the pairs in testdata that hold a trace, by file.
func knownTraces(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "traces", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	texts := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		p, err := parseTracePair(name, strings.ReplaceAll(string(content), "\r\n", "\n"))
		if err != nil {
			t.Fatal(err)
		}
		m := message.New("", nil, []byte(strings.ReplaceAll(p.a, "\n", "\r\n")))
		if _, body, _ := strings.Cut(p.a, "\n\n"); strings.HasPrefix(body, "{") {
			continue // a mail of nothing else is read as fields
		}
		if text := strings.TrimSpace(m.Body()) + "\n"; isTrace(text) {
			texts[strings.TrimSuffix(name, ".txt")] = text
		}
	}
	return texts
}

// isTrace reports whether text is known by a trace: its subject then does not count.
func isTrace(text string) bool { return fingerprint("a", text).ID == fingerprint("b", text).ID }

func TestATraceIsTheSameBehindThePrefix(t *testing.T) {
	texts := knownTraces(t)
	for name, prefix := range linePrefixes {
		t.Run(name, func(t *testing.T) {
			for file, text := range texts {
				var out strings.Builder
				for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
					out.WriteString(prefix(n) + line + "\n")
				}
				wantSame(t, file, text, out.String())
			}
		})
	}
}

func wantSame(t *testing.T, name, a, b string) {
	t.Helper()
	if one, two := fingerprint("s", a), fingerprint("s", b); one.ID != two.ID {
		t.Errorf("%s: %s is not %s\n%s", name, two.Reason, one.Reason, b)
	}
}

func TestATraceIsTheSameInsideJSON(t *testing.T) {
	for file, text := range knownTraces(t) {
		record, err := json.Marshal(map[string]any{"level": "error", "ts": 1741490262.5, "stack": text, "zone": "a\\b \"c\""})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, file, text, "web-1  | "+string(record)+"\n")
	}
}
