package main

import (
	"io"
	"slices"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestListFlag(t *testing.T) {
	tests := []struct {
		name   string
		commas bool
		env    string // "-" for none
		args   []string
		want   []string
	}{
		{"without use it has its default", true, "-", nil, []string{"default"}},
		{"one use replaces the default", true, "-", []string{"--x=a"}, []string{"a"}},
		{"several uses add up in order", true, "-", []string{"--x=b", "--x", "a", "--x=b"}, []string{"b", "a", "b"}},
		{"commas separate", true, "-", []string{"--x=a,b", "--x=c"}, []string{"a", "b", "c"}},
		{"blanks around commas go", true, "-", []string{"--x= a , b "}, []string{"a", "b"}},
		{"commas stay where a pattern may hold them", false, "-", []string{"--x=a{1,2}", "--x=b,c"}, []string{"a{1,2}", "b,c"}},
		{"lines separate", false, "-", []string{"--x=a\nb,c"}, []string{"a", "b,c"}},
		{"the environment replaces the default", true, "a,b", nil, []string{"a", "b"}},
		{"lines of the environment separate", false, "a,1\nb", nil, []string{"a,1", "b"}},
		{"CRLF in the environment separates", false, "a\r\nb", nil, []string{"a", "b"}},
		{"the command line replaces the environment", true, "a,b", []string{"--x=c"}, []string{"c"}},
		{"the command line replaces the environment with all its uses", false, "a\nb", []string{"--x=c", "--x=d"}, []string{"c", "d"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.env != "-" {
				t.Setenv("FAILMAIL_TEST_LIST", tt.env)
			}
			x := &option{name: "x", deflt: []string{"default"}, env: "FAILMAIL_TEST_LIST"}
			if tt.commas {
				x.is = commas
			}
			var got []string
			app := &cli.App{
				Writer: io.Discard, ErrWriter: io.Discard,
				Flags:  []cli.Flag{x},
				Action: func(c *cli.Context) error { got = listOf(c, "x"); return nil },
			}
			if err := app.RunContext(t.Context(), append([]string{"test"}, tt.args...)); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("listOf = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestListOfIsNotTheFlagItself(t *testing.T) {
	app := &cli.App{
		Flags: []cli.Flag{&option{name: "x", deflt: []string{}}, &option{name: "other"}},
		Action: func(c *cli.Context) error {
			listOf(c, "x")[0] = "changed"
			if got := listOf(c, "x"); !slices.Equal(got, []string{"a"}) {
				t.Errorf("listOf = %q", got)
			}
			if got := listOf(c, "other"); got != nil {
				t.Errorf("listOf of another flag = %q", got)
			}
			return nil
		},
	}
	if err := app.RunContext(t.Context(), []string{"test", "--x=a"}); err != nil {
		t.Fatal(err)
	}
}
