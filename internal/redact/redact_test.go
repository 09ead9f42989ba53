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

func TestNoRedactorRemovesNothing(t *testing.T) {
	var none *redact.Redactor
	if got := none.Text("password=x"); got != "password=x" {
		t.Errorf("got %q", got)
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
