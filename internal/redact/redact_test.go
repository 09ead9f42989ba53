package redact_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/redact"
)

func TestSecretsAreRemovedAndTheRestStays(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"no secret", "connection refused at 10.0.0.1:5432", "connection refused at 10.0.0.1:5432"},
		{"a header field keeps its scheme", "Authorization: Bearer abc.def-123", "Authorization: Bearer [redacted]"},
		{"basic authentication", "authorization: Basic dXNlcjpwYXNz\nHost: x", "authorization: Basic [redacted]\nHost: x"},
		{"a field of WSGI", "'HTTP_AUTHORIZATION': 'Token abcdef'", "'HTTP_AUTHORIZATION': 'Token [redacted]'"},
		{"a cookie to the end of its line", "Cookie: a=b; session=123\nHost: x", "Cookie: [redacted]\nHost: x"},
		{"a cookie that is set", "Set-Cookie: id=1; Path=/", "Set-Cookie: [redacted]"},
		{"a cookie in a dict", "'HTTP_COOKIE': 'sessionid=abc',", "'HTTP_COOKIE': [redacted]"},
		{"a bearer token in a sentence", "sent bearer abcdefgh1234", "sent bearer [redacted]"},
		{"a password in a query", "GET /login?user=anna&password=hunter2&x=1", "GET /login?user=anna&password=[redacted]&x=1"},
		{"a password in JSON", `{"user": "anna", "password": "hun\"ter2"}`, `{"user": "anna", "password": [redacted]}`},
		{"a password in a Ruby hash", `"password"=>"hunter2", "id"=>"7"`, `"password"=>[redacted], "id"=>"7"`},
		{"a variable of the environment", "DB_PASSWORD=hunter2 DB_HOST=db1", "DB_PASSWORD=[redacted] DB_HOST=db1"},
		{"an API key", "X-Api-Key: 0123456789", "X-Api-Key: [redacted]"},
		{"an argument", "mysqldump --password hunter2 -u root", "mysqldump --password [redacted] -u root"},
		{"an argument as Go and Java have it", "server -password hunter2 -v", "server -password [redacted] -v"},
		{"a URL with a password", "postgres://app:hunter2@db1/shop", "postgres://app:[redacted]@db1/shop"},
		{"a URL without one", "postgres://app@db1/shop https://x:443/", "postgres://app@db1/shop https://x:443/"},
		{"a JSON web token", "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc_DEF-123", "jwt [redacted]"},
		{"keys of services", "AKIAIOSFODNN7EXAMPLE xoxb-1234567890-abc", "[redacted] [redacted]"},
		{"a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx", "-----BEGIN RSA PRIVATE KEY-----\n[redacted]\n-----END RSA PRIVATE KEY-----\nx"},
		{"a card number", "card 4111 1111 1111 1111 declined", "card [redacted] declined"},
		{"a number that is no card's", "order 4111 1111 1111 1112", "order 4111 1111 1111 1112"},
		{"a time stamp", "at 1773026262123 ms", "at 1773026262123 ms"},
		{"a sentence about a password", "password: wrong, token is missing", "password: wrong, token is missing"},
		{"a sentence without a value", "the password for anna expired", "the password for anna expired"},
		{"what is masked already", "password=******** token: null", "password=******** token: null"},
		{"a constant of PHP", "define('DB_PASSWORD', 'hunter24');", "define('DB_PASSWORD', [redacted]);"},
		{"a setter", `props.put("api_key", "abc")`, `props.put("api_key", [redacted])`},
		{"an element", "<user>bob</user><password>hunter25</password>", "<user>bob</user><password>[redacted]</password>"},
		{"an element with a prefix, an attribute and lines", "<wsse:Password Type=\"PasswordText\">\n  a b\n</wsse:Password>", "<wsse:Password Type=\"PasswordText\">\n  [redacted]\n</wsse:Password>"},
		{"an element with CDATA", "<db_token><![CDATA[abc]]></db_token>", "<db_token><![CDATA[[redacted]]]></db_token>"},
		{"an empty element", "<password></password><password/>", "<password></password><password/>"},
		{"a property by name", `<property name="db.password">hunter2</property>`, `<property name="db.password">[redacted]</property>`},
		{"a setting by key", `<add key="Password" value="hunter2" />`, `<add key="Password" value=[redacted] />`},
		{"curl's user", "curl -s -u bob:hunter10 https://x/", "curl -s -u bob:[redacted] https://x/"},
		{"curl's user in quotes", `curl --user "bob:hunter10" x`, `curl --user "bob:[redacted]" x`},
		{"curl's user without a password", "curl -u bob https://x:8443/", "curl -u bob https://x:8443/"},
		{"mysql's short option", "mysql -h db1 -P3306 -phunter9 shop", "mysql -h db1 -P3306 -p[redacted] shop"},
		{"mysqldump's", "mysqldump -u root -ph-1 shop | gzip -p2", "mysqldump -u root -p[redacted] shop | gzip -p2"},
		{"mysql that asks", "mysql -p shop", "mysql -p shop"},
		{"mariadb's", "mariadb-dump -phunter9", "mariadb-dump -p[redacted]"},
		{"sshpass", "sshpass -p 'hunter 9' ssh db1", "sshpass -p [redacted] ssh db1"},
		{"redis", "redis-cli -h r1 -a hunter9 ping", "redis-cli -h r1 -a [redacted] ping"},
		{"ldapsearch", "ldapsearch -x -w hunter9 -b dc=x", "ldapsearch -x -w [redacted] -b dc=x"},
		{"German", "Passwort: hunter2 Kennwort=hunter3", "Passwort: [redacted] Kennwort=[redacted]"},
		{"French, with its blank", "Mot de passe\u00a0: hunter2", "Mot de passe\u00a0: [redacted]"},
		{"Spanish", "contraseña: hunter2", "contraseña: [redacted]"},
		{"Spanish in two code points", "contrasen\u0303a: hunter2", "contrasen\u0303a: [redacted]"},
		{"Russian", "Пароль: хантер2", "Пароль: [redacted]"},
		{"Chinese", "密码: hunter2 密碼：hunter3", "密码: [redacted] 密碼：[redacted]"},
		{"Japanese", "パスワード: hunter2", "パスワード: [redacted]"},
		{"a sentence in French", "mot de passe: incorrecte", "mot de passe: incorrecte"},
		{"a sentence with the password", "Your new password is: hunter2", "Your new password is: [redacted]"},
		{"the same in German", "Ihr Passwort lautet: hunter2", "Ihr Passwort lautet: [redacted]"},
		{"a sentence that says what is wrong with it", "password is: wrong", "password is: wrong"},
		{"Portuguese, Dutch and Polish", "senha=hunter2 wachtwoord: hunter3 hasło: hunter4", "senha=[redacted] wachtwoord: [redacted] hasło: [redacted]"},
		{"a word that ends like one", "the compass: north", "the compass: north"},
	}
	r := redact.New()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := r.Text(tt.text)
			if got != tt.want {
				t.Errorf("\n got %q\nwant %q", got, tt.want)
			}
			if again := r.Text(got); again != got {
				t.Errorf("a second time: %q", again)
			}
		})
	}
}

