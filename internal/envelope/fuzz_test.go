package envelope_test

import (
	"bytes"
	"testing"

	"github.com/hut8labs/failmail/internal/envelope"
	"github.com/hut8labs/failmail/internal/testutil"
)

func FuzzCut(f *testing.F) {
	f.Add([]byte("Return-Path: <a@x>\r\nX-Envelope-To: <b@x>\r\nX-Envelope-End:\r\nSubject: s\r\n"), "c@x")
	f.Add([]byte("X-Envelope-Refused: \"b\\x7f@x\"\nX-Envelope-To: <>\n"), "\"a\\\"> \"@b")
	f.Fuzz(func(t *testing.T, file []byte, to string) {
		e, raw, err := envelope.Cut(file)
		if !bytes.HasSuffix(file, raw) || (err != nil || len(e.To) == 0) && (e.From != "" || len(raw) != len(file)) {
			t.Errorf("%q became %+v and %q, %v", file, e, raw, err)
		}
		cut := func(raw string) { envelope.Cut([]byte(raw)) }
		testutil.CheckLinear(t, testutil.FuzzSize, testutil.Shape{Prefix: "Return-Path: <a>\n", Open: "X-Envelope-To: <" + to + ">\n"}.Grow, cut)
		testutil.CheckLinear(t, testutil.FuzzSize, testutil.Shape{Open: string(file)}.Grow, cut)
	})
}
