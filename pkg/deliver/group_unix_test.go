//go:build unix

package deliver_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

func init() {
	// family FOLDER waits for two children, like a script for its sleep. One ends
	// at SIGTERM, the other one at SIGKILL only.
	programs["family"] = func(args []string) int {
		var children []*exec.Cmd
		for _, kind := range []string{"meek", "stubborn"} {
			child := exec.Command(os.Args[0], "child", kind, args[0])
			child.Stdout, child.Stderr = os.Stdout, os.Stderr
			if child.Start() != nil {
				return 1
			}
			children = append(children, child)
		}
		io.Copy(io.Discard, os.Stdin)
		for _, child := range children {
			child.Wait()
		}
		return 0
	}
	// child KIND FOLDER holds a lock while it lives.
	programs["child"] = func(args []string) int {
		if args[0] == "stubborn" {
			signal.Ignore(syscall.SIGTERM)
		}
		lock, err := os.Create(filepath.Join(args[1], args[0]))
		if err != nil || syscall.Flock(int(lock.Fd()), syscall.LOCK_EX) != nil {
			return 1
		}
		os.WriteFile(lock.Name()+".ready", nil, 0o600)
		time.Sleep(1000 * time.Second)
		return 0
	}
}

func TestAProgramIsEndedWithAllThatItHasStarted(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(ctx context.Context, command []string) error{
		"exec:": func(ctx context.Context, command []string) error {
			return (&deliver.Exec{Command: command}).Send(ctx, to("a@x"))
		},
		"hook": func(ctx context.Context, command []string) error {
			return (&deliver.Hook{Command: command}).Run(ctx, nil, nil)
		},
		"token command": func(ctx context.Context, command []string) error {
			_, err := (&deliver.TokenCommand{Command: command}).Token(ctx, true)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			command := program(t, "family", folder)
			ctx, cancel := context.WithCancel(t.Context())
			result := make(chan error, 1)
			go func() { result <- run(ctx, command) }()
			for _, child := range []string{"meek", "stubborn"} {
				await(t, filepath.Join(folder, child+".ready"))
			}
			cancel()
			if err := <-result; err == nil {
				t.Error("no error")
			}
			for _, child := range []string{"meek", "stubborn"} {
				if err := released(filepath.Join(folder, child)); err != nil {
					t.Errorf("the %s child lives on: %v", child, err)
				}
			}
		})
	}
}

// released waits until nobody holds the lock of a file: signals take a moment.
func released(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	free := make(chan error, 1)
	go func() { free <- syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }()
	select {
	case err := <-free:
		return err
	case <-time.After(20 * time.Second):
		return fmt.Errorf("its lock is held")
	}
}
