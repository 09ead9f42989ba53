package failmail

import (
	"context"
	"time"

	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/store"
)

// askProblems returns the problems of a store that a question is about, as people see them.
func askProblems(ctx context.Context, s store.Problems, settings *current, question string, offset, limit int) (list []problem.Problem, total int, err error) {
	now := time.Now()
	q, err := problem.Parse(question, now)
	if err != nil {
		return nil, 0, &problem.Mistake{Err: err}
	}
	q.Offset, q.Limit = max(offset, 0), max(limit, 0)
	found, total, err := s.Problems(ctx, q)
	viewer := viewerOf(settings)
	list = make([]problem.Problem, 0, len(found))
	for _, f := range found {
		list = append(list, viewer.Show(f, now))
	}
	return list, total, err
}

func viewerOf(settings *current) problem.Viewer {
	s := settings.Load()
	return problem.Viewer{Families: s.classifier.Families, Redactor: s.config.Redactor}
}
