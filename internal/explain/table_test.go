package explain

import (
	"testing"

	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

func TestATableKeepsNoMoreThanItsBound(t *testing.T) {
	table := newTable(3)
	add := func(group, fingerprint string) {
		p := placed{source: "f", message: message.New("", nil, []byte("Subject: s\n\nx\n"))}
		p.entry = store.Entry{Group: group, Title: group, Fingerprint: fingerprint, Reason: "r"}
		table.add(p)
	}
	for range 2 {
		for _, group := range []string{"a", "b", "c", "d", "e"} {
			for _, fingerprint := range []string{"1", "2"} {
				add(group, fingerprint)
			}
		}
	}
	if len(table.groups) != 3 || len(table.variants) > 5 {
		t.Errorf("it keeps %d groups and %d variants", len(table.groups), len(table.variants))
	}
	listed := table.unlisted
	for _, g := range table.groups {
		sum := g.unlisted
		for _, v := range g.variants {
			sum += v.count
		}
		if sum != g.count {
			t.Errorf("of %d mails of a group %d are told", g.count, sum)
		}
		listed += g.count
	}
	if table.mails != 20 || listed != 20 || table.unlisted != 8 {
		t.Errorf("of %d mails %d are told, %d of them as not listed", table.mails, listed, table.unlisted)
	}
}
