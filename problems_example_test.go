package failmail_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hut8labs/failmail"
)

// diskFull is a mail of a monitor.
func diskFull() *failmail.Message {
	return failmail.NewMessage("nagios@mon1.example.com", []string{"ops@example.com"},
		[]byte("From: nagios@mon1.example.com\r\nSubject: ** PROBLEM Service Alert: db1/Disk /var is CRITICAL **\r\n\r\nState: CRITICAL\r\n"))
}

// What is wrong now.
func ExampleProxy_Problems() {
	p, stop := quiet(nowhere)
	defer stop()
	ctx := context.Background()
	for range 3 {
		if err := p.Submit(ctx, diskFull()); err != nil {
			fmt.Println(err)
		}
	}
	open, all, err := p.Problems(ctx, "is:open disk source:nagios", 0, 10)
	for _, problem := range open {
		fmt.Println(problem.Object, problem.State, problem.Count, problem.Status)
	}
	fmt.Println(all, err)
	_, _, err = p.Problems(ctx, "is:opne", 0, 10)
	fmt.Println(err)
	// Output:
	// db1/Disk /var open 3 problem
	// 1 <nil>
	// at character 1: is:opne: "opne" is not a state; did you mean is:open?
}

// Somebody looks at a problem, and it is over.
func ExampleProxy_Act() {
	p, stop := quiet(nowhere)
	defer stop()
	ctx := context.Background()
	if err := p.Submit(ctx, diskFull()); err != nil {
		fmt.Println(err)
	}
	open, _, err := p.Problems(ctx, "is:open", 0, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	id := open[0].ID
	for _, action := range []failmail.ProblemAction{failmail.Acknowledge, failmail.Resolve, failmail.Resolve} {
		if _, err := p.Act(ctx, id, action, "ann", "has deleted old logs"); err != nil {
			fmt.Println("error:", action)
		}
	}
	problem, err := p.Problem(ctx, id)
	fmt.Println(problem.State, problem.AckedBy, err)
	for _, e := range problem.History {
		fmt.Printf("%s %q\n", e.Kind, e.Text)
	}
	// Output:
	// error: resolved
	// over ann <nil>
	// began ""
	// acked "has deleted old logs"
	// resolved "has deleted old logs"
}

// A known problem stays out of the summaries for a while.
func ExampleProxy_MuteProblem() {
	p, stop := quiet(nowhere)
	defer stop()
	ctx := context.Background()
	if err := p.Submit(ctx, diskFull()); err != nil {
		fmt.Println(err)
	}
	open, _, err := p.Problems(ctx, "disk", 0, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	muted, err := p.MuteProblem(ctx, open[0].ID, "ann", "new disks come tomorrow", failmail.MuteEnd{At: time.Now().Add(24 * time.Hour)})
	fmt.Println(muted.MutedUntil != nil, err)
	mutes, err := p.Mutes(ctx)
	fmt.Println(mutes[0].Name, mutes[0].Reason, err)
	muted, err = p.MuteProblem(ctx, open[0].ID, "ann", "", failmail.MuteEnd{})
	fmt.Println(muted.MutedUntil != nil, err)
	// Output:
	// true <nil>
	// ** PROBLEM Service Alert: db1/Disk /var is CRITICAL ** new disks come tomorrow <nil>
	// false <nil>
}

// What a report would say, without sending it.
func ExampleProxy_Report() {
	p, stop := quiet(nowhere)
	defer stop()
	subject, text, err := p.Report(context.Background(), time.Now().Add(-24*time.Hour))
	fmt.Println(strings.Contains(subject, "1 open, 1 new, 0 over"), err)
	fmt.Println(strings.Contains(text, "Open, the oldest first (1)"))
	// Output:
	// true <nil>
	// true
}

// A summary that was made some days ago.
func ExampleProxy_FindSent() {
	p, stop := quiet(nowhere)
	defer stop()
	sent, err := p.FindSent(context.Background(), func(messageID string) bool { return messageID == "1795605785522.ygct@mon1" })
	fmt.Println(sent == nil, err)
	// Output: true <nil>
}
