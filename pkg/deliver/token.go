package deliver

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// TokenCommand fetches an OAuth 2.0 access token from a program, which prints it
// on standard output. It is safe for concurrent use.
type TokenCommand struct {
	// Command is the program and its arguments; no shell is involved. See
	// SplitCommand.
	Command []string
	// Timeout bounds a run. Defaults to 30 s.
	Timeout time.Duration
	// Keep is how long a token is used again. Defaults to 5 min: providers issue
	// tokens for an hour, and a program that keeps one itself may hand it out
	// shortly before it expires.
	Keep time.Duration

	mu      sync.Mutex
	token   string
	fetched time.Time
}

// maxToken bounds a token in bytes: several times the size of the largest that
// are in use.
const maxToken = 64 << 10

// Token returns the token, by running the program if the last one is too old or
// fresh is set. It has the form of Auth.Token. What the program says on standard
// error becomes part of the error.
func (t *TokenCommand) Token(ctx context.Context, fresh bool) (string, error) {
	if token := t.last(time.Now()); token != "" && !fresh {
		return token, nil
	}
	if len(t.Command) == 0 {
		return "", fmt.Errorf("the token command is empty")
	}
	timeout := cmp.Or(t.Timeout, 30*time.Second)
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	stdout, stderr := &beginning{limit: maxToken}, &beginning{limit: 4 * maxText}
	fetched := time.Now()
	if err := run(limited, t.Command, nil, stdout, stderr); err != nil {
		return "", programError("token command", t.Command[0], stopReason(ctx, limited, timeout.String(), err), stderr)
	}
	token := strings.TrimSpace(stdout.String())
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", fmt.Errorf("token command %q did not print a token alone on one line: %s", t.Command[0], oneLineText(stderr.String()))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token, t.fetched = token, fetched
	return token, nil
}

// last returns the token that was fetched last, if it is still good at now.
func (t *TokenCommand) last(now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.fetched) >= cmp.Or(t.Keep, 5*time.Minute) {
		return ""
	}
	return t.token
}
