// Package redact removes secrets from text that people are about to see:
// passwords, tokens, cookies, keys, card numbers. It looks for the forms in which
// programs print them; a secret without any sign of being one stays.
package redact

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Mark stands where a secret was.
const Mark = "[redacted]"

// A Redactor removes secrets. The zero value removes none; it is safe for
// concurrent use.
type Redactor struct {
	rules []rule
	own   []*regexp.Regexp
}

// A rule replaces what pattern matches, but for its groups that are kept.
type rule struct {
	signs       []string          // texts without one of which pattern cannot match; in lower case unless cased
	cased       bool              // pattern minds the case
	named       bool              // pattern needs the name of a secret; see namesSecret
	may         func(string) bool // reports whether pattern may match
	pattern     *regexp.Regexp
	replacement string
	check       func(match string) bool // whether a match is a secret; nil for always
}

// New returns a Redactor for the usual forms and for own patterns, of which the
// whole match is removed.
func New(own ...*regexp.Regexp) *Redactor {
	return &Redactor{rules: usual, own: own}
}

// secretNames end the names of fields whose value is a secret, such as
// DB_PASSWORD, X-Api-Key or userPassword. The short ones are parts of other words
// and must stand alone.
const (
	longNames = `(?:password|passwd|passphrase|` + foreignNames + `|secret|token|api[-_ ]?key|access[-_ ]?key(?:[-_ ]?id)?|secret[-_ ]?key|private[-_ ]?key|` +
		`auth[-_ ]?key|credentials?|session[-_ ]?id|sessid|csrf)`
	// foreignNames are what a program says that speaks to its users in German,
	// French, Spanish, Portuguese, Dutch, Polish, Swedish, Danish, Italian, Turkish,
	// Russian, Chinese, Japanese and Korean.
	foreignNames = `passwort|kennwort|mot de passe|contrase(?:ñ|n\x{303}|n)a|senha|palavra[- ]passe|wachtwoord|has(?:ł|l)o|l(?:ö|o)senord|adgangskode|` +
		`parola(?: d.ordine)?|(?:ş|s)ifre|пароль|密码|密碼|口令|パスワード|비밀번호`
	shortNames  = `(?:pass|pwd|pw|sid|otp|cvv|cvc|pin)`
	nameEnds    = longNames + `|(?:\b|_)` + shortNames
	secretNames = `(?:[a-z0-9_.-]*` + longNames + `|(?:\b|_)` + shortNames + `)`
	// blanks are also those that French typography puts in front of a colon.
	blanks = `[\s\x{a0}\x{202f}]*`
	quoted = `"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'`
)