func TestOwnPatternsAreRemovedToo(t *testing.T) {
	r := redact.New(regexp.MustCompile(`cust-\d+`))
	if got := r.Text("cust-17 failed, password=x1"); got != "[redacted] failed, password=[redacted]" {
		t.Errorf("got %q", got)
	}
}

func TestPatternsThatMatchNothingAreRefused(t *testing.T) {
	for _, pattern := range []string{"", "a*", "a?", "(a|b*)", "^", "$", `\b`, "(?:x|)", "a{0,3}", "()"} {
		if re, err := redact.ParsePattern(pattern); err == nil {
			t.Errorf("%q compiled to %v", pattern, re)
		}
	}
	for _, pattern := range []string{"a+", "^a", `\bcust-\d+\b`, "(a|b)c*", "a{1,3}", "[ab]", "."} {
		if _, err := redact.ParsePattern(pattern); err != nil {
			t.Errorf("%q is refused: %v", pattern, err)
		}
	}
	if _, err := redact.ParsePattern("("); err == nil || !strings.Contains(err.Error(), "missing closing") {
		t.Errorf("the error of a broken pattern is %v", err)
	}
	// A program may hand over any.
	if got := redact.New(regexp.MustCompile("a*")).Text("bab"); got != "b[redacted]b" {
		t.Errorf("a pattern that matches nothing gave %q", got)
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"password=x", "Cookie: a", "4111111111111111", "://a:b@c", "eyJ", "-----BEGIN PRIVATE KEY-----"} {
		f.Add(seed)
	}
	r := redact.New()
	f.Fuzz(func(t *testing.T, text string) {
		got := r.Text(text)
		if !strings.Contains(got, redact.Mark) && got != text {
			t.Errorf("%q became %q without a mark", text, got)
		}
	})
}
