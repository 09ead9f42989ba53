package sendertest

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/hut8labs/failmail/pkg/deliver"
)

func sendsConcurrently(t *testing.T, f Fixture) {
	if !f.Concurrent {
		t.Skip("it does not claim to be safe for that")
	}
	var senders sync.WaitGroup
	var want []deliver.Mail
	for i := range 20 {
		m := sample(fmt.Sprint(i), fmt.Sprintf("user%d@example.com", i))
		want = append(want, m)
		senders.Go(func() {
			if err := f.Sender.Send(t.Context(), &m); err != nil {
				t.Errorf("Send = %v", err)
			}
		})
	}
	senders.Wait()
	received(t, f, want...)
}

func refusedForNow(t *testing.T, f Fixture)  { refused(t, f, RefuseForNow) }
func refusedForGood(t *testing.T, f Fixture) { refused(t, f, RefuseForGood) }

func refused(t *testing.T, f Fixture, refusal Refusal) {
	if f.Refuse == nil {
		t.Skip("the other side cannot refuse a mail")
	}
	m := sample("1", "a@example.com", "b@example.com")
	f.Refuse(refusal)
	err := try(t.Context(), t, f, &m)
	if err == nil {
		t.Fatal("Send says that the mail was accepted")
	}
	for _, reason := range reasons(err, m.To) {
		if reason == nil || deliver.IsPermanent(reason) != (refusal == RefuseForGood) {
			t.Errorf("%v: permanent is %v", reason, deliver.IsPermanent(reason))
		}
		if deliver.IsUncertain(reason) {
			t.Errorf("%v leaves open whether the mail was taken", reason)
		}
	}
	received(t, f)
	f.Refuse(Accept)
	send(t, f, &m)
	received(t, f, m)
}

// reasons returns the error of each recipient.
func reasons(err error, to []string) (reasons []error) {
	refused, some := errors.AsType[*deliver.RefusedError](err)
	for _, address := range to {
		if some {
			reasons = append(reasons, refused.Refused[address])
		} else {
			reasons = append(reasons, err)
		}
	}
	return reasons
}

func closesTwice(t *testing.T, f Fixture) {
	closer, ok := f.Sender.(io.Closer)
	if !ok {
		t.Skip("it has no Close")
	}
	m := sample("1", "a@example.com")
	send(t, f, &m)
	for range 2 {
		if err := closer.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	received(t, f, m)
}
