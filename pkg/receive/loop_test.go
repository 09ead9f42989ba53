package receive_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

func TestMailLoops(t *testing.T) {
	received := func(n int) string { return strings.Repeat("Received: from a by b; x\r\n", n) }
	tests := []struct{ name, mark, mail, want string }{
		{"the mark comes back", "abc", "X-Failmail-Origin: abc\r\nSubject: s\r\n\r\nm", "554 5.4.6 "},
		{"the mark comes back in a field of other capitals", "abc", "x-failmail-ORIGIN:  abc \r\n\r\nm", "554 5.4.6 "},
		{"the mark comes back behind another", "abc", "X-Failmail-Origin: def\r\nX-Failmail-Origin: abc\r\n\r\nm", "554 5.4.6 "},
		{"another mark passes", "abc", "X-Failmail-Origin: abcd\r\n\r\nm", "250 "},
		{"the mark in other capitals passes", "abc", "X-Failmail-Origin: ABC\r\n\r\nm", "250 "},
		{"the mark in the body passes", "abc", "Subject: s\r\n\r\nX-Failmail-Origin: abc", "250 "},
		{"an empty mark means nothing", "", "X-Failmail-Origin: \r\n\r\nm", "250 "},
		{"no mark passes", "abc", "Subject: s\r\n\r\nm", "250 "},
		{"50 Received fields pass", "", received(50) + "\r\nm", "250 "},
		{"51 Received fields are a loop", "", received(51) + "\r\nm", "554 5.4.6 "},
		{"Received lines in the body do not count", "", received(50) + "\r\n" + received(50) + "m", "250 "},
		{"fields with a longer name do not count", "", received(50) + "Received-SPF: pass\r\nX-Received: x\r\n\r\nm", "250 "},
		{"Received fields in other capitals count", "", received(50) + "RECEIVED: x\r\n\r\nm", "554 5.4.6 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := &inbox{}
			p := dial(t, start(t, in, receive.Options{LoopMark: tt.mark}).addr)
			p.untilData()
			p.ask(tt.mail+"\r\n.", tt.want)
			if taken := len(in.all()) == 1; taken != strings.HasPrefix(tt.want, "250") {
				t.Errorf("taken: %v", taken)
			}
			p.mail() // the session goes on
		})
	}
}
