package receive_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

// TestDialogs plays the files of testdata/dialogs. Lines that begin with C: are
// what the client says, those with S: how each reply begins, those with M: the
// mails that the handler must have got in the end, as
// M: <from> <to>,<to> "raw". Successive C: lines are sent at once.
func TestDialogs(t *testing.T) {
	files, err := filepath.Glob("testdata/dialogs/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogs found: %v", err)
	}
	for _, file := range files {
		name := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".txt"), "-", " ")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := &inbox{}
			server := start(t, in, receive.Options{MaxRecipients: 3})
			p := dial(t, server.addr)
			var want []string
			var unsent strings.Builder
			for number, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
				kind, rest, _ := strings.Cut(line, ":")
				rest = strings.TrimPrefix(rest, " ")
				switch {
				case kind == "C":
					unsent.WriteString(rest + "\r\n")
				case kind == "S":
					p.send(unsent.String())
					unsent.Reset()
					reply, err := p.reply()
					if err != nil || !strings.HasPrefix(reply, rest) {
						t.Fatalf("%s:%d: reply = %q, %v; want %q", file, number+1, reply, err, rest)
					}
				case kind == "M":
					want = append(want, rest)
				case line != "" && line[0] != '#':
					t.Fatalf("%s:%d: cannot understand %q", file, number+1, line)
				}
			}
			p.conn.Close()
			server.drain(t)
			var got []string
			for _, m := range in.all() {
				got = append(got, fmt.Sprintf("<%s> <%s> %q", m.From, strings.Join(m.To, ">,<"), m.Raw))
			}
			if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
				t.Errorf("the handler got\n%s\nwant\n%s", g, w)
			}
		})
	}
}
