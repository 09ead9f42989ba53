package content_test

import (
	"testing"

	"github.com/hut8labs/failmail/internal/content"
)

func TestEscapeSequencesLeaveNothingBehind(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a colour", "\x1b[31mred text\x1b[0m stays", "red text stays"},
		{"a colour of 24 bits", "\x1b[38;2;255;0;0mred\x1b[m", "red"},
		{"a cursor and a line to erase", "10%\x1b[2K\x1b[1Gdone\x1b[?25h", "10%done"},
		{"a title and a link", "\x1b]0;title\x07a \x1b]8;;https://x/\x1b\\link\x1b]8;;\x1b\\", "a link"},
		{"a charset, as tput sgr0 sets it", "bold\x1b(B\x1b[m", "bold"},
		{"two characters", "\x1b7saved\x1b8\x1bM", "saved"},
		{"CSI as one character", "\u009b1mbold", "bold"},
		{"a lonely escape", "a\x1bé", "aé"},
		{"one that does not end", "a\x1b]0;title\nb", "a]0;title\nb"},
		{"brackets without an escape", "[31m stays", "[31m stays"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header, body, err := content.SplitHeader([]byte("Content-Type: text/plain; charset=utf-8\r\n\r\n" + tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := content.Read(header, body).Text; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if got := content.Line("\x1b[1;31mERROR\x1b[0m in\tjob"); got != "ERROR in job" {
		t.Errorf("a line is %q", got)
	}
}
