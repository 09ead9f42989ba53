package envelope_test

import (
	"testing"

	"github.com/hut8labs/failmail/internal/envelope"
)

func TestAPatternOfAddressesMatchesTheWhole(t *testing.T) {
	for pattern, matches := range map[string]map[string]bool{
		"*@example.com": {
			"ops@example.com": true, "Ops@EXAMPLE.com": true, "a+b@example.com": true,
			"ops@examplexcom": false, "ops@sub.example.com": false, "ops@example.com.evil.example": false, `"x@evil.example"@example.com`: false,
		},
		"@example.com":      {"ops@example.com": true, "ops@example.org": false},
		"*@*.example.com":   {"ops@eu.example.com": true, "ops@example.com": false},
		"ops-*@example.com": {"ops-web@example.com": true, "ops@example.com": false},
		"ops@example.com":   {"ops@example.com": true, "devops@example.com": false},
		"a+b@example.com":   {"a+b@example.com": true, "aab@example.com": false},
		"*":                 {"ops@example.com": true, "root": true},
	} {
		p, err := envelope.ParsePattern(pattern)
		if err != nil {
			t.Errorf("%q: %v", pattern, err)
			continue
		}
		for address, want := range matches {
			if got := p.Regexp().MatchString(address); got != want {
				t.Errorf("%q matches %q: %t, want %t", pattern, address, got, want)
			}
		}
	}
}

func TestWhatIsWrittenAsARegularExpressionIsOne(t *testing.T) {
	for _, text := range []string{`.*@example\.com`, ".*@example.com", ".+@example.com", "(ops|dev)@example.com", "[a-z]+@example.com", "root", "example.com", "^ops"} {
		p, err := envelope.ParsePattern(text)
		if err != nil || p.Regexp().String() != text {
			t.Errorf("%q is %v (%v)", text, p.Regexp(), err)
		}
	}
	for _, text := range []string{`*\.com`, "(ops@example.com"} {
		if p, err := envelope.ParsePattern(text); err == nil {
			t.Errorf("%q is %v, want an error", text, p.Regexp())
		}
	}
}

func TestAReplacementKeepsWhatTheStarsStandFor(t *testing.T) {
	for _, c := range []struct{ pattern, replacement, address, want string }{
		{"*@example.com", "staging@example.com", "ops@example.com", "staging@example.com"},
		{"*@example.com", "*@staging.example.com", "ops@example.com", "ops@staging.example.com"},
		{"@example.com", "@staging.example.com", "ops@example.com", "ops@staging.example.com"},
		{"@example.com", "staging@example.com", "ops@example.com", "staging@example.com"},
		{"*@*.example.com", "*-*@example.com", "ops@eu.example.com", "ops-eu@example.com"},
		{"*", "staging@example.com", "ops@example.com", "staging@example.com"},
		{"ops@example.com", "a$1@example.com", "ops@example.com", "a$1@example.com"},
		{"ops@example.com", "dev@example.com", "devops@example.com", "devops@example.com"},
		{"(.*)@example.com", "$1@example.org", "ops@example.com", "ops@example.org"},
		{"example.com", "example.org", "ops@example.com", "ops@example.org"},
	} {
		p, err := envelope.ParsePattern(c.pattern)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
			continue
		}
		replacement, err := p.Replacement(c.replacement)
		if got := p.Regexp().ReplaceAllString(c.address, replacement); err != nil || got != c.want {
			t.Errorf("%q=%q makes %q of %q (%v), want %q", c.pattern, c.replacement, got, c.address, err, c.want)
		}
	}
	p, err := envelope.ParsePattern("ops@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.Replacement("*@example.org"); err == nil {
		t.Errorf("the replacement is %q, want an error", got)
	}
}
