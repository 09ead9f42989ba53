package deliver_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/message"

	"github.com/hut8labs/failmail/internal/envelope"
	"github.com/hut8labs/failmail/internal/mailbox"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// What is put into the fail-dir comes out for the same sender and recipients, byte
// for byte, or is not sent at all.
func FuzzEnvelopeRoundTrip(f *testing.F) {
	for _, seed := range [][4]string{
		{"f@x", "a@x", "b@x", "Subject: s\r\n\r\nbody\r\n"},
		{"", `"a b,c@d"@x`, "grüße@bücher.example", "Return-Path: <g@x>\r\n\r\n"},
		{`"f\"\\"@x`, "root", "a@[IPv6:2001:db8::7]", "X-Envelope-To: <victim@x>\r\n\r\nbody"},
		{"f@x", "b\x7f@x", "b\x0b@x", "X-Envelope-End:\r\nX-Envelope-End:\r\n"},
		{"f@x", "\"a\tb\"@x", `"<evil>,x"@y`, "X-Envelope-Refused: x\r\n"},
		{"f\n@x", " a@x ", "a@x>\nX-Envelope-To: <evil@x", "From a@x Mon Mar  9 03:17:42 2026\n\nx"},
		{strings.Repeat("l", 64) + "@x", strings.Repeat("l", 65) + "@x", "a@" + strings.Repeat("d", 252), ""},
	} {
		f.Add(seed[0], seed[1], seed[2], []byte(seed[3]))
	}
	f.Fuzz(func(t *testing.T, from, one, two string, content []byte) {
		dir := t.TempDir()
		// The content of a mail begins with a field or an empty line.
		want := deliver.Mail{From: from, To: []string{one, two}, Raw: message.NormalizeLines(append([]byte("X-First: 1\r\n"), content...))}
		if bytes.HasPrefix(content, []byte("X-Envelope-")) || bytes.HasPrefix(content, []byte("Return-Path:")) {
			want.Raw = message.NormalizeLines(content)
		}
		if err := (&deliver.Maildir{Dir: dir}).Send(t.Context(), &want); err != nil {
			t.Fatalf("Send = %v", err)
		}
		good := from == "" || envelope.Problem(from) == ""
		for _, to := range want.To {
			good = good && to != "" && envelope.Problem(to) == ""
		}

		mails := 0
		for read, err := range (&mailbox.Reader{}).Mails(t.Context(), dir) {
			if mails++; err != nil {
				t.Fatal(err)
			}
			raw := bytes.ReplaceAll(read.Raw, []byte("\n"), []byte("\r\n"))
			if good && (read.From != want.From || !slices.Equal(read.To, want.To) || !bytes.Equal(raw, want.Raw)) {
				t.Errorf("read %q to %q: %q\nwant %q to %q: %q", read.From, read.To, raw, want.From, want.To, want.Raw)
			}
			if !good && read.To != nil {
				t.Errorf("read for %q, which was for %q", read.To, want.To)
			}
		}
		if mails != 1 {
			t.Fatalf("%d mails in the folder", mails)
		}

		var sent []deliver.Mail
		var problem error
		err := (&deliver.Maildir{Dir: dir}).Resend(t.Context(), deliver.SenderFunc(func(_ context.Context, m *deliver.Mail) error {
			sent = append(sent, *m)
			return nil
		}), func(r deliver.Resent) { problem = r.Err })
		switch {
		case err != nil:
			t.Fatal(err)
		case !good && (len(sent) > 0 || problem == nil):
			t.Errorf("a mail from %q to %q was sent to %q", from, want.To, sent)
		case good && (problem != nil || len(sent) != 1 || sent[0].From != want.From || !slices.Equal(sent[0].To, want.To) || !bytes.Equal(sent[0].Raw, want.Raw)):
			t.Errorf("sent %q, %v; want %q", sent, problem, want)
		}
	})
}
