package batch_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
)

func orderMail() *message.Message {
	m := message.New("app@web1.shop.example", []string{"ops@shop.example", "root"}, []byte(
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
		{"a dollar sign in a replacement", `{{replace "Auf" .Subject "$$"}}`, "$träge 4711 failed"},
		{"a named group", `{{replace "(?P<n>[0-9]+)" .Subject "<$n>"}}`, "Aufträge <4711> failed"},
		{"a variable, also after it got another value", `{{$x := .Subject}}{{if .From}}{{$x = .Body | lower}}{{end}}{{$x | match "\\w+"}}`, "order"},
		{"a loop with its index", `{{range $i, $to := .To}}{{$i}}{{lower $to}}{{$.Host | len}} {{end}}`, "0ops@shop.example17 1root17 "},
		{"a method of a header in a loop", `{{with .Header}}{{range .Values "X-App"}}{{. | trim}}{{end}}{{end}}`, "Checkout"},
		{"a template that calls itself", `{{define "a"}}{{if .}}{{.From}}{{template "a"}}{{end}}{{end}}{{template "a" .}}`, "app@web1.shop.example"},
		{"the time of arrival", `{{.Received.IsZero}}`, "false"},
		{"comparisons and prints", `{{if and (eq .Host "web1.shop.example") (gt (len .To) 1)}}{{printf "%s" .Host | lower}}{{end}}`, "web1.shop.example"},
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
		{"an unknown function", `{{upper .From}}`, []string{"position 3", `"upper"`, "lower"}},
		{"a misspelt field", `{{.Form}}`, []string{"position 3: no field .Form, did you mean .From; fields are .Header.Get"}},
		{"a misspelt method", `x {{.Header.Gte "Subject"}}`, []string{"position 12: no field .Header.Gte, did you mean .Header.Get"}},
		{"too few arguments", `{{match "x"}}`, []string{"position 3: match takes 2 arguments, and got 1", "match PATTERN TEXT"}},
		{"a bad pattern", `{{match "a(" .Subject}}`, []string{"position 9", "missing closing )", "a(", "backslash"}},
		{"a bad pattern to replace", `{{replace "[" .Subject ""}}`, []string{"position 11", "missing closing ]"}},

		{"a key in capitals", "Fingerprint", []string{`unknown key "Fingerprint" at position 1, did you mean fingerprint: `}},
		{"a key with a slip", "host,subjcet", []string{`"subjcet" at position 6, did you mean subject: `}},
		{"a header name with a blank", "header:X Team", []string{`"X Team" at position 8`, "header:X-Team"}},
		{"a header name with a colon", "host,header:X-Team:", []string{`"X-Team:" at position 13`}},
		{"a header name with a blank, in a template", `{{.Header.Get "X Team"}}`, []string{"position 15", `"X Team"`, "X-Team"}},

		{"a field in a branch that is seldom taken", `{{if match "ORA" .Body}}{{.Nope}}{{end}}{{.Subject}}`, []string{"position 27: no field .Nope; fields are"}},
		{"a field in the other branch", `{{if .From}}x{{else}}{{.Subjet}}{{end}}`, []string{"position 24: no field .Subjet, did you mean .Subject"}},
		{"a pattern in a branch", `{{if match "ORA" .Body}}{{match "(" .Body}}{{end}}{{.Subject}}`, []string{"position 33", "missing closing )"}},
		{"a pattern in parentheses", `{{if .From}}{{match ("(") .Body}}{{end}}`, []string{"position 22", "missing closing )"}},
		{"a pattern before a pipe", `{{if .From}}{{.Body | match "("}}{{end}}`, []string{"position 29", "missing closing )"}},
		{"too many arguments in a branch", `{{if .From}}{{.Body | match "x" .From}}{{end}}`, []string{"position 23: match takes 2 arguments, and got 3"}},
		{"a method without its argument", `{{with .Header.Get}}x{{end}}`, []string{"position 15: .Get takes 1 argument, and got none"}},
		{"a method with a number", `{{if .From}}{{.Header.Get 7}}{{end}}`, []string{"position 22: .Get takes a text", "number"}},
		{"a number for a text", `{{if .From}}{{lower 7}}{{end}}`, []string{"position 15: lower takes a text as TEXT", "number"}},
		{"a list for a text", `{{if .Body}}{{lower .To}}{{end}}`, []string{"lower takes a text as TEXT", "[]string"}},
		{"a field of a text", `{{if .From}}{{.From.Host}}{{end}}`, []string{"position 20: no field .Host of a value of type string"}},
		{"a field of an element", `{{range .To}}{{.From}}{{end}}`, []string{"position 16: no field .From of a value of type string", "$.From"}},
		{"a field of a variable", `{{$m := .}}{{if .From}}{{$m.Form}}{{end}}`, []string{"position 28: no field .Form, did you mean .From"}},
		{"a field of what is in parentheses", `{{if .From}}{{(.Header).Foo}}{{end}}`, []string{"no field .Header.Foo"}},
		{"a field in a template of its own", `{{define "a"}}{{.Nope}}{{end}}{{if .From}}{{template "a" .}}{{end}}`, []string{"no field .Nope"}},
		{"a template that is not there", `{{if .From}}{{template "a" .}}{{end}}`, []string{"position 24", `no template "a"`}},
		{"a function in a branch", `{{if .From}}{{mtach "x" .Body}}{{end}}`, []string{`position 15: no function "mtach", did you mean match; functions are match`}},
		{"a group that the pattern does not have", `{{if .From}}{{replace "(a)" .Body "$2"}}{{end}}`, []string{"position 35", "group 2", "has 1"}},
		{"a group whose name runs into the text", `{{replace "(a)" .Body "$1x"}}`, []string{"position 23", `"1x"`, "${1}x"}},
		{"a group of another name", `{{replace "(?P<app>a)" .Body "$ap"}}`, []string{`"ap"`, "$1"}},
		{"submatch without a group", `{{if .From}}{{submatch "a" .Body}}{{end}}`, []string{"position 24", "has no group", "parentheses"}},
		{"a condition that is wrong itself", `{{if and .From (match "[" .Body)}}x{{end}}`, []string{"missing closing ]"}},
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
	if key, err := grouper.Group(message.New("", nil, []byte("X-Pattern: (\nSubject: s\n\n"))); err == nil {
		t.Errorf("a bad pattern gave the key %q", key)
	}
	// More patterns than are kept compiled.
	for range 2 {
		for _, letter := range strings.Split(strings.Repeat("abcdefghijklmnopqrstuvwxyz", 5), "") {
			for _, more := range []string{"", "+", "?", "*", "{1}"} {
				m := message.New("", nil, []byte("X-Pattern: "+letter+more+"$\nSubject: 1"+letter+"\n\n"))
				if key, err := grouper.Group(m); err != nil || key != letter {
					t.Fatalf("pattern %q gave %q and %v", letter+more+"$", key, err)
				}
			}
		}
	}
}
