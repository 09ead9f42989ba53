package envelope_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/envelope"
)

func TestCut(t *testing.T) {
	tests := []struct {
		name, file string
		from       string
		to         []string
		raw        string
		problem    string
	}{
		{"an envelope", "Return-Path: <f@x>\nX-Envelope-To: <a@x>\nX-Envelope-To: <root>\nSubject: s\n", "f@x", []string{"a@x", "root"}, "Subject: s\n", ""},
		{"one with CRLF and blanks", "Return-Path:<>\r\nX-Envelope-To:  <a@x> \r\n\r\nbody", "", []string{"a@x"}, "\r\nbody", ""},
		{"one without a sender, put there by hand", "X-Envelope-To: <a@x>\nSubject: s\n", "", []string{"a@x"}, "Subject: s\n", ""},
		{"a mail that begins with a sender of its own", "Return-Path: <f@x>\nX-Envelope-To: <a@x>\nReturn-Path: <g@x>\n", "f@x", []string{"a@x"}, "Return-Path: <g@x>\n", ""},
		{"a mail that is kept for a reason", "X-Envelope-To: <a@x>\nX-Failmail-Reason: 550 no\nSubject: s\n", "", []string{"a@x"}, "Subject: s\n", ""},
		{"a mail behind the end", "X-Envelope-To: <a@x>\nX-Envelope-End:\nX-Envelope-To: <b@x>\n", "", []string{"a@x"}, "X-Envelope-To: <b@x>\n", ""},
		{"a mail of another server", "Return-Path: <f@x>\nSubject: s\n", "", nil, "Return-Path: <f@x>\nSubject: s\n", ""},
		{"no mail at all", "", "", nil, "", ""},

		{"a recipient that no server takes", "X-Envelope-To: <a@x>\nX-Envelope-To: <b\x7f@x>\n", "", nil, "", `"b\x7f@x" has`},
		{"a sender that no server takes", "Return-Path: <a>b>\nX-Envelope-To: <a@x>\n", "", nil, "", `"a>b" has`},
		{"a recipient without brackets", "X-Envelope-To: a@x\n", "", nil, "", `"a@x" has no angle brackets`},
		{"an empty recipient", "X-Envelope-To: <>\n", "", nil, "", "nobody"},
		{"one that was refused before", "Return-Path: <f@x>\nX-Envelope-To: <a@x>\nX-Envelope-Refused: \"b\\x7f@x\"\nSubject: s\n", "", nil, "", `"b\x7f@x" is one that no server takes`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, raw, err := envelope.Cut([]byte(tt.file))
			if tt.problem != "" {
				if err == nil || !strings.Contains(err.Error(), tt.problem) || e.To != nil || string(raw) != tt.file {
					t.Errorf("Cut = %q, %q, %v; want %q", e.To, raw, err, tt.problem)
				}
				return
			}
			if err != nil || e.From != tt.from || !slices.Equal(e.To, tt.to) || string(raw) != tt.raw {
				t.Errorf("Cut = %+v, %q, %v", e, raw, err)
			}
		})
	}
}
