package sendertest_test

import (
	"context"
	"slices"
	"testing"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/deliver/sendertest"
)

// A Sender that does nothing but keep the contract passes.
func TestRun(t *testing.T) {
	sendertest.Run(t, func(*testing.T) sendertest.Fixture {
		var taken []deliver.Mail
		return sendertest.Fixture{
			Sender: deliver.SenderFunc(func(ctx context.Context, m *deliver.Mail) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				taken = append(taken, deliver.Mail{From: m.From, To: slices.Clone(m.To), Raw: slices.Clone(m.Raw)})
				return nil
			}),
			Received: func() []deliver.Mail { return taken },
		}
	})
}
