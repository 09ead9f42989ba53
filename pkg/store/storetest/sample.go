package storetest

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// after returns the instant d after the one the checks begin at.
func after(d time.Duration) time.Time {
	return time.Date(2026, time.March, 1, 10, 0, 0, 0, time.UTC).Add(d)
}

// later is after every due time of the checks.
var later = after(24 * time.Hour)

// mail returns an entry received d after the begin, in a batch that waits for
// 30 seconds of quiet and 5 minutes at most.
func mail(d time.Duration, traits ...func(*store.Entry)) store.Entry {
	e := store.Entry{
		Batch: "batch", Group: "group", Fingerprint: "v1:a",
		Title: "Disk full", Reason: "same subject",
		Host: "web-1", Recipients: []string{"ops@example.com"},
		Received: after(d), Window: store.Window{Wait: 30 * time.Second, MaxWait: 5 * time.Minute},
		Sample: []byte("Subject: Disk full\r\n\r\n/dev/sda1\r\n"),
	}
	for _, trait := range traits {
		trait(&e)
	}
	return e
}

func in(batch string) func(*store.Entry) {
	return func(e *store.Entry) { e.Batch = batch }
}

func of(group, fingerprint string) func(*store.Entry) {
	return func(e *store.Entry) { e.Group, e.Fingerprint = group, fingerprint }
}

func from(host string) func(*store.Entry) {
	return func(e *store.Entry) { e.Host = host }
}

func to(addresses ...string) func(*store.Entry) {
	return func(e *store.Entry) { e.Recipients = addresses }
}

func saying(title, reason, sample string) func(*store.Entry) {
	return func(e *store.Entry) { e.Title, e.Reason, e.Sample = title, reason, []byte(sample) }
}

func within(wait, maxWait time.Duration) func(*store.Entry) {
	return func(e *store.Entry) { e.Window = store.Window{Wait: wait, MaxWait: maxWait} }
}

func mutedUntil(d time.Duration) func(*store.Entry) {
	return func(e *store.Entry) { e.MutedUntil = after(d) }
}

func quiet(d time.Duration) func(*store.Entry) {
	return func(e *store.Entry) { e.Quiet = d }
}

// part makes an entry another part of the mail of the one in front.
func part(e *store.Entry) { e.Part = true }

// having sets what varies: the values of the places "order <num>" and "user".
func having(texts ...string) func(*store.Entry) {
	return func(e *store.Entry) {
		for i, text := range texts {
			e.Values = append(e.Values, store.Value{Label: []string{"order <num>", "user"}[i%2], Text: text})
		}
	}
}

// expect returns the batch that Batch.Add, the definition of recording, makes
// of entries.
func expect(limits store.Limits, entries ...store.Entry) *store.Batch {
	b := &store.Batch{}
	for i := range entries {
		b.Add(&entries[i], limits.WithDefaults())
	}
	b.Sort()
	return b
}

// summary returns one to be sent d after the begin.
func summary(id string, d time.Duration) store.Outgoing {
	return store.Outgoing{
		Batch: "batch", MessageID: id + "@failmail.example.com", From: "failmail@example.com",
		To: []string{"ops@example.com", "dev@example.com"}, Mail: []byte("Subject: [failmail] 3 mails\r\n\r\n" + id + "\r\n"),
		Count: 3, Groups: 2, Due: after(30 * time.Second), NextAt: after(d),
	}
}

// folding returns o as the store hands it out when it is the only summary of its
// batch.
func folding(o store.Outgoing) store.Outgoing {
	o.CanReopen = true
	return o
}

// describe renders all of b but its ID, so that two batches are equal if their
// descriptions are and a failure shows where they differ.
func describe(b *store.Batch) string {
	var out strings.Builder
	fmt.Fprintf(&out, "batch %q%s: %d mails %s – %s, due %s, held since %s, omitted %d, recipients %s\n",
		b.Key, flag(b.Early, " (early)"), b.Count, stamp(b.First), stamp(b.Last), stamp(b.Due), stamp(b.HeldSince), b.Omitted(), counts(b.Recipients))
	for _, g := range b.Groups {
		fmt.Fprintf(&out, "  group %q %q (%q)%s: %d in %d mails %s – %s, omitted %d, hosts %s, minutes %s\n",
			g.Key, g.Title, g.Reason, flag(g.Muted, " muted"), g.Count, g.Mails(), stamp(g.First), stamp(g.Last), g.Omitted(), counts(g.Hosts), counts(g.Minutes))
		for _, v := range g.Variants {
			fmt.Fprintf(&out, "    variant %q (%q): %d mails %s – %s, %s, %s, says %+v, %s, sample of %d: %s\n",
				v.Fingerprint, v.Reason, v.Count, stamp(v.First), stamp(v.Last), seen(v.Seen), varying(&v.Varying), v.Meaning, stands(v.Standing), v.SampleSize, content(v.Sample))
		}
	}
	return out.String()
}

func describeOutgoing(o *store.Outgoing) string {
	return fmt.Sprintf("summary %q of %q%s from %q to %q: %d mails, %d groups, due %s, next at %s, %d attempts, %q\n  %s",
		o.MessageID, o.Batch, flag(o.CanReopen, " (folds)"), o.From, o.To, o.Count, o.Groups, stamp(o.Due), stamp(o.NextAt), o.Attempts, o.LastError,
		content(o.Mail))
}

func flag(set bool, text string) string {
	if set {
		return text
	}
	return ""
}

func seen(s store.Seen) string {
	if s == (store.Seen{}) {
		return "new"
	}
	return fmt.Sprintf("seen %d times %s – %s", s.Count, stamp(s.First), stamp(s.Last))
}

func stands(s store.Standing) string {
	if s == (store.Standing{}) {
		return "never heard of"
	}
	return fmt.Sprintf("bad %d times since %s until %s, good %s", s.Count, stamp(s.Since), stamp(s.Bad), stamp(s.Good))
}

func varying(v *store.Varying) string {
	return fmt.Sprintf("varying %+v", v.Variations())
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05.000000")
}

func counts[K string | int64](m map[K]int) string {
	keys := slices.Sorted(maps.Keys(m))
	pairs := make([]string, len(keys))
	for i, k := range keys {
		pairs[i] = fmt.Sprintf("%q:%d", fmt.Sprint(k), m[k])
	}
	return "{" + strings.Join(pairs, " ") + "}"
}

// content shows short bytes whole and long ones by their hash.
func content(b []byte) string {
	if len(b) > 200 {
		return fmt.Sprintf("%d bytes with SHA-256 %x", len(b), sha256.Sum256(b))
	}
	return fmt.Sprintf("%q", b)
}
