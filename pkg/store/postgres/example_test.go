package postgres_test

import (
	"context"
	"log"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/postgres"
)

// Any number of programs share one database; each mail is counted once.
func ExampleOpen() {
	ctx := context.Background()
	s, err := postgres.Open(ctx, "postgres://failmail@db.example.com/failmail?sslmode=verify-full", store.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	p, err := failmail.New(failmail.Config{Store: s})
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Run(ctx); err != nil {
		log.Print(err)
	}
}
