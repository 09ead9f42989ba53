package sendertest_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/deliver/sendertest"
)

// obedient does nothing but keep the contract.
type obedient struct {
	mu      sync.Mutex
	taken   []deliver.Mail
	refusal sendertest.Refusal
}

func (o *obedient) Send(ctx context.Context, m *deliver.Mail) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case o.refusal == sendertest.RefuseForNow:
		return errors.New("later")
	case o.refusal == sendertest.RefuseForGood:
		return deliver.Permanent(errors.New("never"))
	}
	o.taken = append(o.taken, deliver.Mail{From: m.From, To: slices.Clone(m.To), Raw: slices.Clone(m.Raw)})
	return nil
}

func (o *obedient) Close() error { return nil }

func TestRun(t *testing.T) {
	sendertest.Run(t, func(*testing.T) sendertest.Fixture {
		o := new(obedient)
		return sendertest.Fixture{
			Sender:     o,
			Received:   func() []deliver.Mail { return o.taken },
			Refuse:     func(r sendertest.Refusal) { o.refusal = r },
			Concurrent: true,
		}
	})
}

// What a Sender cannot do is left out.
func TestRunOfASenderWithoutExtras(t *testing.T) {
	sendertest.Run(t, func(*testing.T) sendertest.Fixture {
		o := new(obedient)
		return sendertest.Fixture{Sender: deliver.SenderFunc(o.Send), Received: func() []deliver.Mail { return o.taken }}
	})
}
