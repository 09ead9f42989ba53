package deliver_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/deliver/sendertest"
)

// sent reads what the program sendmail keeps in a folder.
func keptBySendmail(t *testing.T, folder string) (mails []deliver.Mail) {
	t.Helper()
	for _, name := range names(t, folder) {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		line, raw, _ := strings.Cut(string(content), "\n")
		args := strings.Split(line, "\x00")
		if len(args) < 5 || args[0] != "-i" || args[1] != "-f" || args[3] != "--" {
			t.Fatalf("sendmail got %q", args)
		}
		from := args[2]
		if from == "<>" {
			from = ""
		}
		if strings.Contains(raw, "\r") {
			t.Errorf("sendmail got CRs: %.200q", raw)
		}
		mails = append(mails, deliver.Mail{From: from, To: args[4:], Raw: []byte(strings.ReplaceAll(raw, "\n", "\r\n"))})
	}
	return mails
}

func TestExecConforms(t *testing.T) {
	sendertest.Run(t, func(t *testing.T) sendertest.Fixture {
		folder := t.TempDir()
		return sendertest.Fixture{
			Sender:     &deliver.Exec{Command: program(t, "sendmail", folder)},
			Received:   func() []deliver.Mail { return keptBySendmail(t, folder) },
			Concurrent: true,
		}
	})
}

func TestExecTakesNothingForAnOptionOrACommand(t *testing.T) {
	for name, address := range map[string]string{
		"an option": "-OQueueDirectory=/tmp@x", "a long option": "--help", "a command": `"$(id);id|id"@x`, "a space": `"a b"@x`,
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			m := to(address)
			m.From = address
			if err := (&deliver.Exec{Command: program(t, "sendmail", folder)}).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got := keptBySendmail(t, folder)
			if len(got) != 1 || got[0].From != address || len(got[0].To) != 1 || got[0].To[0] != address {
				t.Errorf("sendmail got %+v", got)
			}
		})
	}
}

func TestExecExitCodes(t *testing.T) {
	tests := []struct {
		code string
		want fate
	}{
		{"0", sent}, {"1", temporary}, {"64", permanent}, {"65", permanent}, {"66", temporary}, {"67", permanent},
		{"68", permanent}, {"69", temporary}, {"70", temporary}, {"71", unreachable}, {"72", unreachable}, {"73", unreachable},
		{"74", unreachable}, {"75", unreachable}, {"76", temporary}, {"77", unreachable}, {"78", unreachable}, {"127", temporary}, {"255", temporary},
	}
	for _, tt := range tests {
		t.Run("exit "+tt.code, func(t *testing.T) {
			err := (&deliver.Exec{Command: program(t, "exit", tt.code, "it is\nso\x1b[31m")}).Send(t.Context(), to("a@x"))
			if fateOf(err) != tt.want {
				t.Errorf("the mail is %s, want %s: %v", fateOf(err), tt.want, err)
			}
			if err != nil && (!strings.Contains(err.Error(), "it is so") || !strings.Contains(err.Error(), "exit status "+tt.code) || strings.ContainsAny(err.Error(), "\n\x1b")) {
				t.Errorf("the error is %q", err)
			}
		})
	}
}

func TestExecThatCannotRun(t *testing.T) {
	for name, e := range map[string]*deliver.Exec{
		"no such program":  {Command: []string{"/nowhere/sendmail"}},
		"not a program":    {Command: []string{t.TempDir()}},
		"no command given": {},
	} {
		t.Run(name, func(t *testing.T) {
			if err := e.Send(t.Context(), to("a@x")); fateOf(err) != unreachable {
				t.Errorf("the mail is %s: %v", fateOf(err), err)
			}
		})
	}
}

func TestExecThatHangsIsStopped(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		result <- (&deliver.Exec{Command: program(t, "hang", ready)}).Send(ctx, to("a@x"))
	}()
	await(t, ready)
	cancel()
	select {
	case err := <-result:
		if fateOf(err) != uncertain || !errors.Is(err, context.Canceled) {
			t.Errorf("the mail is %s: %v", fateOf(err), err)
		}
	case <-time.After(time.Minute):
		t.Fatal("Send does not return")
	}
}

func TestExecHasATimeoutOfItsOwn(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	err := (&deliver.Exec{Command: program(t, "hang", ready), Timeout: 10 * time.Millisecond}).Send(t.Context(), to("a@x"))
	if !errors.Is(err, context.DeadlineExceeded) || deliver.IsPermanent(err) {
		t.Errorf("Send = %v", err)
	}
}

// await returns when a file exists.
func await(t *testing.T, file string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for {
		if _, err := os.Stat(file); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s does not appear", file)
		}
	}
}

func TestExecRefusesAddressesThatBreakLines(t *testing.T) {
	folder := t.TempDir()
	if err := (&deliver.Exec{Command: program(t, "sendmail", folder)}).Send(t.Context(), to("a@x\nb@x")); fateOf(err) != permanent {
		t.Errorf("Send = %v", err)
	}
	if err := (&deliver.Exec{Command: program(t, "sendmail", folder)}).Send(t.Context(), to()); fateOf(err) != permanent {
		t.Errorf("Send without recipients = %v", err)
	}
	if left := names(t, folder); len(left) > 0 {
		t.Errorf("sendmail got %q", left)
	}
}
