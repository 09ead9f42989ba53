package batch

import "github.com/hut8labs/failmail/pkg/store"

// SharedReason returns the reason of v with the values that all of its mails have.
func SharedReason(v *store.Variant) string {
	reason, _ := shared(v, func(id string) bool { return ofText(id, v.Meaning) == WithoutThing(v.Fingerprint) })
	return reason
}
