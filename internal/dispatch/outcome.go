package dispatch

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
)

// An outcome says what becomes of a summary after an attempt to deliver it.
type outcome struct {
	sent    bool      // some or all recipients were served
	retry   []string  // recipients to try again at nextAt
	failed  []string  // recipients for whom the summary goes to the fail-dir
	nextAt  time.Time // set if retry is not empty
	attempt bool      // tells something about the relay
	unseen  bool      // the relay has certainly not seen it: no attempt
	reopen  bool      // nobody was served: back into the batch
	err     error     // why not everyone was served
}

// decide turns the result of Sender.Send into an outcome: permanent failures go
// to the fail-dir, temporary ones are tried again until deadline.
func decide(o *store.Outgoing, err error, now, deadline time.Time) outcome {
	out := outcome{err: err, attempt: true}
	unreachable := deliver.IsUnreachable(err) // then the mail was not judged, whatever the reply
	var refused *deliver.RefusedError
	switch {
	case err == nil:
		out.sent = true
		return out
	case errors.As(err, &refused):
		out.sent = len(refused.Refused) < len(o.To)
		for _, to := range slices.Sorted(maps.Keys(refused.Refused)) {
			if deliver.IsPermanent(refused.Refused[to]) {
				out.failed = append(out.failed, to)
			} else {
				out.retry = append(out.retry, to)
			}
		}
	case deliver.IsPermanent(err) && !unreachable:
		out.failed = o.To
		return out
	case errors.Is(err, errInterrupted):
		// The next start tries again at once. If the relay may have it, it goes as
		// it is, and counts on in no other summary.
		return outcome{err: err, retry: o.To, nextAt: now, unseen: unreachable}
	default:
		out.retry = o.To
	}
	if !now.Before(deadline) {
		out.failed, out.retry = append(out.failed, out.retry...), nil
		return out
	}
	// Those who may have the summary must not get its content again in another.
	out.reopen = reopenable(o) && len(out.retry) == len(o.To) && tripped(err) && !deliver.IsUncertain(err)
	out.nextAt = now.Add(deliver.Backoff(o.Attempts))
	if out.nextAt.After(deadline) {
		out.nextAt = deadline
	}
	return out
}

// reopenable reports whether nobody can have the claimed summary o, as it was never
// tried before: not here, and not by a process that died in the middle of it.
func reopenable(o *store.Outgoing) bool { return o.CanReopen && o.Attempts <= 1 }
