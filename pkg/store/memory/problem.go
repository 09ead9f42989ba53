package memory

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// problems are a store.ProblemTable of a Store that is locked.
type problems struct {
	history map[string]store.Seen
	byID    map[string]*store.Problem
	became  map[string]string
	samples map[string]map[string]store.ProblemSample // by problem and slot
}

var _ store.ProblemTable = (*problems)(nil)

func newProblems(history map[string]store.Seen) *problems {
	return &problems{history, make(map[string]*store.Problem), make(map[string]string), make(map[string]map[string]store.ProblemSample)}
}

func (t *problems) find(id string) *store.Problem {
	if p := t.byID[id]; p != nil {
		return p
	}
	return t.byID[t.became[id]]
}

func (t *problems) Load(ids []string) (map[string]*store.Problem, error) {
	found := make(map[string]*store.Problem)
	for _, id := range ids {
		if p := t.find(id); p != nil {
			found[id] = p.Clone()
		}
	}
	return found, nil
}

func (t *problems) About(things []meaning.Thing) (ids []string, err error) {
	for id, p := range t.byID {
		if slices.ContainsFunc(p.Things, func(own store.ProblemThing) bool { return slices.Contains(things, own.Thing) }) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (t *problems) History(fingerprints []string) (found map[string]store.Seen, err error) {
	found = make(map[string]store.Seen)
	for _, f := range fingerprints {
		if seen, known := t.history[f]; known {
			found[f] = seen
		}
	}
	return found, nil
}

func (t *problems) Save(changed []*store.Problem, samples []store.ProblemSample) error {
	for _, p := range changed {
		t.byID[p.ID] = p.Clone()
	}
	for _, s := range samples {
		slots := t.samples[s.Problem]
		if slots == nil {
			slots = make(map[string]store.ProblemSample)
			t.samples[s.Problem] = slots
		}
		if _, known := slots[s.Slot]; !known || s.Slot == "last" {
			s.Mail = slices.Clone(s.Mail)
			slots[s.Slot] = s
		}
	}
	return nil
}

// Remove implements store.ProblemTable. It never fails.
func (t *problems) Remove(id, became string) error {
	delete(t.byID, id)
	for slot, s := range t.samples[id] {
		if _, known := t.samples[became][slot]; became != "" && !known {
			s.Problem = became
			t.Save(nil, []store.ProblemSample{s})
		}
	}
	delete(t.samples, id)
	for from, to := range t.became {
		if to == id && became != "" {
			t.became[from] = became
		} else if to == id {
			delete(t.became, from)
		}
	}
	if became != "" {
		t.became[id] = became
	}
	return nil
}

func (t *problems) Release(id string) error {
	delete(t.became, id)
	return nil
}

// Problems implements store.Problems.
func (s *Store) Problems(ctx context.Context, q store.ProblemQuery) (list []*store.Problem, total int, err error) {
	if err := s.lock(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	for _, p := range s.problems.byID {
		if q.Match(p) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, store.CompareProblems)
	total = len(list)
	list = list[min(q.Offset, total):min(q.Offset+q.Limit, total)]
	for i, p := range list {
		list[i] = p.Clone()
	}
	return list, total, nil
}

// Problem implements store.Problems.
func (s *Store) Problem(ctx context.Context, id string) (*store.Problem, []store.ProblemSample, error) {
	if err := s.lock(ctx); err != nil {
		return nil, nil, err
	}
	defer s.mu.Unlock()
	p := s.problems.find(id)
	if p == nil {
		return nil, nil, nil
	}
	var samples []store.ProblemSample
	for _, sample := range s.problems.samples[p.ID] {
		sample.Mail = slices.Clone(sample.Mail)
		samples = append(samples, sample)
	}
	store.SortSamples(samples)
	return p.Clone(), samples, nil
}

// KnownProblems implements store.Problems.
func (s *Store) KnownProblems(ctx context.Context, ids []string) (map[string]*store.Problem, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.problems.Load(ids)
}

// ChangeProblem implements store.Problems.
func (s *Store) ChangeProblem(ctx context.Context, id string, change func(*store.Problem) error) (*store.Problem, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return store.ChangeProblem(s.problems, id, change)
}

// MergeProblems implements store.Problems.
func (s *Store) MergeProblems(ctx context.Context, into map[string]string, at time.Time) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	var ids []string
	for id, p := range s.problems.byID {
		if into[p.Fingerprint] != "" {
			ids = append(ids, id)
		}
	}
	return store.MergeProblems(s.problems, ids, into, at)
}

// ForgetProblems implements store.Problems.
func (s *Store) ForgetProblems(ctx context.Context, before, now time.Time) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, slots := range s.problems.samples {
		maps.DeleteFunc(slots, func(slot string, sample store.ProblemSample) bool {
			return slot != "first" && slot != "last" && sample.At.Before(before)
		})
	}
	isOpen := func(p *store.Problem) bool { return p.IsOpen(now) }
	all := slices.SortedFunc(maps.Values(s.problems.byID), func(a, b *store.Problem) int {
		if isOpen(a) != isOpen(b) {
			if isOpen(b) {
				return -1
			}
			return 1
		}
		return store.CompareProblems(b, a)
	})
	for i, p := range all {
		if i < len(all)-s.limits.Problems || p.IsForgotten(before, now) {
			s.problems.Remove(p.ID, "")
		}
	}
	return nil
}
