package receive_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// A dialog is what one file says.
type dialog struct {
	file        string
	options     receive.Options
	tls, atOnce bool
	port        string
	steps       []dialogStep
	said        string // by the client, in the clear
	mails       []dialogMail
}

type dialogStep struct {
	line  int
	kind  string
	text  string
	pause time.Duration
}

type dialogMail struct{ from, to, raw string }

func (m dialogMail) String() string { return fmt.Sprintf("%.300s %.300s %.3000q", m.from, m.to, m.raw) }

// dialogs reads all files.
func dialogs(t testing.TB) []*dialog {
	t.Helper()
	files, err := filepath.Glob("testdata/dialogs/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogs found: %v", err)
	}
	var all []*dialog
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := &dialog{file: file}
		if !strings.HasPrefix(string(text), "# ") || strings.HasPrefix(string(text), "# options:") {
			t.Fatalf("%s does not begin with a comment that says why it is there", file)
		}
		for number, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			if err := d.parse(number+1, line); err != nil {
				t.Fatalf("%s:%d: cannot understand %q: %v", file, number+1, line, err)
			}
		}
		all = append(all, d)
	}
	return all
}

// parse understands one line.
func (d *dialog) parse(number int, line string) (err error) {
	if options, ok := strings.CutPrefix(line, "# options: "); ok {
		return d.set(strings.Fields(options))
	}
	if line == "" || line[0] == '#' {
		return nil
	}
	kind, text, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("there is no colon")
	}
	text = strings.TrimPrefix(text, " ")
	kind, times, repeated := strings.Cut(kind, "*")
	n := 1
	if repeated {
		if n, err = strconv.Atoi(times); err != nil {
			return err
		}
	}
	step := dialogStep{line: number, kind: kind, text: text}
	switch kind {
	case "C":
		step.kind, step.text = "send", text+"\r\n"
	case "B":
		step.kind = "send"
		step.text, err = unquoted(text)
	case "D":
		pause, rest, _ := strings.Cut(text, " ")
		if step.pause, err = time.ParseDuration(pause); err == nil {
			step.text, err = unquoted(rest)
		}
	case "M":
		parts := strings.SplitN(text, " ", 3)
		if len(parts) < 3 {
			return fmt.Errorf("want sender, recipients and text")
		}
		raw, err := unquoted(parts[2])
		d.mails = append(d.mails, dialogMail{parts[0], expanded(parts[1]), raw})
		return err
	case "S", "X", "T", "E":
	default:
		return fmt.Errorf("lines of kind %q are not known", kind)
	}
	inTLS := slices.ContainsFunc(d.steps, func(s dialogStep) bool { return s.kind == "T" })
	for i := range n {
		one := step
		if repeated {
			one.text = strings.ReplaceAll(step.text, "%d", strconv.Itoa(i+1))
		}
		d.steps = append(d.steps, one)
		if !inTLS && (one.kind == "send" || one.kind == "D") {
			d.said += one.text
		}
	}
	return err
}

// set takes the words of an options line.
func (d *dialog) set(words []string) (err error) {
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "at-once": // byte by byte it would mean or show something else
			d.atOnce = true
		case "tls":
			d.tls = true
		case "port": // such as lmtp, or smtps, which needs tls too
			d.port = value + "://"
		case "auth": // as user with the password secret
			d.options.Access = onlyUser
		case "max-recipients":
			d.options.MaxRecipients, err = strconv.Atoi(value)
		case "max-message-size":
			d.options.MaxMessageSize, err = strconv.ParseInt(value, 10, 64)
		case "idle-timeout":
			d.options.IdleTimeout, err = time.ParseDuration(value)
		case "session-timeout":
			d.options.SessionTimeout, err = time.ParseDuration(value)
		default:
			err = fmt.Errorf("there is no option %q", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unquoted reads quoted texts, such as "a" "b"*3.
func unquoted(text string) (string, error) {
	var all strings.Builder
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return "", err
		}
		one, err := strconv.Unquote(quoted)
		if err != nil {
			return "", err
		}
		text = text[len(quoted):]
		n := 1
		if times, ok := strings.CutPrefix(text, "*"); ok {
			times, text, _ = strings.Cut(times, " ")
			if n, err = strconv.Atoi(times); err != nil {
				return "", err
			}
		}
		all.WriteString(strings.Repeat(one, n))
	}
	return all.String(), nil
}

// expanded replaces <u%d@x>*3 by <u1@x>,<u2@x>,<u3@x>.
func expanded(recipients string) string {
	one, times, _ := strings.Cut(recipients, "*")
	n, err := strconv.Atoi(times)
	if err != nil {
		return recipients
	}
	var all []string
	for i := range n {
		all = append(all, strings.ReplaceAll(one, "%d", strconv.Itoa(i+1)))
	}
	return strings.Join(all, ",")
}
