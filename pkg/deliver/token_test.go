package deliver_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

func TestTokenCommandKeepsItsToken(t *testing.T) {
	command := &deliver.TokenCommand{Command: program(t, "count", filepath.Join(t.TempDir(), "runs"))}
	for _, tt := range []struct {
		fresh bool
		want  string
	}{{false, "token1"}, {false, "token1"}, {true, "token2"}, {false, "token2"}} {
		if got, err := command.Token(t.Context(), tt.fresh); got != tt.want || err != nil {
			t.Errorf("Token(fresh %v) = %q, %v; want %q", tt.fresh, got, err, tt.want)
		}
	}
	command.Keep = time.Nanosecond
	if got, err := command.Token(t.Context(), false); got != "token3" || err != nil {
		t.Errorf("a token that is too old: %q, %v", got, err)
	}
}

func TestTokenCommandFailures(t *testing.T) {
	for _, tt := range []struct {
		name    string
		command []string
		says    string
	}{
		{"a failure with its reason", program(t, "exit", "3", "refresh token expired"), "exit status 3: refresh token expired"},
		{"no token", program(t, "print", " \n", "why not"), "did not print a token alone on one line: why not"},
		{"more than a token", program(t, "print", "token: abc", ""), "alone on one line"},
		{"no such program", []string{"/nowhere/token"}, "/nowhere/token"},
		{"no program", nil, "empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := (&deliver.TokenCommand{Command: tt.command}).Token(t.Context(), false)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Token = %q, %v; want an error with %q", got, err, tt.says)
			}
		})
	}
}

func TestTokenCommandEndsWithItsTimeoutAndTheContext(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	command := &deliver.TokenCommand{Command: program(t, "hang", ready), Timeout: 10 * time.Millisecond}
	if _, err := command.Token(t.Context(), false); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "did not end within 10ms, so it was stopped") {
		t.Errorf("Token = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := command.Token(ctx, false); err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("Token = %v", err)
	}
}

func TestProgramsDoNotSeeOurSecrets(t *testing.T) {
	t.Setenv("FAILMAIL_RELAY_PASSWORD", "secret")
	t.Setenv("FM_OTHER", "other")
	command := &deliver.TokenCommand{Command: program(t, "environment", "FAILMAIL_RELAY_PASSWORD", "FM_OTHER")}
	if got, err := command.Token(t.Context(), false); got != "FAILMAIL_RELAY_PASSWORD=;FM_OTHER=other;" || err != nil {
		t.Errorf("the program saw %q, %v", got, err)
	}
}
