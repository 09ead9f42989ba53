package failmail_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/expect"
)

// backups brings the good mail of a backup for each of the last two weeks' days.
func backups(p *failmail.Proxy) {
	night := time.Now().Truncate(24 * time.Hour)
	for day := 14; day > 0; day-- {
		m := failmail.NewMessage("backup@srv7.example.com", []string{"ops@example.com"}, []byte("Subject: Backup of srv7 complete\n\n"))
		m.Received = night.AddDate(0, 0, -day)
		if err := p.Submit(context.Background(), m); err != nil {
			panic(err)
		}
	}
}

// A mail that must come, and has not.
func ExampleProxy_Expected() {
	p, stop := quiet(nowhere, func(c *failmail.Config) {
		c.Expect = []expect.Expectation{{Name: "backup srv7", Match: []string{`subject=~"Backup of srv7.*"`}, Every: "daily 02:00"}}
	})
	defer stop()
	states, err := p.Expected(context.Background())
	for _, s := range states {
		fmt.Println(s.Name, s.Kind, s.Every, s.Missing, s.Last.IsZero(), err)
	}
	// Output: backup srv7 configured daily 02:00 false true <nil>
}

// What comes regularly is proposed, and expected once somebody says so.
func ExampleProxy_ConfirmExpected() {
	p, stop := quiet(nowhere)
	defer stop()
	backups(p)
	ctx := context.Background()
	kind := func() {
		states, err := p.Expected(ctx)
		for _, s := range states {
			fmt.Println(s.Name, s.Kind, err)
		}
	}
	kind()
	fmt.Println(p.ConfirmExpected(ctx, "Backup of srv7"))
	kind()
	// Output:
	// Backup of srv7 proposed <nil>
	// <nil>
	// Backup of srv7 confirmed <nil>
}

func ExampleProxy_DropExpected() {
	p, stop := quiet(nowhere)
	defer stop()
	backups(p)
	ctx := context.Background()
	fmt.Println(p.DropExpected(ctx, "Backup of srv7"))
	states, err := p.Expected(ctx)
	fmt.Println(len(states), err)
	fmt.Println(errors.Is(p.DropExpected(ctx, "Backup of srv7"), expect.ErrUnknown))
	// Output:
	// <nil>
	// 0 <nil>
	// true
}

func ExampleProxy_AddExpected() {
	p, stop := quiet(nowhere)
	defer stop()
	ctx := context.Background()
	nas := expect.Expectation{Name: "nas", Match: []string{`from="admin@nas.example.com"`}, Every: "weekly Sun 03:00", Within: 6 * time.Hour, To: []string{"ops@example.com"}}
	fmt.Println(p.AddExpected(ctx, nas))
	fmt.Println(p.AddExpected(ctx, nas))
	// Output:
	// <nil>
	// there is one of that name already; give it another, or drop that one
}

// What an expectation would be about.
func ExampleProxy_ExpectedMatches() {
	p, stop := quiet(nowhere)
	defer stop()
	backups(p)
	found, err := p.ExpectedMatches(context.Background(), expect.Expectation{Name: "all", Match: []string{`subject=~"Backup of .*"`}, Every: "1d"})
	for _, m := range found {
		fmt.Println(m.Subject, "from", m.From, err)
	}
	// Output: Backup of srv7 complete from backup@srv7.example.com <nil>
}
