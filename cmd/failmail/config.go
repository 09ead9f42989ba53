package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/size"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/recognise"
)

// A file has the names of the flags, and what it says is set as if it had been given as
// a flag, unless a flag or the environment says otherwise.

// loadConfig sets the flags that the file of --config names.
func loadConfig(c *cli.Context) error {
	path := c.String("config")
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return &usageError{fmt.Sprintf("--config: %v; name a file, such as one made with --write-config", err)}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // as Windows' editors begin a file
	var settings map[string]any
	if err := toml.Unmarshal(text, &settings); err != nil {
		var syntax *toml.DecodeError
		if errors.As(err, &syntax) {
			line, column := syntax.Position()
			remedy := `text needs quotes, such as relay = "localhost:25"`
			if strings.Contains(err.Error(), "already defined") {
				remedy = "leave out one of them"
			}
			return &usageError{fmt.Sprintf("%s:%d:%d: %v; %s", path, line, column, err, remedy)}
		}
		return &usageError{fmt.Sprintf("%s: %v", path, err)}
	}
	if c.App.Metadata["sources"], err = recognise.Read(settings["source"]); err != nil {
		return &usageError{fmt.Sprintf("%s: %v", path, err)}
	}
	if c.App.Metadata["expect"], err = expect.Read(settings["expect"]); err != nil {
		return &usageError{fmt.Sprintf("%s: %v", path, err)}
	}
	delete(settings, "source")
	delete(settings, "expect")
	var problems []string
	for key, value := range settings {
		if problem := setFromConfig(c, key, value); problem != "" {
			problems = append(problems, fmt.Sprintf("%s: %s", path, problem))
		}
	}
	if len(problems) > 0 {
		slices.Sort(problems)
		return &usageError{strings.Join(problems, "\n")}
	}
	return nil
}

// meaningsFrom returns what knows the senders of the settings file and those built in.
func meaningsFrom(c *cli.Context) (*recognise.Recogniser, error) {
	sources, _ := c.App.Metadata["sources"].([]recognise.Source)
	meanings, err := recognise.New(sources)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("%s: %v", c.String("config"), err)}
	}
	return meanings, nil
}

// setFromConfig sets one flag, and returns what is wrong with it. Failmail 0.2
// wrote underscores.
func setFromConfig(c *cli.Context, key string, value any) (problem string) {
	name := strings.ReplaceAll(key, "_", "-")
	o := optionNamed(c.App.Flags, name)
	if o != nil && o.is&noFile != 0 {
		return fmt.Sprintf("%q belongs on the command line, not in a file; leave it out", key)
	}
	table := strings.TrimSuffix(name, "s")
	isTable := table == "source" || table == "expect"
	if _, one := value.(map[string]any); one && !isTable {
		return fmt.Sprintf("%q is a table; write settings without one, such as relay = \"localhost:25\"", key)
	}
	if o == nil {
		suggested := ""
		if isTable {
			suggested = fmt.Sprintf(", did you mean %q?", table)
		} else if near := nearestFlag(c.App.Flags, name); near != "" {
			suggested = fmt.Sprintf(", did you mean %q?", near)
		}
		return fmt.Sprintf("%q is not a setting%s; failmail --help-all lists them", key, suggested)
	}
	if c.IsSet(name) {
		return ""
	}
	values, ok := value.([]any)
	if !ok {
		values = []any{value}
	} else if _, repeats := o.deflt.([]string); !repeats {
		return fmt.Sprintf("%q takes one value, not a list", key)
	}
	for _, v := range values {
		switch v.(type) {
		case string, int64, bool:
		default:
			return fmt.Sprintf("%q = %v is not text, a number or a truth value; write durations as text, such as \"30s\"", key, v)
		}
		if err := c.Set(name, fmt.Sprint(v)); err != nil {
			return fmt.Sprintf("%q = %q is not a %s", key, fmt.Sprint(v), o.remedy())
		}
	}
	return ""
}

// writeConfig writes the settings in force; what has its default is a comment.
func writeConfig(c *cli.Context, path string) error {
	var out bytes.Buffer
	out.WriteString("# Settings of failmail, read with --config. What is commented out is the default.\n")
	for _, s := range sections() {
		fmt.Fprintf(&out, "\n## %s\n", s.title)
		for _, o := range s.options {
			if o.is&(hidden|noFile) != 0 {
				continue
			}
			fmt.Fprintf(&out, "\n# %s\n", o.text())
			if !c.IsSet(o.name) {
				out.WriteString("# ")
			}
			fmt.Fprintf(&out, "%s = %s\n", o.name, inTOML(c.Value(o.name)))
		}
	}
	if path == "-" {
		_, err := c.App.Writer.Write(out.Bytes())
		return err
	}
	// It may hold a password.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("--write-config: %w; name a file that does not exist yet", err)
	}
	_, err = io.Copy(f, &out)
	return errors.Join(err, f.Close())
}

func inTOML(value any) string {
	switch v := value.(type) {
	case string:
		return quoteTOML(v)
	case time.Duration:
		return quoteTOML(phrase.Duration(v))
	case int64:
		return quoteTOML(size.Format(v))
	case []string:
		var quoted []string
		for _, text := range v {
			quoted = append(quoted, quoteTOML(text))
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return fmt.Sprint(value)
}

// quoteTOML writes text as a literal string where it can, because templates and
// patterns are full of quotes and backslashes.
func quoteTOML(text string) string {
	if !strings.ContainsAny(text, "'\n\r\x00") && strings.ContainsAny(text, `"\`) {
		return "'" + text + "'"
	}
	encoded, err := toml.Marshal(map[string]string{"v": text})
	if err != nil {
		return `""` // not UTF-8, which no flag of ours can be
	}
	return strings.TrimSpace(strings.TrimPrefix(string(encoded), "v = "))
}
