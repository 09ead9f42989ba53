package content

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadSamples reads testdata/*.eml and compares with the .txt beside each:
// first what describes the mail, then, after a line of dashes, its text.
func TestReadSamples(t *testing.T) {
	for name, raw := range samples(t) {
		t.Run(strings.ReplaceAll(name, "-", " "), func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			header, body, err := SplitHeader(raw)
			c := Read(header, body)
			var got strings.Builder
			fmt.Fprintf(&got, "subject: %s\n", Field(&header, "Subject"))
			if err != nil {
				fmt.Fprintf(&got, "header problem: %s\n", Line(err.Error()))
			}
			if c.Problem != "" {
				fmt.Fprintf(&got, "body problem: %s\n", c.Problem)
			}
			if c.FromHTML {
				got.WriteString("converted from HTML\n")
			}
			for _, a := range c.Attachments {
				fmt.Fprintf(&got, "attachment: %s, %s, %d bytes\n", a.Name, a.Type, a.Size)
			}
			fmt.Fprintf(&got, "---\n%s\n", c.Text)
			if got.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
}

func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples found: %v", err)
	}
	samples := make(map[string][]byte)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		samples[strings.TrimSuffix(filepath.Base(file), ".eml")] = raw
	}
	return samples
}

func read(t *testing.T, raw string) *Content {
	t.Helper()
	header, body, err := SplitHeader([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return Read(header, body)
}

func TestReadPrefersWhatAPersonWouldRead(t *testing.T) {
	const multipart = "Content-Type: multipart/alternative; boundary=b\n\n"
	tests := []struct {
		name, raw, text string
		fromHTML        bool
	}{
		{"the plain part over the HTML part", multipart + "--b\nContent-Type: text/html\n\n<p>h</p>\n--b\nContent-Type: text/plain\n\np\n--b--\n", "p", false},
		{"the HTML part where there is no other", multipart + "--b\nContent-Type: text/html\n\n<p>h</p>\n--b--\n", "h", true},
		{"the HTML part where the plain one is empty", multipart + "--b\nContent-Type: text/plain\n\n\n--b\nContent-Type: text/html\n\n<p>h</p>\n--b--\n", "h", true},
		{"types in capitals", "Content-Type: TEXT/HTML\n\n<p>h</p>\n", "h", true},
		{"table cells stay apart", "Content-Type: text/html\n\n<table><tr><td>disk</td><td>full</td></tr><tr><td>x</td></tr></table>\n", "disk | full\nx", true},
		{"a greater-than sign in the text is no end of a tag", "Content-Type: text/html\n\n<p>cache -> disk, load > 5</p>\n", "cache -> disk, load > 5", true},
		{"scripts and styles are not read", "Content-Type: text/html\n\n<style>p{}</style><script>alert(1)</script><p>h</p>\n", "h", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := read(t, tt.raw)
			if c.Text != tt.text || c.FromHTML != tt.fromHTML {
				t.Errorf("Text = %q, from HTML %v; want %q, %v", c.Text, c.FromHTML, tt.text, tt.fromHTML)
			}
		})
	}
}

func TestReadIsBounded(t *testing.T) {
	tests := []struct{ name, raw, problem string }{
		{"a body of two megabytes", "Content-Type: text/plain\n\n" + strings.Repeat("x", 2<<20), ""},
		{"a body of two megabytes without a content type", "Subject: s\n\n" + strings.Repeat("x", 2<<20), ""},
		{"a thousand parts", "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 1000) + "--b--\n", "100 parts"},
		{"a thousand levels", strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 1000) + "\nx\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := read(t, tt.raw)
			if len(c.Text) > maxTextBytes {
				t.Errorf("Text has %d bytes", len(c.Text))
			}
			if tt.problem != "" && !strings.Contains(c.Problem, tt.problem) {
				t.Errorf("Problem = %q, want %q", c.Problem, tt.problem)
			}
		})
	}
}

func TestAttachmentNamesAreSafeToShow(t *testing.T) {
	c := read(t, "Content-Type: application/pdf; name=\"=?utf-8?Q?a=0D=0Ab=1B[31m=E2=80=AEfdp.exe?=\"\n\nx\n")
	if len(c.Attachments) != 1 {
		t.Fatalf("%d attachments", len(c.Attachments))
	}
	if got, want := c.Attachments[0].Name, Line("a\r\nb\x1b[31m\u202efdp.exe"); got != want {
		t.Errorf("Name = %q, want %q", got, want)
	}
}
