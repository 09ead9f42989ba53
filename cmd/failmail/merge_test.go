package main

import (
	"strings"
	"testing"
)

func TestMergeAndSplitRefuseWhatIsNoFingerprint(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"one to merge":           {[]string{"merge", oneFingerprint}, "a merge takes 2 errors, not 1"},
		"three to merge":         {[]string{"merge", oneFingerprint, otherFingerprint, oneFingerprint}, "a merge takes 2 errors, not 3"},
		"the same one twice":     {[]string{"merge", oneFingerprint, oneFingerprint}, "is named twice"},
		"a word":                 {[]string{"merge", oneFingerprint, "disk"}, `"disk" is not a fingerprint: that is "v2:" and 16 hexadecimal digits`},
		"one of a version 1":     {[]string{"merge", "v1:0123456789abcdef", otherFingerprint}, "of an older version"},
		"none to split":          {[]string{"split"}, "split takes 1 error, not 0"},
		"two to split":           {[]string{"split", oneFingerprint, otherFingerprint}, "split takes 1 error, not 2"},
		"one that is too short":  {[]string{"split", "v2:0123"}, "is not a fingerprint"},
		"one of capital letters": {[]string{"split", strings.ToUpper(oneFingerprint)}, "is not a fingerprint"},
	} {
		t.Run(name, func(t *testing.T) {
			if r := failmailHere(t, "", test.args...); r.code != exitUsage || !strings.Contains(r.stderr, test.want) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestAMergeOfWhatIsOneErrorDoesNothing(t *testing.T) {
	t.Parallel()
	p, two := twoErrors(t)
	for _, want := range []string{"merges 2 errors: ", "these are already one error: disk full (2 mails)\n"} {
		if out, _ := failmailHere(t, "", "merge", two[0], two[1], "--http="+p.http).succeeds(t); !strings.HasPrefix(out, want) {
			t.Errorf("want %q:\n%s", want, out)
		}
	}
	out, _ := failmailHere(t, "", "merge", oneFingerprint, two[0], "--dry-run", "--http="+p.http).succeeds(t)
	if !strings.HasPrefix(out, "merges 2 errors: "+oneFingerprint+" (no mail had it so far) and disk full (2 mails)\n") {
		t.Errorf("one that is not open is shown as\n%s", out)
	}
	if out, _ := failmailHere(t, "", "split", oneFingerprint, "--http="+p.http).succeeds(t); !strings.HasPrefix(out, "keeps separate what is already an error of its own: "+oneFingerprint) {
		t.Errorf("one that is alone is shown as\n%s", out)
	}
}
