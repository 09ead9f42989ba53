package redact

import (
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
)

// plainly is Text without the signs that make it quick.
func plainly(text string) string {
	for _, rule := range usual {
		text = rule.apply(text)
	}
	return text
}

func TestEveryNameOfASecretHasASign(t *testing.T) {
	name := regexp.MustCompile(`(?i)^` + secretNames + `$`)
	for _, text := range []string{
		"password", "passwd", "passphrase", "Passwort", "Kennwort", "mot de passe", "contraseña", "contrasen\u0303a", "contrasena", "senha",
		"palavra-passe", "palavra passe", "wachtwoord", "hasło", "haslo", "lösenord", "losenord", "adgangskode", "parola", "parola d'ordine",
		"şifre", "sifre", "пароль", "ПАРОЛЬ", "密码", "密碼", "口令", "パスワード", "비밀번호", "client_secret", "TOKEN", "apikey", "api-key", "API_KEY",
		"api key", "AccessKey", "access-key-id", "access_key", "access key", "secret-key", "private_key", "PrivateKey", "private key", "private-key",
		"authkey", "auth-key", "auth_key", "auth key", "credential", "credentials", "sessionid", "session-id", "SESSION_ID", "session id", "PHPSESSID", "csrf",
		"pass", "_pwd", "pw", "sid", "otp", "CVV", "cvc", "pin",
	} {
		if !name.MatchString(text) {
			t.Errorf("%q is not the name of a secret: the test is out of date", text)
		}
		if !namesSecret(strings.ToLower("x " + text + " = 1")) {
			t.Errorf("%q has no sign", text)
		}
	}
}

func FuzzSignsOverlookNothing(f *testing.F) {
	for _, text := range []string{
		"a.sid=1", "x_pin: 4711", "[pass] => hunter2", "keytool -keypass hunter2 --pw hunter3", "<ns:token>x</ns:token>", `("otp", "1")`,
		`<add key="pwd" value="x"/>`, "AKIAIOSFODNN7EXAMPLE", "xoxb-1234567890-abc", "4111111111111111", "user:pw@host https://a:b@c/",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "ſ\u212a\u0130") {
			return // letters that fold to ASCII ones in a pattern and not in lower case
		}
		if got, want := (&Redactor{rules: usual}).Text(text), plainly(text); got != want {
			t.Errorf("Text(%q)\n got %q\nwant %q", text, got, want)
		}
	})
}

func BenchmarkText(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	token := make([]byte, 32<<10)
	for i := range token {
		const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
		token[i] = base64[random.IntN(len(base64))]
	}
	source, err := os.ReadFile("redact.go")
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{
		"one long token": string(token),
		"a stack trace":  strings.Repeat("  File \"/srv/app/views.py\", line 31, in handle\n    order = Order.objects.get(id=4711)\n", 400),
		"all signs":      string(source),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				New().Text(text)
			}
		})
	}
}
