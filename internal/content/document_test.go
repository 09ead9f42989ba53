package content

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/testutil"
)

func TestAJSONObjectIsReadAsFields(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"in the order in which they stand": {`{"b": "x", "a": 1.50, "on": true, "off": false, "no": null}`, "b: x\na: 1.50\non: true\noff: false"},
		"of what a message is about":       {`{"detail": {"instance-id": "i-1", "state": "stopped"}}`, "instance-id: i-1\nstate: stopped"},
		"of inner objects with their keys": {`{"hosts": {"web1": {"status": "failed"}, "db7": {"status": "ok"}}}`, "hosts > web1 > status: failed\nhosts > db7 > status: ok"},
		"of a secret in quotes":            {`{"clientSecret": "foo bar", "password": {"current": "x"}, "tokens": ["a", "b"]}`, "clientSecret: \"foo bar\"\npassword: \"x\"\ntokens: \"a\"\ntokens: \"b\""},
		"nothing of what is null":          {`{"status": null, "healthy": null}`, `{}`},
		"no signature in a text":           {`{"message": "Report\n-- \nsda failed"}`, "message: Report\nsda failed"},
		"each value of a list":             {`{"hosts": ["a", "b"], "of": [{"x": 1}, {"x": 2}]}`, "hosts: a\nhosts: b\nof > x: 1\nof > x: 2"},
		"of one in a text":                 {`{"Message": "{\"AlarmName\":\"cpu\",\"NewStateValue\":\"ALARM\"}"}`, "AlarmName: cpu\nNewStateValue: ALARM"},
		"with lines in a text":             {`{"stack": "a\n\tb\r\nc"}`, "stack: a\n\tb\nc"},
		"with what follows in lines":       {"{\"a\": \"x\"}\n\n--\nunsubscribe", "a: x\n\n--\nunsubscribe"},
		"a record of a logger, too":        {`time=2026-11-05T12:56:06Z level=error msg="job failed: \"x\"" job=a err=`, "time: 2026-11-05T12:56:06Z\nlevel: error\nmsg: job failed: \"x\"\njob: a"},
		"one of which a pair has no value": {`status=success error= host=a`, "status: success\nhost: a"},
		"none of several lines of pairs":   {"a=1 b=2 c=3\nd=4", "a=1 b=2 c=3\nd=4"},
		"none of pairs in a sentence":      {"failed a=1 b=2 c=3", "failed a=1 b=2 c=3"},
		"none of a setting":                {"PATH=/bin SHELL=/bin/sh", "PATH=/bin SHELL=/bin/sh"},
		"none of an open quote":            {`a=1 b=2 c="x`, `a=1 b=2 c="x`},
		"none of an empty one":             {`{}`, `{}`},
		"none of several records":          {"{\"a\": 1}\n{\"a\": 2}", "{\"a\": 1}\n{\"a\": 2}"},
		"none of a sentence":               {"{a} is missing", "{a} is missing"},
		"none where words follow":          {`{"a": 1} is wrong`, `{"a": 1} is wrong`},
		"none of one that is cut":          {`{"a": "x`, `{"a": "x`},
		"none of one that is too deep":     {strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20), strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20)},
		"none of one with too many":        {`{"a": [` + strings.Repeat("1,", maxFields) + `1]}`, `{"a": [` + strings.Repeat("1,", maxFields) + `1]}`},
		"without what drives a terminal":   {`{"a": "x\u001b[31my\u0000"}`, "a: xy"},
		"with a key of nothing":            {`{"": "x"}`, "x"},
		"with a text that only looks so":   {`{"a": "{b"}`, "a: {b"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fields(test.text); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func FuzzFields(f *testing.F) {
	for _, text := range []string{`{"a": [1, {"b": "c"}]}`, `{"a": "{\"b\": 1}"}`, "{\"a\": 1}\n\n--\nx", `{"a":`} {
		f.Add(text, "", "", "")
	}
	f.Add("", `a=1 `, "", "b=2")
	f.Add("a=1 b=2 c=", `"`, "", "")
	f.Add(`{"a":`, `[`, `]`, `}`)
	f.Add(`{"a":"`, `{\"a\":\"`, `\"}`, `"}`)
	f.Fuzz(func(t *testing.T, prefix, open, close, suffix string) {
		shape := testutil.Shape{Prefix: prefix, Open: open, Close: close, Suffix: suffix}
		testutil.CheckLinear(t, testutil.FuzzSize, shape.Grow, func(text string) {
			if got := fields(text); utf8.ValidString(text) && !utf8.ValidString(got) {
				t.Errorf("%q is no UTF-8", got)
			}
		})
	})
}