var usual = []rule{
	{signs: []string{"private key"}, pattern: regexp.MustCompile(`(-----BEGIN [A-Z ]*PRIVATE KEY-----)(?s:.*?)(-----END [A-Z ]*PRIVATE KEY-----|\z)`), replacement: "${1}\n" + Mark + "\n${2}"},
	{signs: []string{"authorization"}, pattern: regexp.MustCompile(`(?i)((?:proxy[-_])?authorization["']?\s*(?:[:=]|=>)+\s*["']?(?:(?:basic|bearer|digest|token|negotiate|apikey|aws4-hmac-sha256)\s+)?)[^\s"',;]+`), replacement: "${1}" + Mark},
	{signs: []string{"cookie"}, pattern: regexp.MustCompile(`(?im)((?:^|[\s"'_{,])(?:set[-_])?cookie["']?\s*(?:[:=]|=>)+\s*)[^\r\n]+`), replacement: "${1}" + Mark},
	{signs: []string{"bearer "}, pattern: regexp.MustCompile(`(?i)(\bbearer\s+)[a-z0-9._~+/=-]{8,}`), replacement: "${1}" + Mark},
	// name=value, name: value, name is: value, "name": "value", 'name' => 'value'
	{named: true, pattern: regexp.MustCompile(`(?i)((?:` + nameEnds + `)["']?\]?(?:\s+(?:is|was|ist|lautet|est|es|é|è))?` + blanks + `(?:=>|[:=：])` + blanks + `)(` + quoted + `|[^\s"',;&)}\]]+)`), replacement: "${1}" + Mark, check: isValue},
	// define('name', 'value'), putenv("name", "value"), ('name', 'value')
	{named: true, pattern: regexp.MustCompile(`(?i)(\(\s*["']` + secretNames + `["']\s*,\s*)(` + quoted + `)`), replacement: "${1}" + Mark, check: isValue},
	// <name>value</name>, <property name="name">value</property>
	{signs: []string{"</"}, named: true, pattern: regexp.MustCompile(`(?i)(<(?:[a-z0-9_.-]+:)?` + secretNames + `(?:\s[^<>]*)?>\s*(?:<!\[cdata\[)?)([^<>\s][^<>]*?)(\s*(?:\]\]>)?\s*</)`), replacement: "${1}" + Mark + "${3}", check: isValue},
	{signs: []string{"</"}, named: true, pattern: regexp.MustCompile(`(?i)((?:name|key|id)=["']` + secretNames + `["'][^<>]*>\s*)([^<>\s][^<>]*?)(\s*</)`), replacement: "${1}" + Mark + "${3}", check: isValue},
	// <add key="name" value="value"/>
	{signs: []string{"value"}, named: true, pattern: regexp.MustCompile(`(?i)((?:name|key|id)=["']` + secretNames + `["']\s+value\s*=\s*)(` + quoted + `)`), replacement: "${1}" + Mark, check: isValue},
	// --name value, -name value
	{named: true, pattern: regexp.MustCompile(`(?i)(\s--?` + secretNames + `\s+)[^\s-][^\s]*`), replacement: "${1}" + Mark},
	// What programs take as an argument without a telling name.
	{signs: []string{"curl"}, pattern: regexp.MustCompile(`(?i)(\bcurl\s(?:[^\n]*?\s)?(?:-u|--user|--proxy-user)[= ]*["']?[^\s:"'=]+:)[^\s"']+`), replacement: "${1}" + Mark},
	{signs: []string{"mysql"}, pattern: regexp.MustCompile(`(\bmysql[a-z]*\s(?:[^\n|;]*?\s)?-p)[^\s-][^\s]*`), replacement: "${1}" + Mark},
	{signs: []string{"mariadb"}, pattern: regexp.MustCompile(`(\bmariadb[a-z-]*\s(?:[^\n|;]*?\s)?-p)[^\s-][^\s]*`), replacement: "${1}" + Mark},
	{signs: []string{"sshpass"}, pattern: regexp.MustCompile(`(\bsshpass\s+-p\s*)(?:"[^"\n]*"|'[^'\n]*'|[^\s"'][^\s]*)`), replacement: "${1}" + Mark},
	{signs: []string{"redis-cli"}, pattern: regexp.MustCompile(`(\bredis-cli\s(?:[^\n|;]*?\s)?-a\s+)[^\s-][^\s]*`), replacement: "${1}" + Mark},
	{signs: []string{"ldap"}, pattern: regexp.MustCompile(`(\bldap[a-z]+\s(?:[^\n|;]*?\s)?-w\s*)[^\s-][^\s]*`), replacement: "${1}" + Mark},
	{signs: []string{"://"}, pattern: regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://[^\s/:@"']*:)[^\s/@"']+@`), replacement: "${1}" + Mark + "@"},
	{signs: []string{"eyJ"}, cased: true, pattern: regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`), replacement: Mark},
	{signs: []string{"AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "sk_live_", "sk_test_", "AIza"}, cased: true, pattern: regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bglpat-[A-Za-z0-9_-]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bsk_(?:live|test)_[A-Za-z0-9]{16,}|\bAIza[A-Za-z0-9_-]{35}`), replacement: Mark},
	{may: hasLongNumber, pattern: regexp.MustCompile(`\b[0-9](?:[ -]?[0-9]){12,18}\b`), replacement: Mark, check: isCard},
}

// nameSigns and aloneSigns are of what longNames and shortNames match, in lower
// case.
var (
	nameSigns = []string{
		"passw", "passphrase", "kennwort", "mot de passe", "contrase", "senha", "palavra", "wachtwoord", "hasło", "haslo", "senord",
		"adgangskode", "parola", "şifre", "sifre", "пароль", "密码", "密碼", "口令", "パスワード", "비밀번호",
		"secret", "token", "credential", "sessid", "csrf",
		"apikey", "api-key", "api_key", "api key", "accesskey", "access-key", "access_key", "access key",
		"privatekey", "private-key", "private_key", "private key", "authkey", "auth-key", "auth_key", "auth key",
		"sessionid", "session-id", "session_id", "session id",
	}
	aloneSigns = []string{"pass", "pwd", "pw", "sid", "otp", "cvv", "cvc", "pin"}
)

