package sendertest_test

import (
	"context"
	"testing"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/deliver/sendertest"
)

// A Sender of your own is tested against what its other side got.
func Example() {
	_ = func(t *testing.T) {
		sendertest.Run(t, func(*testing.T) sendertest.Fixture {
			var got []deliver.Mail
			return sendertest.Fixture{
				Sender: deliver.SenderFunc(func(_ context.Context, m *deliver.Mail) error {
					got = append(got, *m)
					return nil
				}),
				Received: func() []deliver.Mail { return got },
			}
		})
	}
}
