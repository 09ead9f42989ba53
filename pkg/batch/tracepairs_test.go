package batch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
)

// traceLanguages are the ones whose stack traces are read.
var traceLanguages = []string{"dart", "dotnet", "elixir", "erlang", "go", "haskell", "java", "lua", "native", "node", "perl", "php", "powershell", "python", "r", "ruby", "rust", "swift"}

// A tracePair is two mails and whether they report the same error. Its file in
// testdata/traces has this form:
//
//	# why this label, on one line or more
//	language: python
//	want: same
//	-- a --
//	the first mail: its header, an empty line, its body
//	-- b --
//	the second mail
type tracePair struct {
	why, language string
	same          bool
	a, b          string
}

// parseTracePair reads the file with the given name, without a folder.
func parseTracePair(name, text string) (tracePair, error) {
	var p tracePair
	head, mails, ok := strings.Cut(text, "\n-- a --\n")
	if !ok {
		return p, fmt.Errorf("there is no line %q", "-- a --")
	}
	if p.a, p.b, ok = strings.Cut(mails, "\n-- b --\n"); !ok {
		return p, fmt.Errorf("there is no line %q after %q", "-- b --", "-- a --")
	}
	p.a, p.b = p.a+"\n", strings.TrimRight(p.b, "\n")+"\n"
	if strings.Contains(p.a+p.b, "\n-- a --\n") || strings.Contains(p.b, "\n-- b --\n") {
		return p, fmt.Errorf("there are more than two mails")
	}

	var why []string
	fields := map[string]string{}
	for line := range strings.SplitSeq(head, "\n") {
		if reason, ok := strings.CutPrefix(line, "# "); ok && len(fields) == 0 {
			why = append(why, reason)
			continue
		}
		key, value, ok := strings.Cut(line, ": ")
		if _, again := fields[key]; !ok || again || key != "language" && key != "want" {
			return p, fmt.Errorf("line %q is none of %q, %q and %q, or it is not in this order", line, "# why", "language: x", "want: x")
		}
		fields[key] = value
	}
	p.why, p.language = strings.Join(why, " "), fields["language"]
	if p.why == "" {
		return p, fmt.Errorf("there is no %q: say why the label is right", "# why")
	}
	if !slices.Contains(traceLanguages, p.language) {
		return p, fmt.Errorf("language is %q, want one of %q", p.language, traceLanguages)
	}
	want := fields["want"]
	if want != "same" && want != "different" {
		return p, fmt.Errorf("want is %q, want %q or %q", want, "same", "different")
	}
	p.same = want == "same"

	// The name is what a failure shows first, so it must not say otherwise.
	words := strings.Split(strings.TrimSuffix(name, ".txt"), "-")
	if words[0] != p.language || words[len(words)-1] != want {
		return p, fmt.Errorf("the name does not start with %q and end with %q", p.language, want)
	}
	for side, mail := range map[string]string{"a": p.a, "b": p.b} {
		header, body, ok := strings.Cut(mail, "\n\n")
		if !ok || !strings.Contains("\n"+header, "\nSubject: ") || strings.TrimSpace(body) == "" {
			return p, fmt.Errorf("mail %s is not a header with a Subject, an empty line and a body", side)
		}
	}
	if withoutDate(p.a) == withoutDate(p.b) {
		return p, fmt.Errorf("but for their Date the mails are equal, which tests nothing")
	}
	return p, nil
}

// withoutDate is mail without its Date fields.
func withoutDate(mail string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(mail, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "Date: ")
	}), "\n")
}

func TestTracePairs(t *testing.T) {
	const minimum, minimumOfLanguage = 60, 6
	files, err := filepath.Glob(filepath.Join("testdata", "traces", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	seen := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		p, err := parseTracePair(name, strings.ReplaceAll(string(content), "\r\n", "\n"))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if other, again := seen[p.a+p.b]; again {
			t.Errorf("%s has the mails of %s", file, other)
		}
		seen[p.a+p.b] = name
		count[p.language]++
		t.Run(strings.TrimSuffix(name, ".txt"), func(t *testing.T) {
			a, b := traceFingerprint(p.a), traceFingerprint(p.b)
			if (a.ID == b.ID) != p.same {
				want := map[bool]string{true: "the same error", false: "two errors"}[p.same]
				t.Errorf("want %s: %s\na: %s %s\nb: %s %s", want, p.why, a.ID, a.Reason, b.ID, b.Reason)
			}
		})
	}

	if len(files) < minimum {
		t.Errorf("there are %d pairs in testdata/traces, want at least %d", len(files), minimum)
	}
	for _, language := range traceLanguages {
		if count[language] < minimumOfLanguage {
			t.Errorf("there are %d pairs of %s, want at least %d", count[language], language, minimumOfLanguage)
		}
	}
}

func traceFingerprint(mail string) batch.Fingerprint {
	raw := []byte(strings.ReplaceAll(mail, "\n", "\r\n"))
	return batch.FingerprintOf(message.New("app@example.com", []string{"ops@example.com"}, raw))
}

func TestParseTracePairRefusesAMalformedFile(t *testing.T) {
	const mail = "Subject: s\n\nbody"
	const good = "# why\nlanguage: go\nwant: same\n-- a --\n" + mail + " 1\n-- b --\n" + mail + " 2\n"
	if _, err := parseTracePair("go-x-same.txt", good); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, file, old, new string }{
		{"no a", "go-x-same.txt", "-- a --", "--- a"},
		{"no b", "go-x-same.txt", "-- b --", "--- b"},
		{"a third mail", "go-x-same.txt", "body 2\n", "body 2\n-- b --\n" + mail + "\n"},
		{"no reason", "go-x-same.txt", "# why\n", ""},
		{"an unknown language", "go-x-same.txt", "language: go", "language: cobol"},
		{"an unknown label", "go-x-same.txt", "want: same", "want: similar"},
		{"an unknown field", "go-x-same.txt", "want: same", "want: same\nauthor: me"},
		{"a field twice", "go-x-same.txt", "want: same", "want: same\nwant: same"},
		{"no subject", "go-x-same.txt", mail + " 2", "body 2"},
		{"equal mails", "go-x-same.txt", "body 2", "body 1"},
		{"a name with another label", "go-x-different.txt", "", ""},
		{"a name with another language", "java-x-same.txt", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if p, err := parseTracePair(test.file, strings.Replace(good, test.old, test.new, 1)); err == nil {
				t.Errorf("got %+v, want an error", p)
			}
		})
	}
}
