package batch_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/receive"
)

func orderMail() *receive.Message {
	m := receive.NewMessage("app@web1.shop.example", []string{"ops@shop.example", "root"}, []byte(
		"Subject: =?utf-8?q?Auftr=C3=A4ge?= 4711 failed\n"+
			"X-App:  Checkout \n"+
			"X-Level: =?iso-8859-1?q?hei=DF?=\n"+
			"\n"+
			"Order 4711 of anna@shop.example failed\n"))
	m.Helo, m.RemoteAddr = "web1.shop.example", "192.0.2.7"
	return m
}

func TestCompiledExpressionsNameGroups(t *testing.T) {
	tests := []struct{ name, expression, want string }{
		{"the subject, decoded", "subject", "Aufträge 4711 failed"},
		{"the subject, masked", "masked-subject", "Aufträge <num> failed"},
		{"the fingerprint", "fingerprint", batch.FingerprintOf(orderMail()).ID},
		{"the envelope's sender", "from", "app@web1.shop.example"},
		{"the host", "host", "web1.shop.example"},
		{"a header without regard to case", "header:x-app", "Checkout"},
		{"a header is decoded", "header:X-Level", "heiß"},
		{"a header that is not there", "header:X-None", ""},
		{"two keys are joined", "host,subject", "web1.shop.example / Aufträge 4711 failed"},
		{"blanks around keys do not matter", " host , header:X-App ", "web1.shop.example / Checkout"},
		{"the same key twice", "host,host", "web1.shop.example / web1.shop.example"},

		{"a template over a header", `{{.Header.Get "X-Level"}}`, "heiß"},
		{"a template with the sender and recipients", `{{.From}} {{index .To 0}}`, "app@web1.shop.example ops@shop.example"},
		{"a template with the client's address", `{{.RemoteAddr}}`, "192.0.2.7"},
		{"a template with text around it", `app={{.Header.Get "x-app"}}`, "app=Checkout"},
		{"match returns what matched", `{{match "[0-9]+" .Subject}}`, "4711"},
		{"match returns the whole match despite a group", `{{match "[0-9]([0-9]+)" .Subject}}`, "4711"},
		{"submatch returns the first group", `{{submatch "Order ([0-9]+) of (\\w+)" .Body}}`, "4711"},
		{"a pattern may be written as failmail 0.2 took it", `{{match "\d+" (.Header.Get "Subject")}}`, "4711"},
		{"such a pattern may hold a quote", `{{replace "\d\"?" .Subject "#"}}`, "Aufträge #### failed"},
		{"match returns nothing where nothing matches", `[{{match "nope" .Body}}]`, "[]"},
		{"match takes the text from a pipe", `{{.Subject | match "^\\pL+"}}`, "Aufträge"},
		{"replace replaces every match", `{{replace "[0-9]" .Subject "#"}}`, "Aufträge #### failed"},
		{"replace knows groups", `{{replace "(\\w+)@(\\w+).*" .From "$2 $1"}}`, "web1 app"},
		{"mask masks", `{{mask .Body}}`, "Order <num> of <email> failed"},
		{"lower lowers, also beyond ASCII", `{{lower "ÄRGER"}}`, "ärger"},
		{"trim trims", `[{{trim "  x\t"}}]`, "[x]"},
		{"functions combine", `{{.Subject | mask | lower}}`, "aufträge <num> failed"},
		{"a condition", `{{if .Header.Has "X-App"}}app{{else}}other{{end}}`, "app"},
		{"the default batch without its header", batch.DefaultBatch, ""},
		{"the default group", batch.DefaultGroup, "Aufträge 4711 failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			grouper, err := batch.Compile(tt.expression)
			if err != nil {
				t.Fatal(err)
			}
			got, err := grouper.Group(orderMail())
			if err != nil || got != tt.want {
				t.Errorf("%s gave %q and %v, want %q", tt.expression, got, err, tt.want)
			}
		})
	}
}

func TestWrongExpressionsAreExplained(t *testing.T) {
	tests := []struct {
		name, expression string
		want             []string
	}{
		{"an unknown key is named with its position and the list", "subjekt",
			[]string{`"subjekt"`, "position 1", "subject", "masked-subject", "fingerprint", "from", "host", "header:NAME", "{{"}},
		{"the second key is at the position where it begins", "subject,nope", []string{`"nope"`, "position 9"}},
		{"blanks before a key count as positions", "subject,  nope", []string{`"nope"`, "position 11"}},
		{"keys are in lower case", "Subject", []string{`"Subject"`, "position 1"}},
		{"a header without a name", "header:", []string{`"header:"`, "position 1"}},
		{"an empty expression", "", []string{`""`, "position 1", "subject"}},
		{"an empty key between commas", "subject,,host", []string{`""`, "position 9"}},
		{"a comma at the end", "subject,", []string{`""`, "position 9"}},
		{"a template field without its template", ".From", []string{`".From"`, "{{"}},

		{"a template that does not end", `{{.From`, []string{"expression:1", "unclosed action", ".From", "match"}},
		{"a syntax error on the second line", "{{.From}}\n{{if}}", []string{"expression:2", "missing value for if"}},
		{"an unknown function", `{{upper .From}}`, []string{"expression:1", `"upper"`, "lower"}},
		{"a misspelt field", `{{.Form}}`, []string{"expression:1:2", "Form", ".From"}},
		{"a misspelt method", `x {{.Header.Gte "Subject"}}`, []string{"expression:1:11", "Gte", ".Header.Get"}},
		{"too few arguments", `{{match "x"}}`, []string{"expression:1:2", "match"}},
		{"a bad pattern", `{{match "a(" .Subject}}`, []string{"expression:1:2", "missing closing )", "a("}},
		{"a bad pattern to replace", `{{replace "[" .Subject ""}}`, []string{"expression:1:2", "missing closing ]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			grouper, err := batch.Compile(tt.expression)
			if err == nil {
				t.Fatalf("%q compiled to %v", tt.expression, grouper)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not speak of %s: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %v", err)
			}
		})
	}
}

func TestPatternsMadeFromTheMailFailForThatMailOnly(t *testing.T) {
	grouper, err := batch.Compile(`{{match (.Header.Get "X-Pattern") .Subject}}`)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := grouper.Group(receive.NewMessage("", nil, []byte("X-Pattern: (\nSubject: s\n\n"))); err == nil {
		t.Errorf("a bad pattern gave the key %q", key)
	}
	// More patterns than are kept compiled.
	for range 2 {
		for _, letter := range strings.Split(strings.Repeat("abcdefghijklmnopqrstuvwxyz", 5), "") {
			for _, more := range []string{"", "+", "?", "*", "{1}"} {
				m := receive.NewMessage("", nil, []byte("X-Pattern: "+letter+more+"$\nSubject: 1"+letter+"\n\n"))
				if key, err := grouper.Group(m); err != nil || key != letter {
					t.Fatalf("pattern %q gave %q and %v", letter+more+"$", key, err)
				}
			}
		}
	}
}
