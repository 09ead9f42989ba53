package learning_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/learning"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// A node is one process on a store.
type node struct {
	families *family.Families
	learner  *learning.Learner
}

func newNode(s store.Store) node {
	f := &family.Families{}
	return node{f, learning.New(f, s, slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil)))}
}

func (n node) note(job string) family.Place {
	return n.families.Note(family.Text{Fingerprint: "v2:" + job, Lines: []string{"Job " + job + " failed"}, Seen: time.Unix(1, 0)})
}

func (n node) sync(t *testing.T) {
	t.Helper()
	if err := n.learner.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestNodesAndRestartsKnowTheSameFamilies(t *testing.T) {
	s := memory.New(store.Limits{})
	one, two := newNode(s), newNode(s)
	one.note("import_customers")
	two.note("sync_invoices")
	one.note("nightly_report")
	one.sync(t)
	two.sync(t)
	one.sync(t)
	three := newNode(s)
	three.sync(t)
	want := one.note("nightly_report").Fingerprint
	for name, n := range map[string]node{"the first": one, "the second": two, "a new one": three} {
		for _, job := range []string{"import_customers", "sync_invoices", "nightly_report", "export_orders"} {
			if got := n.note(job).Fingerprint; got != want {
				t.Errorf("%s node has %s under %s, not under %s", name, job, got, want)
			}
		}
	}
}

func TestWhatAPersonDecidedHoldsOnAllNodes(t *testing.T) {
	s := memory.New(store.Limits{})
	one, two := newNode(s), newNode(s)
	for _, job := range []string{"import_customers", "sync_invoices", "nightly_report"} {
		one.note(job)
	}
	one.sync(t)
	if err := one.learner.Split(t.Context(), "v2:sync_invoices"); err != nil {
		t.Fatal(err)
	}
	if err := one.learner.Merge(t.Context(), "v2:a", "v2:b"); err != nil {
		t.Fatal(err)
	}
	two.sync(t)
	for name, n := range map[string]node{"the first": one, "the second": two} {
		if got := n.note("sync_invoices").Fingerprint; got != "v2:sync_invoices" {
			t.Errorf("on %s node what was split off is under %s", name, got)
		}
		if n.families.Of("v2:a") != n.families.Of("v2:b") {
			t.Errorf("on %s node what was merged is apart", name)
		}
	}
}

func TestAFailureOfTheStoreIsReturned(t *testing.T) {
	s := memory.New(store.Limits{})
	n := newNode(s)
	n.note("import_customers")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := n.learner.Sync(t.Context()); err == nil {
		t.Error("a closed store was no failure")
	}
}
