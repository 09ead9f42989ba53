package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
)

func TestTheTableOfFlagsIsConsistent(t *testing.T) {
	config := reflect.TypeFor[failmail.Config]()
	seen := make(map[string]bool)
	for _, o := range settings() {
		if seen[o.name] {
			t.Errorf("--%s is there twice", o.name)
		}
		seen[o.name] = true
		if _, found := config.FieldByName(o.field); o.field != "" && !strings.Contains(o.field, ".") && !found {
			t.Errorf("--%s sets Config.%s, which is not a field", o.name, o.field)
		}
		if _, described := o.deflt.(bool); !described && o.IsVisible() && o.placeholder() == "VALUE" {
			t.Errorf("--%s does not say what its value is", o.name)
		}
		if deflt, isText := o.deflt.(string); isText && o.choices != nil && o.is&open == 0 && !slices.Contains(o.choices, deflt) {
			t.Errorf("--%s has the default %q, which is not one of %q", o.name, deflt, o.choices)
		}
		for command := range strings.FieldsSeq(o.readBy) {
			if freshApp().Command(command) == nil {
				t.Errorf("--%s is read by %s, which is not a command", o.name, command)
			}
		}
	}
}

// A FieldError of a Config names its flag only if the table does.
func TestFieldsOfAConfigAreToldInFlags(t *testing.T) {
	for field, want := range map[string]string{
		"MaxWait": "--max-wait", "TrustedProxies": "--proxy-protocol-from", "ReceiveOnly": "--receiver", "First": "--quiet", "TLS": "--tls-cert and --tls-key",
		"Access": "--credentials, --credentials-file, --allow-net or --allow-recipient", "Hostname": "", "TLS.Policy": "--relay-tls",
	} {
		if got := flagsFor(field); got != want {
			t.Errorf("Config.%s is set by %s, want %s", field, got, want)
		}
	}
}

func TestOldFormsOfTheCommandLineWinOverTheFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "f.toml"), "wait = '1s'\nrelay = 'file:25'\nstore = 'sqlite:file.db'\nmax_wait = '9s'\nrewrite_src = '.*'\nrewrite-dest = 's@x'\n")
	out, errOut, code := runOnce(t, folder, "--config=f.toml", "--wait-period=7s", "--relay-command=cat", "--memory-store", "--write-config=-")
	if code != 0 {
		t.Fatalf("%d %s", code, errOut)
	}
	for _, want := range []string{"\nwait = '7s'\n", "\nrelay = 'exec:cat'\n", "\nstore = 'memory:'\n", "\nmax-wait = '9s'\n", "\nrewrite-recipient = ['.*=s@x']\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("the settings lack %q:\n%s", want, out)
		}
	}
}

var code = regexp.MustCompile("`([^`]*)`")

// codeIn returns what is marked as code.
func codeIn(text string) (words []string) {
	for _, found := range code.FindAllStringSubmatch(text, -1) {
		words = append(words, found[1])
	}
	return words
}

func TestTablesOfFlagsInTheDocumentationHaveTheRightNamesAndDefaults(t *testing.T) {
	known := make(map[string]*option)
	for _, o := range settings() {
		known[o.name] = o
	}
	rows, defaults := 0, 0
	for _, page := range documents(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		withDefaults := false
		for line := range strings.Lines(string(text)) {
			cells := strings.Split(strings.TrimPrefix(line, "|"), "|")
			switch {
			case strings.HasPrefix(line, "| flag | default |"):
				withDefaults = true
			case !strings.HasPrefix(line, "|"):
				withDefaults = false
			}
			if len(cells) < 2 {
				continue
			}
			var values []string
			if withDefaults {
				values = codeIn(cells[1])
			}
			for i, word := range codeIn(cells[0]) {
				name, isFlag := strings.CutPrefix(word, "--")
				if !isFlag {
					continue
				}
				rows++
				name = name[:len(name)-len(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz-"))]
				o := known[name]
				if o == nil {
					t.Errorf("%s has --%s, which is not a flag", page, name)
				} else if i < len(values) {
					defaults++
					if length, err := time.ParseDuration(values[i]); o.deflt != length && (err == nil || !strings.Contains(o.defaultText(), values[i])) {
						t.Errorf("%s says that the default of --%s is %s; it is %s", page, name, values[i], o.defaultText())
					}
				}
			}
		}
	}
	if rows < 50 || defaults < 12 {
		t.Errorf("only %d flags with %d defaults were found", rows, defaults)
	}
}
