package deliver_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The tests run this binary in place of sendmail and of token commands. What it
// does is in its first argument, so that no shell and no other program is
// needed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if play, ok := programs[os.Args[1]]; ok {
			os.Exit(play(os.Args[2:]))
		}
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or each run of a program takes a second with -race
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// program returns the command line for one of programs.
func program(t *testing.T, name string, args ...string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{self, name}, args...)
}

var programs = map[string]func(args []string) int{
	// sendmail FOLDER -i -f FROM -- TO… keeps what it gets.
	"sendmail": func(args []string) int {
		raw, err := io.ReadAll(os.Stdin)
		if err != nil {
			return 1
		}
		content := strings.Join(args[1:], "\x00") + "\n" + string(raw)
		name := filepath.Join(args[0], strconv.FormatInt(time.Now().UnixNano(), 10)+"-"+strconv.Itoa(os.Getpid()))
		if os.WriteFile(name, []byte(content), 0o600) != nil {
			return 1
		}
		return 0
	},
	// exit CODE TEXT complains.
	"exit": func(args []string) int {
		io.Copy(io.Discard, os.Stdin)
		fmt.Fprintln(os.Stderr, args[1])
		code, _ := strconv.Atoi(args[0])
		return code
	},
	// hang says that it has the mail, and does not end.
	"hang": func(args []string) int {
		io.Copy(io.Discard, os.Stdin)
		os.WriteFile(args[0], nil, 0o600)
		time.Sleep(10 * time.Minute) // longer than any test waits
		return 0
	},
	// print TEXT TEXT prints to standard output and standard error.
	"print": func(args []string) int {
		fmt.Fprint(os.Stdout, args[0])
		fmt.Fprint(os.Stderr, args[1])
		return 0
	},
	// count FILE prints how often it was run.
	"count": func(args []string) int {
		f, err := os.OpenFile(args[0], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return 1
		}
		f.WriteString("x")
		f.Close()
		content, _ := os.ReadFile(args[0])
		fmt.Printf("  token%d\n", len(content))
		return 0
	},
	// environment VARIABLE… prints their values.
	"environment": func(args []string) int {
		for _, name := range args {
			fmt.Printf("%s=%s;", name, os.Getenv(name))
		}
		return 0
	},
}
