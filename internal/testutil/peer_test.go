package testutil_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

// A dialog has the client's lines after "C: " and the replies after "S: ". The
// last may be "closed" or "hung".
func TestPeerPlaysItsScript(t *testing.T) {
	for _, tt := range []struct {
		name   string
		config testutil.Config
		dialog string
	}{
		{"a friendly server", testutil.Config{Extensions: []string{"8BITMIME"}},
			"S: 220 relay|C: EHLO x|S: 250-relay|S: 250 8BITMIME|C: MAIL FROM:<f@x>|S: 250 ok|C: RCPT TO:<a@x>|S: 250 ok|C: DATA|S: 354 go|C: hi|C: ..|C: .|S: 250 queued|C: QUIT|S: 221 bye|closed"},
		{"a whole command goes before its verb", testutil.Config{Script: testutil.Script{"RCPT": "450 no", "RCPT TO:<a@x>": "550 no"}},
			"S: 220 relay|C: RCPT TO:<b@x>|S: 450 no|C: RCPT TO:<a@x>|S: 550 no"},
		{"the second of a kind goes before both", testutil.Config{Script: testutil.Script{"NOOP#2": "451 no"}},
			"S: 220 relay|C: NOOP|S: 250 ok|C: NOOP|S: 451 no|C: NOOP|S: 250 ok"},
		{"no more than so many recipients in a transaction", testutil.Config{Recipients: 1},
			"S: 220 relay|C: MAIL FROM:<>|S: 250 ok|C: RCPT TO:<a@x>|S: 250 ok|C: RCPT TO:<b@x>|S: 452 4.5.3 too many recipients|C: MAIL FROM:<>|S: 250 ok|C: RCPT TO:<b@x>|S: 250 ok"},
		{"421 hangs up", testutil.Config{Script: testutil.Script{"greeting": "421 no"}}, "S: 421 no|closed"},
		{"a drop", testutil.Config{Script: testutil.Script{"MAIL": testutil.Drop}}, "S: 220 relay|C: MAIL FROM:<>|closed"},
		{"a hang", testutil.Config{Script: testutil.Script{"MAIL": testutil.Hang}}, "S: 220 relay|C: MAIL FROM:<>|hung"},
		{"a drop in the mail", testutil.Config{Script: testutil.Script{"body": testutil.Drop}}, "S: 220 relay|C: DATA|S: 354 go|C: hi|closed"},
		{"LMTP answers for each recipient it took", testutil.Config{LMTP: true, Script: testutil.Script{"RCPT TO:<b@x>": "550 no", "end c@x": "452 full"}},
			"S: 220 relay|C: RCPT TO:<a@x>|S: 250 ok|C: RCPT TO:<b@x>|S: 550 no|C: RCPT TO:<c@x>|S: 250 ok|C: DATA|S: 354 go|C: .|S: 250 delivered|S: 452 full"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			peer := testutil.Start(t, tt.config)
			conn, err := net.Dial("tcp", peer.Addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			for line := range strings.SplitSeq(tt.dialog, "|") {
				switch {
				case line == "hung":
					<-peer.Hung
				case line == "closed":
					if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
						t.Errorf("it says %q and %v, want a closed connection", rest, err)
					}
				case strings.HasPrefix(line, "C: "):
					io.WriteString(conn, line[3:]+"\r\n")
				default:
					if got, err := in.ReadString('\n'); err != nil || got != line[3:]+"\r\n" {
						t.Fatalf("it says %q, %v; want %q", got, err, line[3:])
					}
				}
			}
		})
	}
}
