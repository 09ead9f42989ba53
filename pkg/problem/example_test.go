package problem_test

import (
	"fmt"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/store"
)

// A question is read, or its mistake is explained.
func ExampleParse() {
	q, err := problem.Parse(`"disk full" host:db1 is:not-muted since:7d`, now)
	fmt.Println(q.Words, q.Host, *q.Muted, q.Since.Format("Jan 2 15:04"), err)
	_, err = problem.Parse("disk hots:db1", now)
	fmt.Println(err)
	// Output:
	// [disk full] db1 false Nov 22 15:30 <nil>
	// at character 6: there is no field hots; did you mean host:db1? For a text with a colon, write "hots:db1"
}

// What is typed may be the ID of a problem or a pattern.
func ExampleIsID() {
	fmt.Println(problem.IsID("6316c2261875eba9"), problem.IsID("disk .* full"))
	// Output: true false
}

// What a question may name.
func ExampleFields() {
	for _, f := range problem.Fields() {
		fmt.Println(f[0])
	}
	// Output:
	// is
	// host
	// source
	// object
	// owner
	// status
	// severity
	// since
}

// What a store knows of a problem, as people see it.
func ExampleViewer() {
	kept := &store.Problem{
		ID: "6316c2261875eba9", Headline: "DISK CRITICAL", Seen: store.Seen{First: now, Last: now, Count: 3},
		Meaning: meaning.Meaning{Status: meaning.Problem, Source: "nagios", Sender: "nagios@mon1", Object: "db1/Disk /var"},
		Things:  []store.ProblemThing{{Thing: meaning.Thing{Object: "db1/Disk /var"}, Standing: store.Standing{Since: now, Bad: now, Count: 3}}},

		ResolveAfter: store.NewFor,
	}
	p := problem.Viewer{}.Show(kept, now)
	fmt.Println(p.Mark(), p.Title(), p.Count, p.State)
	// Output: NEW db1/Disk /var: DISK CRITICAL 3 open
}

// A mute of a problem ends at a time, when it is over, or after so many mails.
func ExampleParseMuteEnd() {
	for _, text := range []string{"2h", "18:00", "over", "10 more", "soon"} {
		end, err := problem.ParseMuteEnd(text, now)
		fmt.Println(end, err != nil)
	}
	// Output:
	// 2026-11-29 17:30 CET false
	// 2026-11-29 18:00 CET false
	// it is over false
	// 10 more mails have come false
	//  true
}
