package mailbox

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

func FuzzEnvelope(f *testing.F) {
	f.Add("a@b.example", "c@d.example", "e@f.example", "Subject: s\r\n\r\nx")
	f.Add("", "<>", "\"a\\\"> \"@b", "X-Envelope-To: <x>\n")
	f.Fuzz(func(t *testing.T, from, one, two, mail string) {
		if raw := []byte(from + one + mail); true {
			sender, to, rest := cutEnvelope(raw)
			if !bytes.HasSuffix(raw, rest) || len(to) == 0 && (sender != "" || len(rest) != len(raw)) {
				t.Errorf("%q became %q, %q and %q", raw, sender, to, rest)
			}
		}
		for _, to := range []string{one, two} {
			testutil.CheckLinear(t, testutil.FuzzSize, testutil.Shape{Prefix: "Return-Path: <a>\n", Open: "X-Envelope-To: <" + to + ">\n"}.Grow, func(raw string) { cutEnvelope([]byte(raw)) })
		}
		if strings.ContainsAny(from+one+two, "\r\n") || strings.HasPrefix(mail, "X-Envelope-To: <") {
			return // no addresses, and a mail with an envelope of its own
		}
		raw := "Return-Path: <" + from + ">\r\nX-Envelope-To: <" + one + ">\r\nX-Envelope-To: <" + two + ">\r\n" + mail
		sender, to, rest := cutEnvelope([]byte(raw))
		if sender != from || !slices.Equal(to, []string{one, two}) || string(rest) != mail {
			t.Errorf("%q became %q, %q and %q", raw, sender, to, rest)
		}
	})
}
