//go:build linux

package main

import (
	"net/textproto"
	"runtime"
	"strings"
	"testing"
)

func TestARelayThatForgetsNeverAnswersForAMail(t *testing.T) {
	r, err := startRelay()
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	const sessions = 20
	for range 5 {
		if err := r.turn(forgets); err != nil {
			t.Fatal(err)
		}
		answers := make(chan string, sessions)
		before := len(r.taken())
		for range sessions {
			c, err := textproto.Dial("tcp", r.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for _, step := range []struct {
				line string
				code int
			}{{"", 220}, {"HELO x", 250}, {"MAIL FROM:<a@x>", 250}, {"RCPT TO:<b@x>", 250}, {"DATA", 354}} {
				if step.line != "" {
					c.PrintfLine("%s", step.line)
				}
				if _, _, err := c.ReadResponse(step.code); err != nil {
					t.Fatal(err)
				}
			}
			c.PrintfLine("Subject: x\r\n\r\nx\r\n.")
			go func() {
				answer, _ := c.ReadLine()
				answers <- answer
			}()
		}
		for len(r.taken()) < before+sessions {
			runtime.Gosched() // until it has them all; no client knows
		}
		if err := r.turn(none); err != nil {
			t.Fatal(err)
		}
		for range sessions {
			if answer := <-answers; strings.TrimSpace(answer) != "" {
				t.Fatalf("a client heard %q of a mail that was taken", answer)
			}
		}
	}
}