// namesSecret reports whether secretNames may match in lower, a text in lower
// case. The pattern would take a hundred times as long to say so, and texts can be
// one long token that makes it try at every letter.
func namesSecret(lower string) bool {
	return containsAny(lower, nameSigns) || slices.ContainsFunc(aloneSigns, func(sign string) bool { return standsAlone(lower, sign) })
}

// NamesSecret reports whether a field of that name holds a secret: clientSecret, db_password.
func NamesSecret(name string) bool { return namesSecret(strings.ToLower(name)) }

func containsAny(text string, signs []string) bool {
	return slices.ContainsFunc(signs, func(sign string) bool { return strings.Contains(text, sign) })
}

// standsAlone reports whether word is in lower and no part of a longer one.
func standsAlone(lower, word string) bool {
	inWord := func(b byte) bool { return 'a' <= b && b <= 'z' || '0' <= b && b <= '9' }
	for from := 0; ; {
		i := strings.Index(lower[from:], word)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(word)
		if (start == 0 || !inWord(lower[start-1])) && (end == len(lower) || !inWord(lower[end])) {
			return true
		}
		from = end
	}
}

// Text returns text without its secrets.
func (r *Redactor) Text(text string) string {
	if text == "" {
		return text
	}
	lower := strings.ToLower(text)
	named := namesSecret(lower)
	for _, rule := range r.rules {
		in := lower
		if rule.cased {
			in = text
		}
		if (named || !rule.named) && (rule.signs == nil || containsAny(in, rule.signs)) && (rule.may == nil || rule.may(in)) {
			text = rule.apply(text)
		}
	}
	for _, own := range r.own {
		text = own.ReplaceAllStringFunc(text, func(match string) string {
			if match == "" {
				return "" // see ParsePattern
			}
			return Mark
		})
	}
	return text
}

func (r rule) apply(text string) string {
	if r.check == nil {
		return r.pattern.ReplaceAllString(text, r.replacement)
	}
	var out strings.Builder
	rest := 0
	for _, m := range r.pattern.FindAllStringSubmatchIndex(text, -1) {
		secret := text[m[0]:m[1]]
		if len(m) >= 6 {
			secret = text[m[4]:m[5]] // the value, behind the name
		}
		if !r.check(secret) {
			continue
		}
		out.WriteString(text[rest:m[0]])
		out.Write(r.pattern.ExpandString(nil, r.replacement, text, m))
		rest = m[1]
	}
	if rest == 0 {
		return text
	}
	out.WriteString(text[rest:])
	return out.String()
}

// isValue reports whether what stands behind a name may be a secret, rather
// than the rest of a sentence: "password: wrong", "token: none".
func isValue(value string) bool {
	value = strings.Trim(value, `"'`)
	if strings.HasPrefix(value, strings.TrimSuffix(Mark, "]")) {
		return false
	}
	switch strings.ToLower(value) {
	case "", "null", "none", "nil", "true", "false", "undefined", "missing", "invalid", "wrong", "expired", "required", "empty",
		"unknown", "incorrect", "not", "is", "the", "no", "yes", "must", "failed",
		"falsch", "ungültig", "fehlt", "incorrecte", "invalide", "manquant", "incorrecta", "inválida", "errata", "неверный", "错误":
		return false
	}
	return strings.Trim(value, "*x.") != "" && // masked already
		strings.ContainsFunc(value, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// hasLongNumber reports whether text has a number as long as a card's, with at
// most one blank or dash between two digits.
func hasLongNumber(text string) bool {
	for i, digits, gap := 0, 0, 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			if digits, gap = digits+1, 0; digits == 13 {
				return true
			}
		case (c == ' ' || c == '-') && gap == 0:
			gap = 1
		default:
			digits, gap = 0, 0
		}
	}
	return false
}

// isCard reports whether digits are the number of a payment card (ISO/IEC 7812:
// Luhn's check digit).
func isCard(text string) bool {
	sum, n := 0, 0
	for i := len(text) - 1; i >= 0; i-- {
		c := text[i]
		if c == ' ' || c == '-' {
			continue
		}
		d := int(c - '0')
		if n%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		n++
	}
	first := text[0]
	return n >= 13 && n <= 19 && sum%10 == 0 && first >= '3' && first <= '6' && strings.Trim(text, "0 -") != ""
}
